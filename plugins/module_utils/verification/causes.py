# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an event stopped, by stage: each cause is known from one thing that was read. Nothing here calls AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import actions_in
from ansible_collections.trailwatch.aws.plugins.module_utils.event_selectors import IAM_WRITES, record
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import rule as rule_component
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import Trails

DEPLOY = "Deploy again, that mends it."
REPEAT = "Verify again, with more iam_alerting_verify_minutes."


@dataclass(frozen=True)
class Finding:
    """The stage at which an event stopped (record, rule, function, topic or queue), why, and the way out."""

    stage: str
    cause: str
    remedy: str = DEPLOY

    def __str__(self) -> str:
        return f"stopped at the {self.stage}: {self.cause}. {self.remedy}"


def of_trail(trail: Document | None, name: str) -> Finding | None:
    """What keeps our trail from recording IAM's writes."""
    for holds, cause in _TRAIL:
        if holds(trail or {}):
            return Finding("record", cause.format(name=name))
    return None


def of_others(trails: Trails) -> Finding | None:
    """What keeps the trails that others have from bringing the events, if one of them is to serve or could have."""
    if not trails.complaint:
        return None
    # No deployment mends a trail of others, but one makes our own if it may.
    by_hand = "Mend that trail, or deploy with iam_alerting_trail: create."
    return Finding("record", trails.complaint, by_hand if trails.failure else DEPLOY)


_TRAIL: tuple[tuple[Callable[[Document], bool], str], ...] = (
    (lambda trail: not trail, "there is no trail {name}"),
    (lambda trail: not trail["IsLogging"], "the trail {name} is not logging"),
    (lambda trail: not trail["IncludeGlobalServiceEvents"], "the trail {name} leaves out global services, so IAM"),
    (
        lambda trail: not record(trail["EventSelectors"], IAM_WRITES),
        "the trail {name} leaves out the write events of IAM",
    ),
)


def of_rules(live: event_rule.Live, desired: Document, action: str) -> Finding | None:
    """What keeps the rules from handing the events of an action to their target."""
    service, name = action.split(":")
    rules = live.found.rules.values()
    if not rules:
        region = live.arn_prefix.split(":")[3]
        return Finding("rule", f"there is no rule {desired['Name']} in {region}")
    matching = [
        rule
        for rule in rules
        if any(each.matches(f"{service}.amazonaws.com", name) for each in actions_in(rule["EventPattern"]))
    ]
    if not matching:
        return Finding("rule", f"{action} is in no rule {desired['Name']}")
    enabled = [rule for rule in matching if rule["State"] != event_rule.DISABLED]
    if not enabled:
        return Finding("rule", f"the rule {matching[0]['Name']} is disabled")
    return _of_target(enabled[0], live, desired)


def of_entry(live: event_rule.Live, desired: Document) -> Finding | None:
    """What keeps events from getting out of the event bus of a hub."""
    if not live.found.rules:
        return Finding("rule", f"there is no rule {desired['Name']} on the event bus {desired['EventBusName']}")
    (rule, *_others) = live.found.rules.values()
    if rule["State"] == event_rule.DISABLED:
        return Finding("rule", f"the rule {rule['Name']} is disabled")
    return _of_target(rule, live, desired)


def _of_target(rule: Document, live: event_rule.Live, desired: Document) -> Finding | None:
    name, target = rule["Name"], desired["Targets"][0]["arn"]
    if target not in {each["Arn"] for each in rule["Targets"].values()}:
        return Finding("rule", f"the rule {name} does not have {target} as its target")
    if target != desired["FunctionArn"]:
        return None
    change = rule_component.difference(live, desired)
    if f"{name} permissions" in {**change.before, **change.after}:
        return Finding("rule", f"the policy of the function does not let the rule {name} invoke it")
    return None


def of_function(function: Document | None, name: str) -> Finding | None:
    """What keeps the function from running at all."""
    if function is None:
        return Finding("function", f"there is no function {name}")
    if function["ReservedConcurrentExecutions"] == 0:
        return Finding("function", f"the function {name} may not run: its reserved concurrency is 0")
    return None


