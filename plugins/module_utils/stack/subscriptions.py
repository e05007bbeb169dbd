# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of each subscriber, as the topic shows it.

A subscriber is a dictionary with C(protocol), C(endpoint) and C(state), and with what the topic does not tell:
C(asked), when SNS was last told to ask for the confirmation, C(note), what else is known of it, both from C(history),
and C(protected), whether nobody can unsubscribe it without credentials. What is not known is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils import topic_options
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call

CONFIRMED = sns_topic.CONFIRMED
PENDING = sns_topic.PENDING
LOST = "lost"  # desired, was confirmed, and is not there
MISSING = "missing"  # desired, and not there
UNEXPECTED = "unexpected"  # there, and not desired

# Only these get a link by which anybody who has it can unsubscribe them.
MAIL = ("email", "email-json")

_NOT_FOUND = ("NotFound", "NotFoundException")


def states(live: Document | None, desired: Document) -> list[Document]:
    """Each subscriber, in the order of protocol and endpoint.

    Args:
        live: the topic as it is; None if there is none.
        desired: the topic as it is to be.
    """
    wanted = {key(each) for each in topic_options.checked_subscriptions(desired["Subscriptions"])}
    there = {key(each): each["State"] for each in (live["Subscriptions"] if live else [])}
    # One that nobody asked for and nobody confirmed gets nothing, and SNS drops it.
    shown = [each for each in wanted | there.keys() if each in wanted or there[each] == CONFIRMED]
    return [
        {
            "protocol": each[0],
            "endpoint": each[1],
            "state": there.get(each, MISSING) if each in wanted else UNEXPECTED,
            "asked": None,
            "protected": None,
            "note": None,
        }
        for each in sorted(shown)
    ]


def with_protection(sns: Any, live: Document | None, subscribers: Iterable[Document]) -> list[Document]:
    """The subscribers, those by mail who are confirmed with C(protected); a read for each of them.

    Raises:
        AnsibleAWSError: a read failed.
    """
    arns = {key(each): each.get("SubscriptionArn") for each in (live["Subscriptions"] if live else [])}
    return [
        {**each, "protected": _is_protected(sns, arns[each["protocol"], each["endpoint"]])}
        if each["state"] == CONFIRMED and each["protocol"] in MAIL
        else each
        for each in subscribers
    ]


def _is_protected(sns: Any, arn: str) -> bool | None:
    try:
        return is_protected(attributes_of(sns, arn))
    except is_ansible_aws_error_code(_NOT_FOUND):
        return None  # gone since it was listed


def attributes_of(sns: Any, arn: str) -> dict[str, str]:
    """The attributes of a subscription as SNS has them, among them C(Endpoint).

    Raises:
        AnsibleAWSError: it cannot be read.
    """
    answer = call(f"read subscription {arn}", sns.get_subscription_attributes, SubscriptionArn=arn)
    attributes: dict[str, str] = answer["Attributes"]
    return attributes


def is_protected(attributes: Document) -> bool:
    """Whether the subscription was confirmed so that to unsubscribe it needs credentials."""
    return str(attributes.get("ConfirmationWasAuthenticated")).lower() == "true"


def key(subscription: Document) -> tuple[str, str]:
    """Protocol and endpoint, the latter without the password of a URL."""
    return subscription["Protocol"], sns_topic.reported(subscription)["Endpoint"]


def named(subscribers: Sequence[Document], state: str) -> list[str]:
    """Those in this state, each with what is known of it."""
    return [_named(each) for each in subscribers if each["state"] == state]


def _named(subscriber: Document) -> str:
    note = subscriber["note"] or (f"asked {minute(subscriber['asked'])} UTC" if subscriber["asked"] else "")
    return f"{subscriber['endpoint']} ({note})" if note else str(subscriber["endpoint"])


def minute(time: str) -> str:
    """A time in ISO 8601, to the minute."""
    return time[:16].replace("T", " ")
