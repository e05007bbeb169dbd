# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of an account to find out where an event stopped. Each thing is read once, and only if asked for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive import letter
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    event_source_mapping,
    function,
    members_rule,
    names,
    rule,
    trail,
    trails,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import components_of, desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import by_attribute, is_unwanted, make_plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import Trails
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import log
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Journey, Line
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import NOT_FOUND, Listener

# The dead-letter queue is looked through so many times, ten messages at most each time.
_DEAD_LETTER_READS = 10
# So long does nobody else see them.
_DEAD_LETTER_SECONDS = 30

# What differs in these does not stop an event.
_HARMLESS = ("Tags", "tags", "Description", "description", "Subscriptions")


class Evidence:
    """The account, and the hub if it has one, as they were found after the waiting."""

    def __init__(self, pair: Pair, listener: Listener, since: float) -> None:
        self._pair, self._since, self.listener = pair, since, listener
        self._clients, self._settings = pair.source.clients, pair.source.settings
        self._desired = desired_stack(self._settings)
        self._account, self._alerting = Account(self._clients, {}), Account(pair.alerting.clients, {})

    @property
    def hub(self) -> str:
        """The id of the hub's account, if the account is a member of one."""
        return self._settings.topology.hub

    @property
    def group_seconds(self) -> int:
        """For how long alerts are grouped, if it is known; only the hub knows its own."""
        return 0 if self.hub else self._settings.group_seconds

    @functools.cached_property
    def trails(self) -> Trails:
        return trails.find(self._clients, self._settings)

    @functools.cached_property
    def trail(self) -> Document | None:
        """Our own trail."""
        desired = trail.desired(self.trails.settle(self._settings))
        return trail.live(Account(self._clients, {}, self.trails.own), desired)

    @functools.cached_property
    def rules(self) -> event_rule.Live:
        return rule.live(self._account, self._desired["rule"])

    @functools.cached_property
    def function(self) -> Document | None:
        return function.live(self._alerting, self._desired_of_hub("function"))

    @functools.cached_property
    def mapping(self) -> Document | None:
        """What takes events from the queue of the hub to its function."""
        wanted = self._desired_of_hub("event_source_mapping")
        return event_source_mapping.describe(self._pair.alerting.clients["lambda"], wanted)

    @functools.cached_property
    def members_rule(self) -> tuple[event_rule.Live, Document] | None:
        """What takes events from the event bus of the hub to its queue, as it is and is to be; None without a bus."""
        wanted = self._desired_of_hub("members_rule")
        return None if is_unwanted(wanted) else (members_rule.live(self._alerting, wanted), wanted)

    @property
    def components(self) -> tuple[str, ...]:
        """The names of all components, in the order of the stack."""
        return components_of(self._settings)

    def desired(self, component: str) -> Document:
        return self._desired[component]

    def _desired_of_hub(self, component: str) -> Document:
        """As much of it as is known without the hub's own variables."""
        return desired_stack(self._pair.alerting.settings)[component]

    @functools.cached_property
    def dead_letters(self) -> list[tuple[str, dict[str, str]]]:
        """Messages of the dead-letter queues with what is said of them, also those of the two calls if they came."""
        places = [self._pair.source] if self._pair.is_one else [self._pair.source, self._pair.alerting]
        return [letter for place in places for letter in _letters(place)]

    def dead_letter(self, journey: Journey) -> dict[str, str] | None:
        """What is said of the dead letter about a call."""
        title = f'"{journey.title}"'
        return next((said for body, said in self.dead_letters if journey.name in body and title in body), None)

    @functools.cached_property
    def last_error(self) -> str:
        return log.last_error(*self._log, self._since)

    def error_after(self, line: Line) -> str:
        return log.error_after(*self._log, line)

    @property
    def _log(self) -> tuple[Any, str]:
        alerting = self._pair.alerting
        return alerting.clients["logs"], names.log_group_name(alerting.settings)

    def differing(self, components: Sequence[str]) -> list[str]:
        """What of these components differs from what would be deployed, and is not harmless."""
        plan = make_plan(self._clients, self._settings, components)
        return [
            f"{component} {attribute}"
            for component, change in plan.differing.items()
            for attribute in by_attribute(change)
            if attribute.rpartition(" ")[2] not in _HARMLESS
        ]

    def is_recorded(self, journey: Journey) -> bool:
        """Whether CloudTrail's event history has the call. It has it whatever trails there are, and later than they."""
        answer = call(
            f"look up {journey.title} in CloudTrail's event history",
            self._clients["cloudtrail"].lookup_events,
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": journey.title}],
            StartTime=datetime.fromtimestamp(journey.called - log.SKEW_SECONDS, UTC),
        )
        return any(journey.name in event.get("CloudTrailEvent", "") for event in answer["Events"])

    @functools.cached_property
    def subscription(self) -> dict[str, str] | None:
        arn = self.listener.subscription_arn
        try:
            answer = call(
                f"read subscription {arn}",
                self.listener.sns.get_subscription_attributes,
                SubscriptionArn=arn,
            )
        except is_ansible_aws_error_code(NOT_FOUND):
            return None
        attributes: dict[str, str] = answer["Attributes"]
        return attributes

    @functools.cached_property
    def queue_differs(self) -> list[str] | None:
        """The attributes of the verification's queue that somebody changed; None if the queue is gone."""
        live = sqs_queue.describe(self.listener.sqs, self.listener.desired)
        return None if live is None else list(sqs_queue.difference(live, self.listener.desired).after)


def _letters(place: Entered) -> list[tuple[str, dict[str, str]]]:
    sqs, name = place.clients["sqs"], names.queue_name(place.settings)
    found: list[tuple[str, dict[str, str]]] = []
    try:
        url = call(f"find queue {name}", sqs.get_queue_url, QueueName=name)["QueueUrl"]
        for _number in range(_DEAD_LETTER_READS):
            messages = _received(sqs, name, url)
            found += messages
            if not messages:
                break
    except is_ansible_aws_error_code(sqs_queue.MISSING):
        pass
    return found


def _received(sqs: Any, name: str, url: str) -> list[tuple[str, dict[str, str]]]:
    answer = call(
        f"look into queue {name}",
        sqs.receive_message,
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=_DEAD_LETTER_SECONDS,
        WaitTimeSeconds=1,
        MessageAttributeNames=["All"],
    )
    return [(message["Body"], _said(message)) for message in answer.get("Messages", [])]


def _said(message: Document) -> dict[str, str]:
    """What EventBridge says of the failure in attributes of the message, or Lambda in a record around the event."""
    attributes = {key: value.get("StringValue", "") for key, value in message.get("MessageAttributes", {}).items()}
    error = letter.told_error(message["Body"])
    return {**attributes, "ErrorMessage": error} if error else attributes
