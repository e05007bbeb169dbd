# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule on the event bus of a hub that takes what its members send to the queue, from which on all is the same."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, event_rule_reading
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, for all that comes from AWS: what is sent, the rules of the members decide.

    Nobody else can put an event with such a source (Amazon EventBridge API Reference, "PutEventsRequestEntry").
    """
    queue = {
        "id": "queue",
        "arn": names.event_queue_arn(settings),
        "dead_letter_arn": names.queue_arn(settings),
    }
    return {
        "State": settings.state_of_event_bus,
        "Name": names.members_rule_name(settings),
        "Arn": names.members_rule_arn(settings),
        "EventBusName": names.bus_name(settings),
        "Description": "What members send to this hub, for its queue.",
        "EventPatterns": [{"source": [{"prefix": "aws."}]}],
        "ReadOnlyEvents": True,
        "Targets": [queue],
        "FunctionArn": "",
        "Tags": settings.tags,
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a rule of ours."""
    return desired["Arn"] in account.tagged


def live(account: Account, desired: Document) -> event_rule.Live:
    """The rule as it is; without rules if there is none, or no bus.

    Raises:
        AnsibleAWSError: a read failed.
    """
    events, functions, name = account.clients["events"], account.clients["lambda"], desired["Name"]
    known = event_rule.Known(tags=lambda arn: account.tags(arn, desired["Tags"], dict))
    try:
        return event_rule_reading.describe(events, functions, name, desired["EventBusName"], known=known)
    except event_rule_reading.MissingBusError:
        prefix = desired["Arn"].removesuffix(name)
        return event_rule.Live(name, desired["EventBusName"], prefix, event_rule.RuleSet())


difference, is_there = rule.compared, rule.is_there
