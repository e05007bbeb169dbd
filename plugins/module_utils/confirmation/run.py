# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm the subscriptions of one topic, or ask for the confirmations again."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils import topic_options
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.link import Link
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscriptions import (
    MAIL,
    attributes_of,
    is_protected,
    key,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.subscribe import subscribe


class Outcome(enum.Enum):
    """What came of a link."""

    CONFIRMED = "confirmed"
    ALREADY = "already_confirmed"
    UNPROTECTED = "unprotected"  # already confirmed, but so that a link in a mail can undo it
    INVALID = "no_longer_valid"
    STRANGER = "not_on_the_list"


@dataclass(frozen=True)
class Result:
    """What came of a link, and for whom; the address is the link's own word for it where SNS does not tell."""

    who: str
    outcome: Outcome


@dataclass(frozen=True)
class Topic:
    """The topic of an account, with those who are to be subscribed, and who is."""

    arn: str
    wanted: Mapping[tuple[str, str], Document]
    live: Mapping[tuple[str, str], Document]

    @property
    def pending(self) -> list[tuple[str, str]]:
        """Those of the list who have not confirmed yet."""
        return sorted(each for each in self.wanted if self.live.get(each, {}).get("State") == sns_topic.PENDING)

    def confirmed_arn(self, endpoint: str) -> str:
        """The subscription of a mail address that has confirmed; empty if there is none."""
        there = [self.live.get((protocol, endpoint), {}) for protocol in MAIL]
        return next((str(each["SubscriptionArn"]) for each in there if "SubscriptionArn" in each), "")


def topic_of(sns: Any, desired: Document) -> Topic:
    """The topic as it is.

    Raises:
        AnsibleAWSError: there is none, or it cannot be read.
    """
    arn = desired["TopicArn"]
    live = sns_topic.describe(sns, {"TopicArn": arn, "Subscriptions": []})
    if live is None:
        raise AnsibleAWSError(message=f"There is no topic {arn}. Deploy first")
    wanted = topic_options.checked_subscriptions(desired["Subscriptions"])
    return Topic(arn, {key(each): each for each in wanted}, {key(each): each for each in live["Subscriptions"]})


def foreseen(sns: Any, topic: Topic, link: Link) -> Result | None:
    """What comes of a link without that it is used; None if it has to be used to know.

    The address in it is not proven. But it can only keep the link from being used.
    """
    if not link.endpoint:
        return None
    if all((protocol, link.endpoint) not in topic.wanted for protocol in MAIL):
        return Result(link.endpoint, Outcome.STRANGER)
    arn = topic.confirmed_arn(link.endpoint)
    return _already(attributes_of(sns, arn)) if arn else None


def confirm(sns: Any, topic: Topic, link: Link) -> Result:
    """Use a link, so that who is confirmed by it can only be unsubscribed with credentials.

    Who turns out not to be on the list is unsubscribed again: anybody who may subscribe to the topic may have sent it.

    Raises:
        AnsibleAWSError: a call failed.
    """
    done = foreseen(sns, topic, link)
    if done:
        return done
    try:
        answer = call(
            f"confirm a subscription of topic {topic.arn}",
            sns.confirm_subscription,
            TopicArn=topic.arn,
            Token=link.token,
            AuthenticateOnUnsubscribe="true",
        )
    except is_ansible_aws_error_code(["InvalidParameter", "InvalidParameterException"]):
        return Result(link.endpoint or "somebody", Outcome.INVALID)
    arn = answer["SubscriptionArn"]
    attributes = attributes_of(sns, arn)
    if arn in {each.get("SubscriptionArn") for each in topic.live.values()}:
        return _already(attributes)
    if key(attributes) in topic.wanted:
        return Result(key(attributes)[1], Outcome.CONFIRMED)
    call(f"unsubscribe {key(attributes)[1]}", sns.unsubscribe, SubscriptionArn=arn)
    return Result(key(attributes)[1], Outcome.STRANGER)


def _already(attributes: Document) -> Result:
    return Result(key(attributes)[1], Outcome.ALREADY if is_protected(attributes) else Outcome.UNPROTECTED)


def ask_again(sns: Any, topic: Topic, subscribers: Sequence[tuple[str, str]]) -> None:
    """Let SNS send new confirmations to subscribers who are pending.

    Raises:
        AnsibleAWSError: a call failed.
    """
    for each in subscribers:
        wanted = topic.wanted[each]
        subscribe(sns, topic.arn, sns_topic.reported(wanted), wanted["Endpoint"])
