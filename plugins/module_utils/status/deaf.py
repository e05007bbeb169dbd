# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps an account deaf: nobody would be told of an action, though it is on the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, kms_key
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import subscriptions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import components_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.function import FORMER
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan, is_unwanted
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings


def reasons(settings: Settings, plan: Plan) -> list[str]:
    """Why alerts of some or all actions reach nobody, as far as the components that were looked at tell.

    Only what is certain: anything else that differs from what is desired is drift, and may or may not matter.
    """
    if not plan.present and plan.live.keys() >= _LOOKS.keys() & {*components_of(settings)}:
        return ["nothing is deployed"]
    looks = [(name, look) for name, look in _LOOKS.items() if name in plan.live]
    told = [reason for name, look in looks for reason in look(plan.live[name], plan.desired[name])]
    return [plan.trails.complaint, *told] if plan.trails.complaint else told


def _key(live: Document | None, desired: Document) -> list[str]:
    """Without it, no event reaches the queue, and the function cannot publish."""
    if desired["State"] != PRESENT:
        return []
    if live is None:
        return [f"there is no key {desired['AliasName']}"]
    state = live["KeyState"]
    return [] if state == kms_key.ENABLED else [f"key {desired['AliasName']} cannot be used: its state is {state}"]


def _trail(live: Document | None, desired: Document) -> list[str]:
    name = desired["Name"]
    if is_unwanted(desired):
        return []
    if live is None:
        return [f"there is no trail {name}"]
    stopped = [] if live["IsLogging"] else [f"trail {name} is not logging"]
    return stopped if live["IncludeGlobalServiceEvents"] else [*stopped, f"trail {name} leaves out events of IAM"]


def _rules(live: event_rule.Live, desired: Document) -> list[str]:
    if not live.found.rules:
        return [f"there is no rule {desired['Name']}"]
    return [reason for name in live.found.rules for reason in _rule(live.found, name, desired["Targets"][0]["arn"])]


def _rule(found: event_rule.RuleSet, name: str, target: str) -> list[str]:
    rule, permissions = found.rules[name], found.permissions.get(name, {})
    told = []
    if rule["State"] == event_rule.DISABLED:
        told.append(f"rule {name} is disabled")
    if all(each["Arn"] != target for each in rule["Targets"].values()):
        told.append(f"rule {name} has lost its target")
    invoked = event_rule.invoked_functions(rule["Targets"].values())
    if target in invoked and not permissions.get(target):
        told.append(f"rule {name} may not invoke the function")
    return told


def _members_rule(live: event_rule.Live, desired: Document) -> list[str]:
    """Without it, no member is heard."""
    if is_unwanted(desired):
        return []
    name, bus = desired["Name"], desired["EventBusName"]
    told = [reason for rule in live.found.rules for reason in _rule(live.found, rule, desired["Targets"][0]["arn"])]
    return told if live.found.rules else [f"there is no rule {name} on event bus {bus}"]


def _execution_role(live: Document | None, desired: Document) -> list[str]:
    return [f"there is no role {desired['RoleName']}"] if live is None and not is_unwanted(desired) else []


def _function(live: Document | None, desired: Document) -> list[str]:
    name = desired["FunctionName"]
    if live is None:
        return [f"there is no function {name}"]
    told = []
    if live["State"] == "Failed":
        told.append(f"function {name} has failed: {live['StateReason'] or 'Lambda gives no reason'}")
    if live["Role"].startswith(FORMER):
        told.append(f"function {name} cannot run: its role is gone, or was made anew")
    if live["ReservedConcurrentExecutions"] == 0:
        told.append(f"function {name} never runs: its reserved concurrency is 0")
    return told


def _event_queue(live: Document | None, desired: Document) -> list[str]:
    return [f"there is no queue {desired['QueueName']}"] if live is None and not is_unwanted(desired) else []


def _event_source_mapping(live: Document | None, desired: Document) -> list[str]:
    if is_unwanted(desired):
        return []
    mapping = live and live["Mapping"]
    handed_on = mapping and (mapping["Enabled"] or not desired["Enabled"])
    return [] if handed_on else ["nothing takes the events from the queue to the function"]


def _topic(live: Document | None, desired: Document) -> list[str]:
    if live is None:
        return [f"there is no topic {desired['Name']}"]
    if not desired["Subscriptions"]:
        return ["iam_alerting_subscribers is empty"]
    states = {each["state"] for each in subscriptions.states(live, desired)}
    return [] if subscriptions.CONFIRMED in states else ["no subscriber has confirmed"]


_LOOKS: dict[str, Callable[[Any, Document], list[str]]] = {
    "key": _key,
    "trail": _trail,
    "rule": _rules,
    "execution_role": _execution_role,
    "forwarding_role": _execution_role,
    "members_rule": _members_rule,
    "function": _function,
    "event_queue": _event_queue,
    "event_source_mapping": _event_source_mapping,
    "topic": _topic,
}
