# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EventBridge rules: what is asked for, what is there, what is to be, and how they differ.

C(event_rule_options) checks C(Options), C(event_rule_reading) reads C(Live), C(desired) says what is to be,
C(difference) lists the C(RuleChange)s in a safe order and C(event_rule_writing) carries them out.

A rule is a document in AWS's own words: C(Name), C(Arn), C(State), C(Description), C(EventPattern) (a document),
C(Targets) (by their C(Id)), C(Tags) (a dictionary), and of a live rule also C(RoleArn) and C(ScheduleExpression).

A rule waits for the actions of a list, for given patterns, or for a time. Several rules, the shards, may serve a list,
and each pattern has one. The first has the name asked for, the others C(<name>-2) and so on, and the tag C(SHARD_TAG)
with the name of the first: a rule without it is never taken for a shard, whatever its name.

What lets a rule invoke a function is in C(invoke_permission).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import invoke_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action, is_read_only
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Document,
    InvalidValueError,
    tags_after,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import (
    FIRST,
    actions_in,
    allocate,
    build_pattern,
    canonical,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.invoke_permission import (
    FUNCTION_ARN,
    Permissions,
    Statements,
)

SHARD_TAG = "trailwatch:shard-of"
ENABLED = "ENABLED"
ENABLED_WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
DISABLED = "DISABLED"

# EventBridge User Guide, "Amazon EventBridge quotas" (pattern size, targets per rule); EventBridge API Reference,
# "PutRule" (names) and "RetryPolicy" (defaults).
DEFAULT_PATTERN_SIZE = 2048
MAX_NAME = 64
MAX_TARGETS = 5
RETRY_DEFAULTS = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}

# How an entry of the option "targets" spells AWS's attributes.
TARGET_OPTIONS = {
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
}


@dataclass(frozen=True)
class Options:
    """What is asked for, checked. C(None) means: leave it as it is.

    Of C(actions), C(event_patterns) (a rule for each) and C(schedule_expression) one is given.
    """

    name: str
    actions: tuple[Action, ...] = ()
    event_patterns: tuple[Document, ...] = ()
    schedule_expression: str = ""
    # Whether patterns also match management events that only read; of actions their names tell.
    read_only_events: bool = False
    enabled: bool = True
    targets: tuple[Document, ...] | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True
    purge_targets: bool = True
    max_pattern_size: int = DEFAULT_PATTERN_SIZE


