# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SQS queue: check what is asked for, read what is there, compare, mend.

A queue is a document in AWS's own words. The desired one has C(QueueName), and of C(ATTRIBUTES) and C(Tags) (a
dictionary) those that are to be as it says; what it leaves out is not touched. Policies are dictionaries, numbers
are numbers; an empty policy or key means that the queue is to have none. A live one has C(QueueUrl) and C(QueueArn).

C(purge) names C(Tags) if tags that are not in the document are to go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    RETRIED_CODES,
    Account,
    Change,
    Document,
    InvalidValueError,
    call,
    call_with,
    merged,
    policies_differ,
    same_key,
    tag_changes,
)

# What bounds a number: Amazon SQS API Reference, "CreateQueue".
BOUNDS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}
ALLOW_ALL = {"redrivePermission": "allowAll"}  # what SQS does for a queue without a redrive allow policy

# "You must wait at least 60 seconds before creating a queue with the same name" (same page).
RECREATION_ATTEMPTS = 10
RECREATION_PAUSE_SECONDS = 10

MISSING = ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"]
_DELETED_RECENTLY = ["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def _document(value: Any) -> Document:
    return json.loads(value) if isinstance(value, str) and value else dict(value or {})


def _redrive(value: Any) -> Document:
    policy = _document(value)
    if "maxReceiveCount" in policy:  # SQS gives it as number or as text
        policy["maxReceiveCount"] = int(policy["maxReceiveCount"])
    return policy


def _redrive_allow(value: Any) -> Document:
    policy = _document(value) or dict(ALLOW_ALL)
    if "sourceQueueArns" in policy:
        policy["sourceQueueArns"] = sorted(policy["sourceQueueArns"])
    return policy


def _boolean(value: Any) -> bool:
    return str(value).lower() == "true"


# Each attribute that can be set, with what turns any way to write its value, SQS's too, into one.
ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(BOUNDS, int),
    "KmsMasterKeyId": str,
    "Policy": _document,
    "RedriveAllowPolicy": _redrive_allow,
    "RedrivePolicy": _redrive,
    "SqsManagedSseEnabled": _boolean,
}
# How many messages can be received, are with somebody who received them, and are kept back.
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_PARSERS: dict[str, Callable[[Any], Any]] = {**ATTRIBUTES, **dict.fromkeys(COUNTS, int)}
# What SQS leaves out of its answer as long as nobody set it.
_DEFAULTS: Document = {
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "Policy": {},
    "RedriveAllowPolicy": {},
    "RedrivePolicy": {},
    "SqsManagedSseEnabled": False,
}


def queue_arn(account: Account, region: str, name: str) -> str:
    """The ARN that a queue of this name has or would have."""
    return f"arn:{account.partition}:sqs:{region}:{account.id}:{name}"


