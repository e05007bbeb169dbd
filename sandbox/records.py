"""CloudTrail records: an API call, its caller and its outcome in the shape CloudTrail gives them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.call import Call, Outcome
from sandbox.decode import Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# Where CloudTrail's event name is not the API's operation name (S3: its user guide's list of tracked operations).
_EVENT_NAMES = {
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "DeletePublicAccessBlock"): "DeleteBucketPublicAccessBlock",
    ("s3", "PutBucketLifecycleConfiguration"): "PutBucketLifecycle",
    ("s3", "GetBucketLifecycleConfiguration"): "GetBucketLifecycle",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("s3", "GetBucketNotificationConfiguration"): "GetBucketNotification",
}
_LAMBDA_V2 = {
    "AddPermission",
    "RemovePermission",
    "GetPolicy",
    "GetFunction",
    "GetFunctionConfiguration",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
}
_S3_NAMES = {"bucket": "bucketName", "policy": "bucketPolicy"}


@dataclass(frozen=True)
class Caller:
    """Who called: the account, CloudTrail's userIdentity, and what kind of caller it is to the sandbox
    (``caller``: a client from outside; ``lambda``: a function's code)."""

    account: str
    user_identity: dict[str, Any]
    by: str = "caller"


def event_name(call: Call) -> str:
    """CloudTrail's name of the operation; Lambda's first API version carries its date (CreateFunction20150331)."""
    dated = call.model.http["requestUri"].split("/")[1]
    if call.service == "lambda" and dated == "2015-03-31" and not call.data_event:
        return call.operation + "20150331" + ("v2" if call.operation in _LAMBDA_V2 else "")
    return _EVENT_NAMES.get((call.service, call.operation), call.operation)


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%b %-d, %Y %-I:%M:%S %p")
    return value


def shown(shape: Shape | None, value: Any) -> Any:
    """A value as CloudTrail shows it: camelCase members, no secrets (the models mark them), no blobs."""
    if shape is None or value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, dict):
        members = ((name, shape.members[name], one) for name, one in value.items() if name in shape.members)
        return {_camel(name): shown(member, one) for name, member, one in members if _visible(member)}
    if shape.type_name == "list" and isinstance(value, list):
        return [shown(shape.member, one) for one in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: shown(shape.value, one) for key, one in value.items()}
    return _moment(value)


def _visible(shape: Shape) -> bool:
    return shape.type_name != "blob" and not shape.metadata.get("sensitive")


def request_parameters(call: Call) -> dict[str, Any] | None:
    """The parameters as CloudTrail records them; S3 speaks of bucketName, SNS hides the endpoint of a subscriber."""
    found = shown(call.model.input_shape, call.params) or {}
    if call.service == "s3":
        found = {_S3_NAMES.get(name, name): value for name, value in found.items() if not name.startswith("checksum")}
        if "bucketPolicy" in found:
            found["bucketPolicy"] = _parsed(found["bucketPolicy"])
        found["Host"] = call.request.headers.get("host", "")
    if call.service == "sns" and "endpoint" in found:
        found["endpoint"] = HIDDEN
    if call.data_event and call.service in ("sns", "sqs"):
        found = {name: HIDDEN if name.startswith("message") else value for name, value in found.items()}
    return found or None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def response_elements(call: Call, outcome: Outcome) -> dict[str, Any] | None:
    """What a write answered. Reads have none, but for STS, whose records carry the session it gave out."""
    if outcome.error_code or (call.read_only and call.service != "sts") or call.operation == "GetCallerIdentity":
        return None
    return shown(call.model.output_shape, outcome.output) or None


def record_of(call: Call, caller: Caller, outcome: Outcome, key: str | None = None) -> dict[str, Any]:
    """The CloudTrail record of a call, as the caller's account gets it; with the ARN of the KMS key it is about."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": caller.user_identity,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": event_name(call),
        "awsRegion": call.region,
        "sourceIPAddress": call.request.client_ip,
        "userAgent": call.request.headers.get("user-agent", "")[:1024],
    }
    if outcome.error_code:
        record |= {"errorCode": outcome.error_code, "errorMessage": (outcome.error_message or "")[:1024]}
    if key:
        record |= {"resources": [{"accountId": caller.account, "type": "AWS::KMS::Key", "ARN": key}]}
    return record | {
        "requestParameters": request_parameters(call),
        "responseElements": response_elements(call, outcome),
        "requestID": outcome.request_id or str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": call.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": not call.data_event,
        "recipientAccountId": caller.account,
        "eventCategory": "Data" if call.data_event else "Management",
    }


def as_role_owner_sees(record: dict[str, Any], role_account: str) -> dict[str, Any]:
    """The second record of a cross-account AssumeRole: the role's account is told the caller's account only."""
    identity = record["userIdentity"]
    stranger = {
        "type": "AWSAccount",
        "principalId": identity.get("principalId"),
        "accountId": identity.get("accountId"),
    }
    shared = record.setdefault("sharedEventID", str(uuid.uuid4()))
    return record | {
        "userIdentity": stranger,
        "recipientAccountId": role_account,
        "sharedEventID": shared,
        "eventID": str(uuid.uuid4()),
    }