@dataclass(frozen=True)
class RuleSet:
    """A rule and its shards, and the permissions that let them invoke functions, both by rule name."""

    rules: Mapping[str, Document] = field(default_factory=dict)
    permissions: Mapping[str, Permissions] = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """What is there: the rule and its shards, other rules that have the name of a shard, what ARNs begin with, and of
    the functions that were read the statements that are no permission of these rules, by ARN and id."""

    name: str
    event_bus_name: str
    arn_prefix: str
    found: RuleSet
    foreign: frozenset[str] = frozenset()
    others: Permissions = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What need not be read, as it was read before.

    Attributes:
        rules: all of the bus whose names begin with the rule's, perhaps among others, as ListRules answers them.
        policies: the statements of functions' policies, by the function's ARN and their id.
        tags: gives the tags of the rule of an ARN, or nothing.
    """

    rules: Sequence[Document] | None = None
    policies: Mapping[str, Statements] = field(default_factory=dict)
    tags: Callable[[str], Mapping[str, str]] = field(default=lambda _arn: {})


@dataclass(frozen=True)
class RuleChange:
    """One rule with its permissions as it is and as it is to be; without a document, the rule is not there."""

    name: str
    before: Document | None
    after: Document | None
    permissions_before: Permissions
    permissions_after: Permissions


def normal_target(target: Mapping[str, Any]) -> Document:
    """The target without what EventBridge does anyway, so that equal targets are equal documents."""
    normal = {key: value for key, value in target.items() if value not in ({}, None)}
    policy = {**RETRY_DEFAULTS, **normal.pop("RetryPolicy", {})}
    return normal if policy == RETRY_DEFAULTS else {**normal, "RetryPolicy": policy}


def invoked_functions(targets: Iterable[Mapping[str, Any]]) -> list[str]:
    """The functions that a rule invokes in its own name, and whose policy must allow it: those without a role."""
    arns = {target["Arn"] for target in targets if not target.get("RoleArn")}
    return sorted(arn for arn in arns if FUNCTION_ARN.fullmatch(arn))


def desired(options: Options, live: Live) -> RuleSet:
    """The rules as they are to be. Where the options say nothing, they stay as they are; a new shard is like the first.

    Raises:
        InvalidValueError: what is asked for does not fit to what is there.
    """
    _check_functions(options.targets or (), live.arn_prefix)
    rules, permissions = {}, {}
    for number, trigger in _triggers(options, live).items():
        name = shard_name(options.name, number)
        rules[name] = _desired_rule(options, live, number, trigger)
        wanted = _desired_permissions(options, live, number, rules[name])
        if wanted:
            permissions[name] = wanted
    return RuleSet(rules, permissions)


def shard_name(name: str, number: int) -> str:
    """The name of the rule of a shard."""
    return name if number == FIRST else f"{name}-{number}"


def shard_number(name: str, rule_name: str) -> int:
    """The shard that has the rule of this name."""
    return FIRST if rule_name == name else int(rule_name.removeprefix(f"{name}-"))


def enabled_state(actions: Iterable[Action]) -> str:
    """The state of an enabled rule for these actions: one that takes read-only events only if it needs them."""
    return ENABLED_WITH_READS if any(is_read_only(action) for action in actions) else ENABLED


def _triggers(options: Options, live: Live) -> dict[int, Document]:
    """What makes each rule fire, and its state: the attributes that differ from shard to shard, by number."""
    triggers = _unlimited_triggers(options, live)
    longest = shard_name(options.name, max(triggers))
    if len(longest) > MAX_NAME:
        raise InvalidValueError(
            f"name: {len(triggers)} rules are needed, and the name of the last, '{longest}', has more than "
            f"{MAX_NAME} characters. Shorten the name, or list fewer actions."
        )
    return triggers


def _unlimited_triggers(options: Options, live: Live) -> dict[int, Document]:
    foreign = {shard_number(options.name, name) for name in live.foreign}
    enabled = ENABLED if options.enabled else DISABLED
    if options.schedule_expression:
        schedule = {"EventPattern": {}, "ScheduleExpression": options.schedule_expression}
        return {FIRST: {"State": enabled, **schedule}}
    if options.event_patterns:
        numbers = (number for number in itertools.count(FIRST) if number not in foreign)
        if options.enabled and options.read_only_events:
            enabled = ENABLED_WITH_READS
        return {
            number: {"State": enabled, "EventPattern": canonical(pattern)}
            for number, pattern in zip(numbers, options.event_patterns, strict=False)
        }
    now = {
        shard_number(options.name, name): actions_in(rule["EventPattern"]) for name, rule in live.found.rules.items()
    }
    shards = allocate(options.actions, now, options.max_pattern_size, foreign)
    return {
        number: {"State": _state(options, actions), "EventPattern": build_pattern(actions)}
        for number, actions in shards.items()
    }


def _desired_rule(options: Options, live: Live, number: int, trigger: Document) -> Document:
    name = shard_name(options.name, number)
    now = live.found.rules.get(name, {})
    like = now or _model_of_new_shards(options, live)
    rule = {
        "Name": name,
        "Arn": f"{live.arn_prefix}{name}",
        **trigger,
        "Description": like.get("Description", "") if options.description is None else options.description,
        "Tags": _desired_tags(options, like.get("Tags", {}), number),
        "Targets": _desired_targets(options, like.get("Targets", {})),
    }
    return {**rule, "RoleArn": now["RoleArn"]} if "RoleArn" in now else rule


def _model_of_new_shards(options: Options, live: Live) -> Document:
    """The rule from which a new shard takes what the options leave open."""
    rules = live.found.rules
    return rules.get(options.name) or next(iter(rules.values()), {})


def _state(options: Options, actions: Iterable[Action]) -> str:
    return enabled_state(actions) if options.enabled else DISABLED


def _desired_tags(options: Options, now: Mapping[str, str], number: int) -> dict[str, str]:
    purge = ("Tags",) if options.tags is not None and options.purge_tags else ()
    tags = tags_after(now, options.tags or {}, purge)
    tags.pop(SHARD_TAG, None)
    return tags if number == FIRST else {**tags, SHARD_TAG: options.name}


def _desired_targets(options: Options, now: Mapping[str, Document]) -> dict[str, Document]:
    if options.targets is None:
        return dict(now)
    kept = {} if options.purge_targets else now
    targets = {**kept, **{target["Id"]: target for target in options.targets}}
    if len(targets) > MAX_TARGETS:
        raise InvalidValueError(
            f"targets: with those that are there and stay, a rule would have {len(targets)}, but {MAX_TARGETS} is the "
            f"most: {', '.join(sorted(targets))}. Remove some, or set purge_targets to true."
        )
    return targets


def _check_functions(targets: Iterable[Mapping[str, Any]], arn_prefix: str) -> None:
    """A rule can invoke functions of its own region only, and without a role of its own account only."""
    region, account = arn_prefix.split(":")[3:5]
    for function in invoked_functions(targets):
        match = FUNCTION_ARN.fullmatch(function)
        if match and match["region"] != region:
            raise InvalidValueError(f"targets: the function {function} is not in the rule's region {region}.")
        if match and match["account"] != account:
            raise InvalidValueError(
                f"targets: the function {function} is not in the rule's account {account}. Give the target a role_arn."
            )


def _desired_permissions(options: Options, live: Live, number: int, rule: Document) -> dict[str, Statements]:
    """The statements that the rule needs; those of targets about which the options say nothing stay as they are."""
    now = live.found.permissions.get(rule["Name"], {})
    invoked = invoked_functions(rule["Targets"].values())
    managed = set(invoked_functions(options.targets or ()))
    if rule["Name"] not in live.found.rules:
        managed.update(invoked)
    sid = invoke_permission.id_prefix(f"{live.arn_prefix}{options.name}") + str(number)
    wanted: dict[str, Statements] = {}
    for function in invoked:
        if function in managed:
            wanted[function] = invoke_permission.settled(now.get(function, {}), sid, function, rule["Arn"])
        elif function in now:
            wanted[function] = now[function]
    return wanted


# From one to the other ----------------------------------------------------------------------------------------------


def difference(before: RuleSet, after: RuleSet) -> list[RuleChange]:
    """What differs, in the order in which it can be carried out and broken off without an action being missed."""
    names = {*before.rules, *before.permissions, *after.rules, *after.permissions}
    changes = [
        RuleChange(
            name,
            before.rules.get(name),
            after.rules.get(name),
            before.permissions.get(name, {}),
            after.permissions.get(name, {}),
        )
        for name in sorted(names)
    ]
    return sorted((change for change in changes if _differs(change)), key=_place)


def _differs(change: RuleChange) -> bool:
    return change.before != change.after or change.permissions_before != change.permissions_after


def _place(change: RuleChange) -> tuple[bool, bool, int, str]:
    """Rules that only gain actions come first, then those that lose some to others, then those that go."""
    lost = _actions(change.before) - _actions(change.after)
    return change.after is None, bool(lost), len(change.name), change.name


def _actions(rule: Mapping[str, Any] | None) -> frozenset[Action]:
    return actions_in(rule["EventPattern"]) if rule else frozenset()


def reported_rule(rule: Mapping[str, Any]) -> Document:
    """A rule as the module returns it, in the words of the module's options."""
    schedule = {"schedule_expression": rule["ScheduleExpression"]} if "ScheduleExpression" in rule else {}
    return {
        "name": rule["Name"],
        "arn": rule["Arn"],
        "state": rule["State"],
        "description": rule["Description"],
        **schedule,
        "event_pattern": rule["EventPattern"],
        "actions": sorted(map(str, actions_in(rule["EventPattern"]))),
        "targets": [_reported_target(target) for _id, target in sorted(rule["Targets"].items())],
        "tags": rule["Tags"],
    }