def of_mapping(mapping: Document | None, queue: str) -> Finding | None:
    """What keeps the events of a queue from the function."""
    if mapping is None or not mapping["Enabled"]:
        return Finding("function", f"nothing takes the events from the queue {queue} to the function")
    return None


def of_dead_letter(attributes: Mapping[str, str], queue: str) -> Finding:
    """Why EventBridge or Lambda put the event into the dead-letter queue, by what they said with it."""
    if "RULE_ARN" in attributes:
        said = f"{attributes.get('ERROR_CODE', '')} {attributes.get('ERROR_MESSAGE', '')}".strip()
        return Finding("rule", f"EventBridge could not deliver the event, which is in {queue}: {said}")
    return of_failure(attributes.get("ErrorMessage", "") or f"the event is in {queue}")


def of_failure(error: str) -> Finding:
    """Why the function failed, by what it said of it: it could not publish, or did not come as far as that."""
    if _PUBLISH in error:
        return of_publication(error, ())
    return Finding("function", f"the function failed: {error}", f"{DEPLOY} If not, its log says more.")


def of_quiet(why: str, is_grouped: bool, group_seconds: int) -> Finding:
    """Why an event that the function got has no message of its own; C(group_seconds) is 0 if it is not known.

    A window in which events were counted goes on for another round (docs/storms.md), so it takes up to two.
    """
    not_proven = "Nothing is wrong with the function, but the way to the topic is not proven."
    if not is_grouped:
        return Finding("function", why, not_proven)
    known = f" ({group_seconds})" if group_seconds else ""
    again = f"Verify again after twice iam_alerting_group_seconds{known}: then the group's window is over."
    return Finding("function", why, f"{not_proven} {again}")


def of_publication(error: str, differing: Sequence[str]) -> Finding:
    """Why the function could not publish, by what it said and what is not as it was deployed."""
    remedy = next((way_out for code, way_out in _PUBLICATION if code in error), DEPLOY)
    also = f"; not as deployed: {', '.join(differing)}" if differing else ""
    return Finding("topic", f"the function could not publish: {error or 'its log does not say why'}{also}", remedy)


# How botocore names the call that failed.
_PUBLISH = "calling the Publish operation"
_PUBLICATION = (("Throttl", REPEAT),)


def of_differences(differing: Sequence[str]) -> Finding | None:
    """What is not as it was deployed, between the trail and the function."""
    return Finding("function", f"not as deployed: {', '.join(differing)}") if differing else None


def of_listener(subscription: Mapping[str, str] | None, queue_differs: Sequence[str] | None, asked: str) -> Finding:
    """Why a message that the topic took did not come to the queue.

    Args:
        subscription: the attributes of the queue's subscription, if there is one.
        queue_differs: the attributes of the queue that somebody changed; None if there is no queue any more.
        asked: the filter policy that it was subscribed with.
    """
    after = "Somebody or something changes it, perhaps a deployment at the same time. Verify again after it."
    if subscription is None:
        return Finding("queue", "the queue's subscription to the topic is gone", after)
    if queue_differs is None:
        return Finding("queue", "the queue is gone", after)
    if queue_differs:
        return Finding("queue", f"the queue is not as it was made: {', '.join(queue_differs)}", after)
    if subscription.get("PendingConfirmation") == "true":
        return Finding("queue", "the queue's subscription is not confirmed", REPEAT)
    if subscription.get("FilterPolicy") != asked:
        return Finding("queue", f"the filter policy is {subscription.get('FilterPolicy')} and not {asked}", after)
    return Finding("queue", "the topic took the message, and it has not come to the queue", REPEAT)


def of_history(is_recorded: bool, trail: str) -> Finding:
    """Why nothing is known of an event for which all is as it should be."""
    if is_recorded:
        late = "EventBridge is late, or lost the event, which AWS does not rule out"
        return Finding(
            "rule",
            f"CloudTrail has the event, trail {trail} and rule are right, but it is not delivered: {late}",
            REPEAT,
        )
    return Finding("record", f"the trail {trail} is right, but CloudTrail does not show the event yet", REPEAT)
