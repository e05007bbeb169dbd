# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read an EventBridge rule with its shards, and what they are allowed to invoke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import invoke_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError, call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import canonical
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import (
    SHARD_TAG,
    Known,
    Live,
    RuleSet,
    invoked_functions,
    normal_target,
    shard_name,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.invoke_permission import Permissions, Statements


class MissingBusError(AnsibleAWSError):
    """The event bus does not exist, and so no rule on it."""


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
        "Targets": {target["Id"]: normal_target(target) for target in targets},
    }


def _arn_prefix(events: Any, event_bus_name: str, listed: Sequence[Mapping[str, Any]]) -> str:
    """What the ARNs of all rules on the bus begin with."""
    if listed:
        return str(listed[0]["Arn"]).removesuffix(listed[0]["Name"])
    bus = call(f"describe event bus {event_bus_name}", events.describe_event_bus, Name=event_bus_name)
    prefix, _type, bus_name = bus["Arn"].partition("event-bus/")
    return f"{prefix}rule/" if bus_name == "default" else f"{prefix}rule/{bus_name}/"


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