def reported_changes(changes: Iterable[RuleChange]) -> tuple[Document, Document]:
    """What differs, before and after, by rule name, to be shown as a diff."""
    before, after = {}, {}
    for change in changes:
        before[change.name] = _reported_state(change.before, change.permissions_before)
        after[change.name] = _reported_state(change.after, change.permissions_after)
    return before, after


def _reported_state(rule: Mapping[str, Any] | None, permissions: Permissions) -> Document:
    state = reported_rule(rule) if rule else {}
    if rule and "RoleArn" in rule:
        state["role_arn"] = rule["RoleArn"]
    return {**state, "permissions": permissions} if permissions else state


def _reported_target(target: Mapping[str, Any]) -> Document:
    known = {
        "id": target["Id"],
        "arn": target["Arn"],
        "role_arn": target.get("RoleArn"),
        "dead_letter_arn": target.get("DeadLetterConfig", {}).get("Arn"),
        "input": target.get("Input"),
    }
    policy = {**RETRY_DEFAULTS, **target.get("RetryPolicy", {})}
    known.update({spelled: policy[attribute] for spelled, attribute in TARGET_OPTIONS.items()})
    others = set(target) - {"Id", "Arn", "RoleArn", "DeadLetterConfig", "Input", "RetryPolicy"}
    return {**known, **({"other": {key: target[key] for key in sorted(others)}} if others else {})}
