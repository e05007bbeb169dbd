# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that hands the actions of the list to the function, or to the queue before it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import (
    event_rule,
    event_rule_options,
    event_rule_reading,
    invoke_permission,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.invoke_permission import Statements
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.regions import told
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, QUEUE, Settings

# The same whether it is the function or the queue: so one is replaced by the other in one call, and no event goes to
# both, or to none.
TARGET_ID = "function"
OTHER_PERMISSIONS = "OtherPermissions"
# In a description: what led to a hub until now, so that the role by which it did may still be there.
FORMERLY = "Before for a hub."
_HUB = re.compile(rf"\bhub \d{{12}}\b|{re.escape(FORMERLY)}")


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, in the terms of the module iam_event_rule: patterns and shards follow from the actions."""
    return {
        "Name": settings.name,
        "Description": f"Critical IAM actions, for {receivers(settings)}.{told(settings.forwarding_regions)}",
        "Actions": list(settings.actions),
        **common(settings),
        "OtherRules": {
            names.tampering_rule_arn(settings): PRESENT,
            names.heartbeat_rule_arn(settings): settings.state_of_heartbeat,
        },
    }


def common(settings: Settings) -> dict[str, Any]:
    """What all rules of the stack have alike: the targets, the function that they lead to, if there is one, the tags.

    The first target is the one by which the alerts come; it and the others are in the terms of the modules' option.
    """
    own, hubs = _own_targets(settings), _hub_targets(settings)
    targets = [*hubs, *own] if settings.topology.hub else [*own, *hubs]
    return {
        "Prefix": settings.name,
        "Targets": [{**target, "dead_letter_arn": names.queue_arn(settings)} for target in targets],
        "FunctionArn": names.function_arn(settings) if settings.own_target else "",
        "Tags": settings.tags,
    }


def receivers(settings: Settings) -> str:
    """Who gets the events of the stack's rules, in few words: a description has to tell regions, too."""
    own = ["its function"] if settings.own_target else []
    return " and ".join([*own, *(f"hub {account}" for account in settings.topology.receivers)])


def sends_to_hub(rules: Iterable[Document]) -> bool:
    """Whether one of the rules says so, or that it did, as of the last time that it was deployed."""
    return any(_HUB.search(rule.get("Description") or "") for rule in rules)


def _own_targets(settings: Settings) -> list[dict[str, str]]:
    if not settings.own_target:
        return []
    queue, function = names.event_queue_arn(settings), names.function_arn(settings)
    return [{"id": TARGET_ID, "arn": queue if settings.own_target == QUEUE else function}]


def _hub_targets(settings: Settings) -> list[dict[str, str]]:
    """The hubs of other accounts. Each has its id by its account, so that one can be there beside another."""
    role, entry = names.forwarding_role_arn(settings), settings.topology.entries[0]
    return [
        {"id": f"hub-{account}", "arn": arn, "role_arn": role}
        for account, arn in zip(settings.topology.receivers, names.hub_entry_arns(settings, entry), strict=True)
    ]


def live(account: Account, desired: Document) -> event_rule.Live:
    """The rules as they are, and who else may invoke the function; without rules if there are none.

    Raises:
        InvalidValueError: a rule of this name belongs to something else.
        AnsibleAWSError: a read failed.
    """
    found = read(account, desired)
    # What lets the stack's other rules invoke the function is theirs to make, and to remove with them.
    there = {rule["Arn"] for rule in listed(account, desired["Prefix"])}
    theirs = [arn for arn, state in desired["OtherRules"].items() if state == PRESENT or arn in there]
    others = {function: _without(statements, theirs) for function, statements in found.others.items()}
    return dataclasses.replace(found, others=others)


def _without(statements: Statements, rules: Collection[str]) -> Statements:
    """The statements but those that let one of the rules invoke the function."""
    return {
        sid: statement
        for sid, statement in statements.items()
        if not any(invoke_permission.shard_of(sid, rule) for rule in rules)
    }


def read(account: Account, desired: Document) -> event_rule.Live:
    """As C(live), of any rule of the stack. All are listed at once, and the function's policy is read once for them."""
    events, lambda_client, function = account.clients["events"], account.clients["lambda"], desired["FunctionArn"]
    wanted = desired["Tags"]

    def known_tags(arn: str) -> Mapping[str, str]:
        known = account.tagged.get(arn, {})
        return known if wanted.items() <= known.items() else {}

    functions = [function] if function else []
    policies = {
        each: account.once("policy of the function", lambda: invoke_permission.policy(lambda_client, function))
        for each in functions
    }
    known = event_rule.Known(listed(account, desired["Prefix"]), policies, known_tags)
    return event_rule_reading.describe(events, lambda_client, desired["Name"], functions=functions, known=known)


def listed(account: Account, prefix: str) -> list[Document]:
    """The rules whose names begin like those of the stack, whoever they belong to."""
    found: list[Document] = account.once(
        "rules", lambda: event_rule_reading.list_rules(account.clients["events"], prefix)
    )
    return found


def is_there(live: event_rule.Live | None) -> bool:
    """Rules are read as a set, which may be empty. Of one that nobody wants it may not be read at all."""
    return live is not None and bool(live.found.rules)


def difference(live: event_rule.Live, desired: Document) -> Change:
    """What of the rules differs, by rule and attribute, and statements that let others invoke the function."""
    change = compared(live, desired)
    others = live.others.get(desired["FunctionArn"])
    if others:
        change.before[OTHER_PERMISSIONS], change.after[OTHER_PERMISSIONS] = dict(others), {}
    return change


def compared(live: event_rule.Live, desired: Document) -> Change:
    """What of any rule of the stack and its shards differs, by rule and attribute."""
    changes = event_rule.difference(live.found, event_rule.desired(options_of(desired), live))
    return Change(*_only_differing(*event_rule.reported_changes(changes)))


def options_of(desired: Document) -> event_rule.Options:
    """What is asked for: a rule for actions, for patterns or for a time, whichever the document has."""
    return event_rule.Options(
        name=desired["Name"],
        actions=parse_format(desired["Actions"]) if "Actions" in desired else (),
        event_patterns=tuple(desired.get("EventPatterns", ())),
        read_only_events=desired.get("ReadOnlyEvents", False),
        schedule_expression=desired.get("ScheduleExpression", ""),
        targets=event_rule_options.checked_targets(desired["Targets"]),
        description=desired["Description"],
        tags=desired["Tags"],
        purge_tags=False,
    )


def _only_differing(before: Document, after: Document) -> tuple[Document, Document]:
    """Of each rule that is there and stays, the attributes that differ, by both names; of others all, by the rule's."""
    old_side: Document = {}
    new_side: Document = {}
    for name, old in before.items():
        new = after[name]
        if "arn" in old and "arn" in new:
            differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            old_side |= {f"{name} {key}": old.get(key) for key in differing}
            new_side |= {f"{name} {key}": new.get(key) for key in differing}
        else:
            old_side |= {name: old} if "arn" in old else {}
            new_side |= {name: new} if "arn" in new else {}
    return old_side, new_side
