# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mapping that hands an SQS queue's messages to a Lambda function: read what is there, compare, mend.

A mapping is a document in AWS's own words. The desired one has C(FunctionName) and C(EventSourceArn), and of
C(ATTRIBUTES) and C(Tags) (a dictionary) those that are to be as it says; what it leaves out is not touched. A live one
has C(UUID) and C(EventSourceMappingArn). C(Enabled) stands for C(State), which Lambda answers in its place.

C(purge) names C(Tags) if tags that are not in the document are to go.

Lambda works on a mapping after it has answered. While it does it refuses further writes (Lambda API Reference,
"UpdateEventSourceMapping", ResourceInUseException), and a mapping that is going keeps its place for a while.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    RETRIED_CODES,
    Change,
    Document,
    InvalidValueError,
    call,
    call_all,
    call_with,
    merged,
    tag_changes,
)

# What Lambda leaves out of its answer as long as nobody set it.
_DEFAULTS: Document = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "ScalingConfig": {},
    "FunctionResponseTypes": [],
    "FilterCriteria": {},
}
ATTRIBUTES = (*_DEFAULTS, "Enabled")
# What bounds a number, of an SQS queue as source: Lambda API Reference, "CreateEventSourceMapping", "ScalingConfig".
BOUNDS = {
    "BatchSize": (1, 10000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "MaximumConcurrency": (2, 1000),
}

ATTEMPTS = 60
PAUSE_SECONDS = 5
_QUEUE = re.compile(r"arn:aws[a-z0-9-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
_DISABLED = ("Disabling", "Disabled")
_SETTLED = ("Enabled", "Disabled")
_BUSY = ("ResourceInUseException", "ResourceConflictException")
_MISSING = "ResourceNotFoundException"


def checked_queue(arn: str) -> str:
    """The ARN, if it is that of a queue.

    Raises:
        InvalidValueError: it is not.
    """
    if not _QUEUE.fullmatch(arn):
        raise InvalidValueError(
            f"event_source_arn: {arn!r} is not the ARN of an SQS queue. Other sources are not managed by this module."
        )
    return arn


def check_number(option: str, attribute: str, value: int | None) -> None:
    """Check a number against C(BOUNDS).

    Raises:
        InvalidValueError: it is out of bounds. The text names the option.
    """
    least, most = BOUNDS[attribute]
    if value is not None and not least <= value <= most:
        raise InvalidValueError(f"{option}: {value} is out of bounds. Use {least} to {most} (Lambda's limits).")


def describe(client: Any, desired: Document) -> Document | None:
    """The mapping as it is, as far as C(desired) needs it for comparison; None if there is none, or it is going.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a mapping that is not there.
    """
    ends = {name: desired[name] for name in ("FunctionName", "EventSourceArn")}
    try:
        answer = call_all(f"find {_title(desired)}", client, "list_event_source_mappings", **ends)
    except is_ansible_aws_error_code(_MISSING):  # there is no such function
        return None
    there = [each for each in answer.get("EventSourceMappings", []) if each["State"] != "Deleting"]
    if not there:
        return None
    found = {**_DEFAULTS, **there[0]}
    tags = {"Tags": read_tags(client, found["EventSourceMappingArn"])} if "Tags" in desired else {}
    return {
        **ends,
        **{name: found[name] for name in ("UUID", "EventSourceMappingArn", *_DEFAULTS)},
        "FilterCriteria": found["FilterCriteria"] if (found["FilterCriteria"] or {}).get("Filters") else {},
        "Enabled": found["State"] not in _DISABLED,
        **tags,
    }


def read_tags(client: Any, arn: str) -> dict[str, str]:
    """The tags of the mapping.

    Raises:
        AnsibleAWSError: the read failed.
    """
    tags: dict[str, str] = call(f"read the tags of {arn}", client.list_tags, Resource=arn).get("Tags", {})
    return tags


def _title(document: Document) -> str:
    return f"the mapping from {document['EventSourceArn']} to function {document['FunctionName']}"


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the mapping differs from what is desired; all of it if there is no mapping."""
    after = merged(live, desired, purge)
    if live is None:
        return Change({}, {name: after[name] for name in desired})
    names = [name for name in (*ATTRIBUTES, "Tags") if name in after and live[name] != after[name]]
    return Change({name: live[name] for name in names}, {name: after[name] for name in names})


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the mapping as desired, and return it as it then is. Writes only what differs.

    Waits until Lambda has finished, five minutes at most.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    now = live or _make(client, merged(live, desired, purge))
    after = merged(now, desired, purge)
    changed = difference(now, desired, purge).after
    tags = changed.pop("Tags", None)
    if changed:
        _write(f"update {_title(desired)}", client.update_event_source_mapping, UUID=now["UUID"], **changed)
    if changed or live is None:
        _settle(client, after, now["UUID"])
    if tags is not None:
        _set_tags(client, now, tags)
    return after


def _make(client: Any, after: Document) -> Document:
    """The new mapping, or the one that turns out to be there.

    A creation whose answer was lost is repeated by the SDK, and refused: with the same code as one that has to wait
    until a former mapping is gone.
    """
    given = {name: value for name, value in after.items() if value not in ({}, [])}
    attempt = 1
    while True:
        try:
            made = call(f"create {_title(after)}", client.create_event_source_mapping, **given)
            return {**after, "UUID": made["UUID"], "EventSourceMappingArn": made["EventSourceMappingArn"]}
        except is_ansible_aws_error_code(_BUSY):
            if found := describe(client, after):
                return found
            if attempt == ATTEMPTS:
                raise
        attempt += 1
        time.sleep(PAUSE_SECONDS)


def delete(client: Any, live: Document) -> None:
    """Delete the mapping; nothing happens if it is gone by now. The queue keeps its messages."""
    try:
        _write(f"delete {_title(live)}", client.delete_event_source_mapping, UUID=live["UUID"])
    except is_ansible_aws_error_code(_MISSING):
        pass


def _write(purpose: str, operation: Any, **arguments: Any) -> Document:
    patient = AWSRetry.exponential_backoff(
        retries=ATTEMPTS, delay=PAUSE_SECONDS, backoff=1, catch_extra_error_codes=[*RETRIED_CODES, *_BUSY]
    )
    answer: Document = call_with(patient, purpose, operation, **arguments)
    return answer


def _settle(client: Any, document: Document, uuid: str) -> None:
    purpose = f"read {_title(document)}"
    for _attempt in range(ATTEMPTS):
        state = call(purpose, client.get_event_source_mapping, UUID=uuid)["State"]
        if state in _SETTLED:
            return
        time.sleep(PAUSE_SECONDS)
    raise AnsibleAWSError(
        message=f"Lambda is not done with {_title(document)}: after {ATTEMPTS * PAUSE_SECONDS} seconds it is {state}. "
        "Try again later"
    )


def _set_tags(client: Any, live: Document, after: Mapping[str, str]) -> None:
    arn = live["EventSourceMappingArn"]
    to_set, to_remove = tag_changes(live["Tags"], after)
    if to_set:
        call(f"tag {arn}", client.tag_resource, Resource=arn, Tags=to_set)
    if to_remove:
        call(f"untag {arn}", client.untag_resource, Resource=arn, TagKeys=to_remove)
