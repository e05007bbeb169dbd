# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an SNS topic and its subscriptions, checked before AWS is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.filter_policy import in_order
from ansible_collections.trailwatch.aws.plugins.module_utils.topic import Key, subscription_key, title

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
MAIL_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
_MAIL = (MAIL_ADDRESS, "one e-mail address such as alerts@example.com")
_ENDPOINTS = {
    "email": _MAIL,
    "email-json": _MAIL,
    "http": (re.compile(r"http://[^\s/]\S*"), "a URL that begins with http://"),
    "https": (re.compile(r"https://[^\s/]\S*"), "a URL that begins with https://"),
    "sms": (re.compile(r"\+[1-9][0-9]{1,14}"), "a telephone number in the form +15550100"),
    "sqs": (re.compile(r"arn:[^:]+:sqs:[^:]+:\d{12}:\S+"), "the ARN of a queue"),
    "lambda": (re.compile(r"arn:[^:]+:lambda:[^:]+:\d{12}:function:\S+"), "the ARN of a function"),
    "firehose": (re.compile(r"arn:[^:]+:firehose:[^:]+:\d{12}:deliverystream/\S+"), "the ARN of a delivery stream"),
    "application": (re.compile(r"arn:[^:]+:sns:[^:]+:\d{12}:endpoint/\S+"), "the ARN of a platform endpoint"),
}
PROTOCOLS = tuple(_ENDPOINTS)


def checked_name(name: str) -> str:
    """The name, if a standard topic can have it (Amazon SNS API Reference, "CreateTopic").

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: {name!r} is not a name for a standard topic. "
            "Use 1 to 256 letters, digits, '_' and '-'; FIFO topics (.fifo) are not managed by this module."
        )
    return name


def checked_display_name(display_name: str) -> str:
    """The display name, if SNS takes it (Amazon SNS API Reference, "SetTopicAttributes").

    Raises:
        InvalidValueError: it is too long.
    """
    if len(display_name) > 100:
        raise InvalidValueError(
            f"display_name: {display_name!r} has {len(display_name)} characters. Shorten it to 100 or less."
        )
    return display_name


def checked_policy(policy: Mapping[str, Any]) -> Document:
    """The policy, if a topic can have it: a topic always has one, so it cannot be taken away.

    Raises:
        InvalidValueError: it has no statement.
    """
    if not policy.get("Statement"):
        raise InvalidValueError(
            "policy: has no Statement, and a topic cannot be without a policy. "
            "Give the statements wanted, or leave the option out to keep the policy that is there."
        )
    return dict(policy)


def checked_subscriptions(options: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The subscriptions of the option C(subscriptions) as documents; the same one said twice is one.

    Raises:
        InvalidValueError: an endpoint does not fit its protocol, or one endpoint is there twice and not the same.
    """
    found: dict[Key, Document] = {}
    for number, option in enumerate(options):
        subscription = _checked_subscription(f"subscriptions[{number}]", option)
        if found.setdefault(subscription_key(subscription), subscription) != subscription:
            raise InvalidValueError(
                f"subscriptions[{number}].endpoint: {title(subscription)} is in the list twice, "
                "with different attributes. Keep one of the two."
            )
    return list(found.values())


def _checked_subscription(where: str, option: Mapping[str, Any]) -> Document:
    protocol, endpoint = option["protocol"], option["endpoint"].strip()
    if protocol not in _ENDPOINTS:
        raise InvalidValueError(f"{where}.protocol: {protocol!r} is not a protocol of SNS. Use {', '.join(PROTOCOLS)}.")
    pattern, form = _ENDPOINTS[protocol]
    if not pattern.fullmatch(endpoint):
        raise InvalidValueError(f"{where}.endpoint: {endpoint!r} is not an endpoint for {protocol}. Give {form}.")
    subscription = {"Protocol": protocol, "Endpoint": endpoint, **_asked_attributes(option)}
    if "FilterPolicyScope" in subscription and not subscription.get("FilterPolicy"):
        raise InvalidValueError(
            f"{where}.filter_policy_scope: {subscription['FilterPolicyScope']!r} has no filter policy to be the scope "
            "of, and SNS would forget it. Add filter_policy, or leave filter_policy_scope out."
        )
    if protocol == "firehose" and not subscription.get("SubscriptionRoleArn"):
        raise InvalidValueError(
            f"{where}.subscription_role_arn: is missing, and SNS needs it for {endpoint!r}. "
            "Give the ARN of the role that may write to the delivery stream."
        )
    return subscription


def _asked_attributes(option: Mapping[str, Any]) -> Document:
    dead_letter_arn = option.get("dead_letter_arn")
    asked = {
        "RawMessageDelivery": option.get("raw_message_delivery"),
        "FilterPolicy": option.get("filter_policy"),
        "FilterPolicyScope": option.get("filter_policy_scope"),
        "RedrivePolicy": {"deadLetterTargetArn": dead_letter_arn} if dead_letter_arn else {},
        "SubscriptionRoleArn": option.get("subscription_role_arn"),
    }
    if dead_letter_arn is None:
        del asked["RedrivePolicy"]
    if asked["FilterPolicy"]:
        asked["FilterPolicy"] = in_order(asked["FilterPolicy"])
    return {name: value for name, value in asked.items() if value is not None}
