# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out changes of EventBridge rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils import invoke_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call, tag_changes
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import render
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import DISABLED, MAX_TARGETS, RuleChange

# EventBridge API Reference, "PutTargets": entries of one request.
MAX_ENTRIES = 10
# As AWS says of an entry, in place of the whole call.
_BUSY = "ConcurrentModificationException"
PAUSES_SECONDS = (1, 2, 4, 8)


def apply(events: Any, lambda_client: Any, event_bus_name: str, changes: Iterable[RuleChange]) -> None:
    """Carry out the changes, so that it can be broken off after any call and done again.

    Raises:
        AnsibleAWSError: AWS refused a call, or some of a call's targets.
    """
    for change in changes:
        if change.after is None:
            _remove(events, lambda_client, event_bus_name, change)
        else:
            _put(events, lambda_client, event_bus_name, change, change.after)


def _put(events: Any, lambda_client: Any, event_bus_name: str, change: RuleChange, after: Document) -> None:
    """Permission, rule, targets, in this order; then what is no longer wanted, in the opposite one."""
    invoke_permission.grant(lambda_client, change.name, change.permissions_before, change.permissions_after)
    _put_rule(events, event_bus_name, change.before, after)
    now = (change.before or {}).get("Targets", {})
    surplus = sorted(now.keys() - after["Targets"].keys())
    to_put = [target for key, target in sorted(after["Targets"].items()) if now.get(key) != target]
    room = MAX_TARGETS - len(now)
    replaced = [target for target in to_put if target["Id"] in now]
    added = [target for target in to_put if target["Id"] not in now]
    _put_targets(events, event_bus_name, after["Name"], replaced + added[:room])
    invoke_permission.revoke(lambda_client, change.permissions_before, change.permissions_after)
    _remove_targets(events, event_bus_name, after["Name"], surplus)
    _put_targets(events, event_bus_name, after["Name"], added[room:])


def _remove(events: Any, lambda_client: Any, event_bus_name: str, change: RuleChange) -> None:
    """While the rule has its targets it can be found out which functions it was allowed to invoke, so they go last."""
    where = {"Name": change.name, "EventBusName": event_bus_name}
    if change.before and change.before["State"] != DISABLED:
        call(f"disable rule {change.name}", events.disable_rule, **where)
    invoke_permission.revoke(lambda_client, change.permissions_before, change.permissions_after)
    if change.before:
        _remove_targets(events, event_bus_name, change.name, sorted(change.before["Targets"]))
        call(f"delete rule {change.name}", events.delete_rule, **where)


def _put_rule(events: Any, event_bus_name: str, before: Document | None, after: Document) -> None:
    if _own_attributes(before) != _own_attributes(after):
        arguments = {
            "Name": after["Name"],
            "EventBusName": event_bus_name,
            "State": after["State"],
            **({"EventPattern": render(after["EventPattern"])} if after["EventPattern"] else {}),
            **{key: after[key] for key in ("Description", "RoleArn", "ScheduleExpression") if after.get(key)},
        }
        if before is None and after["Tags"]:
            arguments["Tags"] = _tag_list(after["Tags"])
        call(f"put rule {after['Name']}", events.put_rule, **arguments)
    if before is not None:
        _tag(events, after["Name"], before, after)


def _own_attributes(rule: Mapping[str, Any] | None) -> Document:
    return {key: value for key, value in (rule or {}).items() if key not in ("Tags", "Targets")}


def _tag(events: Any, name: str, before: Document, after: Document) -> None:
    to_set, to_remove = tag_changes(before["Tags"], after["Tags"])
    if to_set:
        call(f"tag rule {name}", events.tag_resource, ResourceARN=before["Arn"], Tags=_tag_list(to_set))
    if to_remove:
        call(f"untag rule {name}", events.untag_resource, ResourceARN=before["Arn"], TagKeys=to_remove)


def _tag_list(tags: Mapping[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _put_targets(events: Any, event_bus_name: str, rule: str, targets: Sequence[Document]) -> None:
    for batch in _batches(targets):
        purpose = f"put the targets of rule {rule}"
        _entries(purpose, events.put_targets, Rule=rule, EventBusName=event_bus_name, Targets=batch)


def _remove_targets(events: Any, event_bus_name: str, rule: str, ids: Sequence[str]) -> None:
    for batch in _batches(ids):
        purpose = f"remove targets of rule {rule}"
        _entries(purpose, events.remove_targets, Rule=rule, EventBusName=event_bus_name, Ids=batch)


def _entries(purpose: str, operation: Callable[..., Any], **arguments: Any) -> None:
    """Both calls succeed as a whole although some entries failed, as they do while others change the rule."""
    answer = call(purpose, operation, **arguments)
    for pause in PAUSES_SECONDS:
        if not any(entry.get("ErrorCode") == _BUSY for entry in answer.get("FailedEntries", [])):
            break
        time.sleep(pause)
        answer = call(purpose, operation, **arguments)
    _check_entries(purpose, answer)


def _batches(entries: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(entries[start : start + MAX_ENTRIES]) for start in range(0, len(entries), MAX_ENTRIES))


def _check_entries(purpose: str, answer: Mapping[str, Any]) -> None:
    if not answer.get("FailedEntryCount"):
        return
    failed = [
        f"{entry.get('TargetId')} ({entry.get('ErrorCode')}: {entry.get('ErrorMessage')})"
        for entry in answer.get("FailedEntries", [])
    ]
    raise AnsibleAWSError(message=f"Failed to {purpose}: {', '.join(failed) or 'AWS does not say which ones'}")
