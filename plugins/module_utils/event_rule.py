# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EventBridge rules: check what is asked for, read what is there, compare, mend.

C(checked_options) turns options into C(Options), C(describe) reads C(Live), C(desired) says what is to be,
C(difference) lists the C(RuleChange)s in a safe order and C(apply) carries them out. Only C(describe) and C(apply)
call AWS, and only C(apply) writes.

A rule is a document in AWS's own words: C(Name), C(Arn), C(State), C(Description), C(EventPattern) (a document),
C(Targets) (by their C(Id)), C(Tags) (a dictionary), and of a live rule also C(RoleArn) and C(ScheduleExpression).

A rule waits for the actions of a list, for given patterns, or for a time. Several rules, the shards, may serve a list,
and each pattern has one. The first has the name asked for, the others C(<name>-2) and so on, and the tag C(SHARD_TAG)
with the name of the first: a rule without it is never taken for a shard, whatever its name.

What lets a rule invoke a function is in C(invoke_permission).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import invoke_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action, is_read_only
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Document,
    InvalidValueError,
    call,
    call_all,
    tag_changes,
    tags_after,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import (
    FIRST,
    actions_in,
    allocate,
    build_pattern,
    canonical,
    render,
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
# "PutRule" (names, description), "RetryPolicy" (ranges), "PutTargets" (entries of one request) and "Target" (input).
DEFAULT_PATTERN_SIZE = 2048
MAX_PATTERN_SIZE = 4096
MAX_NAME = 64
MAX_DESCRIPTION = 512
MAX_TARGETS = 5
MAX_ENTRIES = 10
MAX_INPUT = 8192
RETRY_DEFAULTS = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
RETRY_RANGES = {"MaximumRetryAttempts": (0, 185), "MaximumEventAgeInSeconds": (60, 86400)}

# How an entry of the option "targets" spells AWS's attributes.
_TARGET_OPTIONS = {
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
}

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_BUS_NAME = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
_ARN = re.compile(r"arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:\S+")
_ROLE = re.compile(r"arn:aws[a-z0-9-]*:iam::\d{12}:role/\S+")
_QUEUE = re.compile(r"arn:aws[a-z0-9-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}")
# EventBridge User Guide, "Creating a rule that runs on a schedule": the unit is singular for 1.
_SCHEDULE = re.compile(
    r"rate\((?:1 (?:minute|hour|day)|(?!1 )[1-9]\d* (?:minutes|hours|days))\)|cron\(\S+(?: \S+){5}\)"
)


class MissingBusError(AnsibleAWSError):
    """The event bus does not exist, and so no rule on it."""


@dataclass(frozen=True)
class Options:
    """What is asked for, checked. C(None) means: leave it as it is.

    Of C(actions), C(event_patterns) (a rule for each) and C(schedule_expression) one is given.
    """

    name: str
    actions: tuple[Action, ...] = ()
    event_patterns: tuple[Document, ...] = ()
    schedule_expression: str = ""
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


# Options ------------------------------------------------------------------------------------------------------------


def checked_options(options: Options) -> Options:
    """The options, if AWS would take them. The actions are checked where they are parsed.

    Raises:
        InvalidValueError: it would not.
    """
    checked_name(options.name)
    _check_description(options.description)
    _check_tags(options.tags or {})
    low, high = 1, MAX_PATTERN_SIZE
    if not low <= options.max_pattern_size <= high:
        raise InvalidValueError(f"max_pattern_size: {options.max_pattern_size} is not between {low} and {high}.")
    _check_trigger(options)
    return options


def _check_trigger(options: Options) -> None:
    """What the rule waits for is something that can come."""
    if options.schedule_expression and not _SCHEDULE.fullmatch(options.schedule_expression):
        raise InvalidValueError(
            f"schedule_expression: '{options.schedule_expression}' is no schedule. Write it as 'rate(15 minutes)', "
            "'rate(1 hour)' or 'cron(0 12 * * ? *)'."
        )
    for number, pattern in enumerate(options.event_patterns):
        if not pattern or len(render(pattern)) > MAX_PATTERN_SIZE:
            raise InvalidValueError(
                f"event_patterns[{number}]: the pattern has {len(render(pattern))} characters as JSON, but it must say "
                f"what to match in {MAX_PATTERN_SIZE} or less. Deal it out to several patterns."
            )
    if not (options.actions or options.event_patterns or options.schedule_expression):
        raise InvalidValueError("actions: the list is empty, so nothing would ever match. Name actions to watch for.")


def checked_name(name: str) -> str:
    """The name, if a rule can have it."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: '{name}' is not a name for a rule. Use 1 to {MAX_NAME} letters, digits, '.', '-' and '_'."
        )
    return name


def checked_bus_name(name: str) -> str:
    """The name, if an event bus can have it."""
    if not _BUS_NAME.fullmatch(name):
        raise InvalidValueError(
            f"event_bus_name: '{name}' is not the name of a bus. Give a name such as 'default', no ARN."
        )
    return name


def checked_targets(options: Sequence[Mapping[str, Any]]) -> tuple[Document, ...]:
    """The entries of the option C(targets) as documents in AWS's words.

    Raises:
        InvalidValueError: AWS would not take one of them, or not all together.
    """
    if len(options) > MAX_TARGETS:
        raise InvalidValueError(
            f"targets: {len(options)} are given, but a rule has at most {MAX_TARGETS}. Fan out behind one of them, "
            "such as an SNS topic."
        )
    targets = [_checked_target(f"targets[{number}]", option) for number, option in enumerate(options)]
    ids = [target["Id"] for target in targets]
    for target in targets:
        if ids.count(target["Id"]) > 1:
            raise InvalidValueError(f"targets: the id '{target['Id']}' is there twice. Give each target its own id.")
    return tuple(targets)


def checked_functions(arns: Sequence[str]) -> list[str]:
    """The entries of the option C(former_functions).

    Raises:
        InvalidValueError: one is not the ARN of a function.
    """
    wanted = "the ARN of a function, of one of its versions or aliases"
    return [_matching(FUNCTION_ARN, f"former_functions[{number}]", arn, wanted) for number, arn in enumerate(arns)]


def target_id(arn: str) -> str:
    """The id of a target for which none is given. It depends on the ARN only."""
    kind = re.sub(r"[^A-Za-z0-9-]", "", arn.split(":")[2])
    resource = re.sub(r"[^.\-_A-Za-z0-9]+", "-", arn.split(":", 5)[5])[-40:].strip("-")
    return f"{kind[:12]}-{resource}-{invoke_permission.digest(arn)}"


def _checked_target(where: str, option: Mapping[str, Any]) -> Document:
    arn = option["arn"]
    _check_target_arn(f"{where}.arn", arn)
    target: Document = {"Id": option.get("id") or target_id(arn), "Arn": arn}
    if not _NAME.fullmatch(target["Id"]):
        raise InvalidValueError(
            f"{where}.id: '{target['Id']}' is not an id of a target. Leave it out, or use 1 to 64 letters, digits, "
            "'.', '-' and '_'."
        )
    if role := option.get("role_arn"):
        target["RoleArn"] = _matching(_ROLE, f"{where}.role_arn", role, "the ARN of an IAM role")
    if queue := option.get("dead_letter_arn"):
        wanted = "the ARN of a standard SQS queue (no FIFO queue)"
        target["DeadLetterConfig"] = {"Arn": _matching(_QUEUE, f"{where}.dead_letter_arn", queue, wanted)}
    if option.get("input"):
        target["Input"] = _checked_input(f"{where}.input", option["input"])
    target["RetryPolicy"] = _checked_retry_policy(where, option)
    return _normal_target(target)


def _checked_input(where: str, text: str) -> str:
    """The JSON text in one form, so that equal inputs are equal texts."""
    try:
        normal = json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
    except ValueError as error:
        raise InvalidValueError(f"{where}: '{text}' is no JSON. Write a document, or leave it out.") from error
    if len(normal) > MAX_INPUT:
        raise InvalidValueError(f"{where}: it has {len(normal)} characters. Shorten it to {MAX_INPUT} or less.")
    return normal


def _check_target_arn(where: str, arn: str) -> None:
    _matching(_ARN, where, arn, "an ARN")
    service = arn.split(":")[2]
    if service == "lambda":
        wanted = "the ARN of a function, of one of its versions or aliases; leave ':$LATEST' out"
        _matching(FUNCTION_ARN, where, arn, wanted)
    if service == "sqs" and arn.endswith(".fifo"):
        raise InvalidValueError(f"{where}: '{arn}' is a FIFO queue, which is not supported. Use a standard queue.")


def _checked_retry_policy(where: str, option: Mapping[str, Any]) -> Document:
    policy = {}
    for spelled, attribute in _TARGET_OPTIONS.items():
        value, (low, high) = option.get(spelled), RETRY_RANGES[attribute]
        if value is None:
            continue
        if not low <= value <= high:
            raise InvalidValueError(f"{where}.{spelled}: {value} is not between {low} and {high}.")
        policy[attribute] = value
    return policy


def _matching(pattern: re.Pattern[str], where: str, value: str, wanted: str) -> str:
    if not pattern.fullmatch(value):
        raise InvalidValueError(f"{where}: '{value}' is not {wanted}.")
    return value


def _check_description(description: str | None) -> None:
    if description and len(description) > MAX_DESCRIPTION:
        raise InvalidValueError(
            f"description: it has {len(description)} characters. Shorten it to {MAX_DESCRIPTION} or less."
        )


def _check_tags(tags: Mapping[str, str]) -> None:
    for key in tags:
        if key == SHARD_TAG or key.lower().startswith("aws:"):
            raise InvalidValueError(f"tags: the key '{key}' is reserved. Use another one.")


# What is there ------------------------------------------------------------------------------------------------------


def describe(
    events: Any,
    lambda_client: Any,
    name: str,
    event_bus_name: str = "default",
    functions: Iterable[str] = (),
    known: Known | None = None,
) -> Live:
    """Read a rule with its shards, and what they are allowed to invoke.

    Args:
        functions: ARNs of functions that the rules are to invoke, or did, besides those that they do.
        known: what need not be read.

    Raises:
        InvalidValueError: the rule is a shard of another one.
        MissingBusError: the bus does not exist.
        AnsibleAWSError: AWS refused a call.
    """
    known = known or Known()
    on_bus = list_rules(events, name, event_bus_name) if known.rules is None else known.rules
    listed = _family(on_bus, name)
    tags = {rule["Name"]: known.tags(rule["Arn"]) or _list_tags(events, rule) for rule in listed}
    _check_first(name, listed, tags)
    ours = [rule for rule in listed if rule["Name"] == name or tags[rule["Name"]].get(SHARD_TAG) == name]
    rules = {rule["Name"]: _rule(events, rule, tags[rule["Name"]]) for rule in ours}
    arn_prefix = _arn_prefix(events, event_bus_name, on_bus)
    invoked = {function for rule in rules.values() for function in invoked_functions(rule["Targets"].values())}
    policies = {
        function: known.policies[function]
        if function in known.policies
        else invoke_permission.policy(lambda_client, function)
        for function in sorted(invoked.union(functions))
    }
    permissions = _permissions(f"{arn_prefix}{name}", name, policies)
    foreign = frozenset(rule["Name"] for rule in listed) - rules.keys()
    others = _other_statements(policies, permissions)
    return Live(name, event_bus_name, arn_prefix, RuleSet(rules, permissions), foreign, others)


def invoked_functions(targets: Iterable[Mapping[str, Any]]) -> list[str]:
    """The functions that a rule invokes in its own name, and whose policy must allow it: those without a role."""
    arns = {target["Arn"] for target in targets if not target.get("RoleArn")}
    return sorted(arn for arn in arns if FUNCTION_ARN.fullmatch(arn))


def list_rules(events: Any, prefix: str, event_bus_name: str = "default") -> list[Document]:
    """The rules of the bus whose names begin so, without targets and tags.

    Raises:
        MissingBusError: the bus does not exist.
        AnsibleAWSError: AWS refused the call.
    """
    purpose = f"list the rules of event bus {event_bus_name}"
    try:
        answer = call_all(purpose, events, "list_rules", NamePrefix=prefix, EventBusName=event_bus_name)
    except is_ansible_aws_error_code("ResourceNotFoundException") as error:
        message = f"event_bus_name: there is no event bus '{event_bus_name}' in this region. Create it first"
        raise MissingBusError(message=message, exception=error.exception) from error
    rules: list[Document] = answer.get("Rules", [])
    return rules


def _family(rules: Iterable[Document], name: str) -> list[Document]:
    """Of the rules those with the name of the first or of one of its shards; they need not be ours."""
    family = re.compile(rf"{re.escape(name)}(?:-(?:[2-9]|[1-9]\d+))?")
    return [rule for rule in rules if family.fullmatch(rule["Name"])]


def _list_tags(events: Any, rule: Mapping[str, Any]) -> dict[str, str]:
    answer = call(f"list the tags of rule {rule['Name']}", events.list_tags_for_resource, ResourceARN=rule["Arn"])
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}


def _check_first(name: str, listed: Iterable[Mapping[str, Any]], tags: Mapping[str, Mapping[str, str]]) -> None:
    for rule in listed:
        if rule["Name"] != name:
            continue
        if owner := tags[name].get(SHARD_TAG):
            raise InvalidValueError(
                f"name: the rule '{name}' is a shard of the rule '{owner}' (tag {SHARD_TAG}). "
                f"Manage it as '{owner}', or use another name."
            )
        if rule.get("ManagedBy"):
            raise InvalidValueError(f"name: the rule '{name}' is managed by {rule['ManagedBy']}. Use another name.")


def _rule(events: Any, rule: Mapping[str, Any], tags: Mapping[str, str]) -> Document:
    where = {"Rule": rule["Name"], "EventBusName": rule.get("EventBusName", "default")}
    purpose = f"list the targets of rule {rule['Name']}"
    targets = call_all(purpose, events, "list_targets_by_rule", **where).get("Targets", [])
    return {
        **{key: rule[key] for key in ("Name", "Arn", "State", "ScheduleExpression", "RoleArn") if rule.get(key)},
        "Description": rule.get("Description") or "",
        "EventPattern": canonical(json.loads(rule.get("EventPattern") or "{}")),
        "Tags": dict(tags),
        "Targets": {target["Id"]: _normal_target(target) for target in targets},
    }


def _arn_prefix(events: Any, event_bus_name: str, listed: Sequence[Mapping[str, Any]]) -> str:
    """What the ARNs of all rules on the bus begin with."""
    if listed:
        return str(listed[0]["Arn"]).removesuffix(listed[0]["Name"])
    bus = call(f"describe event bus {event_bus_name}", events.describe_event_bus, Name=event_bus_name)
    prefix, _type, bus_name = bus["Arn"].partition("event-bus/")
    return f"{prefix}rule/" if bus_name == "default" else f"{prefix}rule/{bus_name}/"


def _normal_target(target: Mapping[str, Any]) -> Document:
    """The target without what EventBridge does anyway, so that equal targets are equal documents."""
    normal = {key: value for key, value in target.items() if value not in ({}, None)}
    policy = {**RETRY_DEFAULTS, **normal.pop("RetryPolicy", {})}
    return normal if policy == RETRY_DEFAULTS else {**normal, "RetryPolicy": policy}


def _permissions(first_arn: str, name: str, policies: Mapping[str, Statements]) -> dict[str, dict[str, Any]]:
    """Of the functions' policies the statements that are ours, by rule name, function and id."""
    found: dict[str, dict[str, Any]] = {}
    for function, statements in policies.items():
        for sid, statement in statements.items():
            if number := invoke_permission.shard_of(sid, first_arn):
                rule = found.setdefault(shard_name(name, number), {})
                rule.setdefault(function, {})[sid] = statement
    return found


def _other_statements(policies: Mapping[str, Statements], ours: Mapping[str, Permissions]) -> dict[str, Statements]:
    known = {(function, sid) for rule in ours.values() for function, each in rule.items() for sid in each}
    others = {
        function: {sid: statement for sid, statement in statements.items() if (function, sid) not in known}
        for function, statements in policies.items()
    }
    return {function: statements for function, statements in others.items() if statements}


# What is to be ------------------------------------------------------------------------------------------------------


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
        answer = call(purpose, events.put_targets, Rule=rule, EventBusName=event_bus_name, Targets=batch)
        _check_entries(purpose, answer)


def _remove_targets(events: Any, event_bus_name: str, rule: str, ids: Sequence[str]) -> None:
    for batch in _batches(ids):
        purpose = f"remove targets of rule {rule}"
        answer = call(purpose, events.remove_targets, Rule=rule, EventBusName=event_bus_name, Ids=batch)
        _check_entries(purpose, answer)


def _batches(entries: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(entries[start : start + MAX_ENTRIES]) for start in range(0, len(entries), MAX_ENTRIES))


def _check_entries(purpose: str, answer: Mapping[str, Any]) -> None:
    """Both calls succeed as a whole although some entries failed."""
    if not answer.get("FailedEntryCount"):
        return
    failed = [
        f"{entry.get('TargetId')} ({entry.get('ErrorCode')}: {entry.get('ErrorMessage')})"
        for entry in answer.get("FailedEntries", [])
    ]
    raise AnsibleAWSError(message=f"Failed to {purpose}: {', '.join(failed) or 'AWS does not say which ones'}")


# For people ---------------------------------------------------------------------------------------------------------


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
    known.update({spelled: policy[attribute] for spelled, attribute in _TARGET_OPTIONS.items()})
    others = set(target) - {"Id", "Arn", "RoleArn", "DeadLetterConfig", "Input", "RetryPolicy"}
    return {**known, **({"other": {key: target[key] for key in sorted(others)}} if others else {})}