def checked_name(name: str) -> str:
    """The name, if a standard queue can have it (Amazon SQS API Reference, "CreateQueue").

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: {name!r} is not a name for a standard queue. "
            "Use 1 to 80 letters, digits, '_' and '-'; FIFO queues (.fifo) are not managed by this module."
        )
    return name


def checked_attributes(asked: Mapping[str, Any]) -> Document:
    """The attributes that are asked for, each in its one form; those that are None are left out.

    Raises:
        InvalidValueError: a number is out of bounds, or two attributes exclude each other.
    """
    _check_redrive(asked.get("RedrivePolicy"))
    _check_redrive_allow(asked.get("RedriveAllowPolicy"))
    attributes = {name: ATTRIBUTES[name](value) for name, value in asked.items() if value is not None}
    for name in BOUNDS.keys() & attributes.keys():
        least, most = BOUNDS[name]
        if not least <= attributes[name] <= most:
            raise InvalidValueError(
                f"{_option(name)}: {attributes[name]} is out of bounds. Use {least} to {most} (SQS's limits)."
            )
    if attributes.get("KmsMasterKeyId") and attributes.get("SqsManagedSseEnabled"):
        raise InvalidValueError(
            f"kms_master_key_id: {attributes['KmsMasterKeyId']!r} and sqs_managed_sse_enabled: true exclude each "
            "other, a queue is encrypted with one kind of key. Leave one of the two out."
        )
    return attributes


def _check_redrive(policy: Mapping[str, Any] | None) -> None:
    if not policy:
        return
    count = str(policy.get("maxReceiveCount", ""))
    if policy.keys() != {"deadLetterTargetArn", "maxReceiveCount"} or not count.isdecimal():
        raise InvalidValueError(
            f"redrive_policy: {dict(policy)!r} is not one. Give deadLetterTargetArn, the ARN of a queue, and "
            "maxReceiveCount, a whole number; or an empty dictionary to remove the policy."
        )


def _check_redrive_allow(policy: Mapping[str, Any] | None) -> None:
    if policy and not isinstance(policy.get("sourceQueueArns", []), list):
        raise InvalidValueError(
            f"redrive_allow_policy: sourceQueueArns {policy['sourceQueueArns']!r} is not a list. "
            "Give a list of the ARNs of queues."
        )


def _option(attribute: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", attribute).lower()


def describe(client: Any, desired: Document) -> Document | None:
    """The queue as it is, as far as C(desired) needs it for comparison; None if there is none.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a queue that is not there.
    """
    name = desired["QueueName"]
    try:
        url = call(f"find queue {name}", client.get_queue_url, QueueName=name)["QueueUrl"]
        answer = call(f"read queue {name}", client.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
        tags = _read_tags(client, name, url) if "Tags" in desired else {}
    except is_ansible_aws_error_code(MISSING):  # the name is found for a while after a deletion
        return None
    attributes = {**_DEFAULTS, **answer.get("Attributes", {})}
    parsed = {key: _PARSERS[key](value) if key in _PARSERS else value for key, value in attributes.items()}
    return {"QueueName": name, "QueueUrl": url, **parsed, **tags}


def _read_tags(client: Any, name: str, url: str) -> Document:
    return {"Tags": call(f"read the tags of queue {name}", client.list_queue_tags, QueueUrl=url).get("Tags", {})}


def outcome(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """The queue as it will be."""
    after = merged(live, desired, purge)
    if desired.get("SqsManagedSseEnabled"):
        after["KmsMasterKeyId"] = ""  # a queue is encrypted with one kind of key
    elif desired.get("KmsMasterKeyId"):
        after["SqsManagedSseEnabled"] = False
    return after


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the queue differs from what is desired; all of it if there is no queue."""
    after = outcome(live, desired, purge)
    if live is None:
        return Change({}, {name: after[name] for name in desired})
    names = [name for name in (*ATTRIBUTES, "Tags") if name in after and _differs(name, live[name], after[name])]
    return Change({name: live[name] for name in names}, {name: after[name] for name in names})


def _differs(name: str, live: Any, after: Any) -> bool:
    if name == "Policy":
        return policies_differ(live, after)
    if name == "KmsMasterKeyId":
        return not same_key(live, after)
    if name == "Tags":
        return bool(live != after)
    return bool(ATTRIBUTES[name](live) != ATTRIBUTES[name](after))


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the queue as desired, and return it as it then is. Writes only what differs.

    A queue whose name was deleted a moment ago is made as soon as SQS allows, within about 90 seconds.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    after = outcome(live, desired, purge)
    if live is None:
        return {**after, "QueueUrl": _create(client, desired)}
    changed = difference(live, desired, purge).after
    tags = changed.pop("Tags", None)
    if changed:
        _set_attributes(client, live, changed)
    if tags is not None:
        _set_tags(client, live, tags)
    return after


def delete(client: Any, live: Document) -> None:
    """Delete the queue with all its messages; nothing happens if it is gone by now."""
    try:
        call(f"delete queue {live['QueueName']}", client.delete_queue, QueueUrl=live["QueueUrl"])
    except is_ansible_aws_error_code(MISSING):
        pass


def _create(client: Any, desired: Document) -> str:
    attributes = {name: _text(desired[name]) for name in ATTRIBUTES if desired.get(name) not in (None, "", {})}
    patient = AWSRetry.exponential_backoff(
        retries=RECREATION_ATTEMPTS,
        delay=RECREATION_PAUSE_SECONDS,
        backoff=1,
        catch_extra_error_codes=[*RETRIED_CODES, *_DELETED_RECENTLY],
    )
    answer = call_with(
        patient,
        f"create queue {desired['QueueName']}",
        client.create_queue,
        QueueName=desired["QueueName"],
        Attributes=attributes,
        tags={key: str(value) for key, value in desired.get("Tags", {}).items()},
    )
    return str(answer["QueueUrl"])


def _set_attributes(client: Any, live: Document, changed: Document) -> None:
    call(
        f"set {', '.join(changed)} of queue {live['QueueName']}",
        client.set_queue_attributes,
        QueueUrl=live["QueueUrl"],
        Attributes={name: _text(value) for name, value in changed.items()},
    )


def _set_tags(client: Any, live: Document, after: Mapping[str, str]) -> None:
    name, url = live["QueueName"], live["QueueUrl"]
    to_set, to_remove = tag_changes(live["Tags"], after)
    if to_set:
        call(f"tag queue {name}", client.tag_queue, QueueUrl=url, Tags=to_set)
    if to_remove:
        call(f"untag queue {name}", client.untag_queue, QueueUrl=url, TagKeys=to_remove)


def _text(value: Any) -> str:
    """The value as SQS takes it; an attribute without value is removed."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if value != {} else ""
