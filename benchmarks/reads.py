"""The calls that the sandbox recorded, counted, and turned back into calls that boto3 can make."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel

Record = dict[str, Any]
# What floor.py needs for one call: service, method, parameters.
Call = tuple[str, str, dict[str, Any]]

# Where CloudTrail's names are not those of the API (CloudTrail User Guide, "Amazon S3 ... tracked by CloudTrail").
_SERVICES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
_OPERATIONS = {
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
}
_VERSION = re.compile(r"20\d{6}(v2)?$")
_MEMBERS = {"s3": {"bucketName": "Bucket", "Host": ""}}


def distinct(records: Iterable[Record]) -> list[Record]:
    """The records, one per call: a role assumed across accounts is recorded in both."""
    return list({record["requestID"]: record for record in records}.values())


def as_asked(records: Iterable[Record]) -> Counter[str]:
    """How often each call was made, with its account and parameters; of AssumeRole, the role only."""
    names = ("recipientAccountId", "eventSource", "eventName")
    return Counter(json.dumps([*(record[name] for name in names), _essential(record)]) for record in records)


def _essential(record: Record) -> Any:
    parameters = record["requestParameters"] or {}
    if record["eventName"] == "AssumeRole":
        return parameters.get("roleArn")
    return sorted((name, json.dumps(value, sort_keys=True)) for name, value in parameters.items())


def reads_by_account(records: Iterable[Record], accounts: Iterable[str]) -> dict[str, list[Call]]:
    """The reads in each account, in order. Not AssumeRole, which leads there: whoever replays begins with it."""
    found: dict[str, list[Call]] = defaultdict(list)
    wanted = set(accounts)
    for record in records:
        if record["recipientAccountId"] in wanted and record["readOnly"] and record["eventName"] != "AssumeRole":
            found[record["recipientAccountId"]].append(as_call(record))
    return dict(found)


def as_call(record: Record) -> Call:
    """The call that a record tells of, as boto3 makes it."""
    prefix = record["eventSource"].partition(".")[0]
    service = _SERVICES.get(prefix, prefix)
    event = record["eventName"]
    operation = _VERSION.sub("", event) if service == "lambda" else _OPERATIONS.get(event, event)
    renamed = _MEMBERS.get(service, {})
    shown = {renamed.get(name, name): value for name, value in (record["requestParameters"] or {}).items()}
    shape = _model(service).operation_model(operation).input_shape
    return service, xform_name(operation), _restored(shape, shown) or {}


@functools.cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def _restored(shape: Any, value: Any) -> Any:
    """A value with the member names of the API, whose first letter CloudTrail writes small."""
    if shape is None:
        return None
    if shape.type_name == "structure":
        members = {name[:1].lower() + name[1:]: name for name in shape.members}
        named = {members.get(name[:1].lower() + name[1:], ""): one for name, one in value.items()}
        return {name: _restored(shape.members[name], one) for name, one in named.items() if name}
    if shape.type_name == "list":
        return [_restored(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {key: _restored(shape.value, one) for key, one in value.items()}
    return value
