"""SNS's e-mail protocols: confirmation by link, notifications, unsubscribing. ministack keeps the subscriptions."""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from collections import deque
from typing import Any
from urllib.parse import urlencode

from ministack.core.responses import get_account_id, request_scope
from ministack.services import sns

from sandbox.mailbox import Mailbox
from sandbox.wire import Response

PROTOCOLS = ("email", "email-json")
ALL_PROTOCOLS = {*PROTOCOLS, "http", "https", "sms", "sqs", "lambda", "firehose", "application"}
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
# More than ten mails a second to one subscription suspend it (SNS developer guide, e-mail notifications).
RATE, PERIOD = 10, 1.0
_TOKEN_LIFE = 2 * 86400
_FOOTER = """

--
If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:
{link}

Please do not reply directly to this email. If you have any questions or comments regarding this email, please \
contact us at https://aws.amazon.com/support
"""
_CONFIRMATION = """You have chosen to subscribe to the topic:
{topic}

To confirm this subscription, click or visit the link below (If this was in error no action is necessary):
{link}

Please do not reply directly to this email. If you wish to remove yourself from receiving all future SNS \
subscription confirmation requests please send an email to sns-opt-out
"""

Answer = tuple[int, dict[str, str], bytes]


def _value(params: dict[str, Any], name: str) -> str:
    return str(sns._p(params, name) or "")


class SnsMail:
    """E-mail for ministack's topics. All of it runs in request scopes on the event loop."""

    def __init__(self, mailbox: Mailbox, endpoint: str) -> None:
        self._mailbox = mailbox
        self._endpoint = endpoint
        self._sent: dict[str, deque[float]] = {}
        self._subscribe = sns._subscribe
        self._unsubscribe = sns._unsubscribe
        self._confirm = sns._confirm_subscription
        self._fanout = sns._fanout
        self._lists = (sns._list_subscriptions, sns._list_subscriptions_by_topic)

    def install(self) -> None:
        """Take the place of ministack's handlers."""
        sns._subscribe, sns._unsubscribe = self.subscribe, self.unsubscribe
        sns._confirm_subscription, sns._fanout = self.confirm, self.fanout
        sns._list_subscriptions, sns._list_subscriptions_by_topic = (
            lambda params, real=real: _hide_pending(real(params)) for real in self._lists
        )

    def subscribe(self, params: dict[str, Any]) -> Answer:
        """Subscribe. E-mail stays pending until confirmed; asking again for a pending one sends the mail again."""
        protocol, endpoint = _value(params, "Protocol"), _value(params, "Endpoint")
        if protocol not in ALL_PROTOCOLS:
            return _invalid(f"Invalid parameter: Does not support this protocol string: {protocol}")
        if protocol not in PROTOCOLS:
            return self._subscribe(params)
        if not _ADDRESS.fullmatch(endpoint):
            return _invalid("Invalid parameter: Email address")
        topic = sns._topic_by_arn_any_scope(sns._normalize_arn(_value(params, "TopicArn")))
        known = topic and _subscription(topic, protocol, endpoint)
        if known and _different_attributes(known, params):
            return _invalid(
                "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
            )
        answer = self._subscribe(params)
        if answer[0] != 200 or topic is None:
            return answer
        subscription = known or _subscription(topic, protocol, endpoint)
        if not known:
            _suspend(topic, subscription)
        if not subscription["confirmed"]:
            self._ask(topic, subscription)
        shown = subscription["confirmed"] or _value(params, "ReturnSubscriptionArn").lower() == "true"
        arn = subscription["arn"] if shown else "pending confirmation"
        return sns._xml(
            200, "SubscribeResponse", f"<SubscribeResult><SubscriptionArn>{arn}</SubscriptionArn></SubscribeResult>"
        )

    def _ask(self, topic: dict[str, Any], subscription: dict[str, Any]) -> None:
        subscription["token"] = secrets.token_hex(64)
        subscription["token_expires"] = time.time() + _TOKEN_LIFE
        query = {"TopicArn": topic["arn"], "Token": subscription["token"]}
        link = f"{self._endpoint}/confirmation.html?{urlencode({**query, 'Endpoint': subscription['endpoint']})}"
        body = _CONFIRMATION.format(topic=topic["arn"], link=link)
        if subscription["protocol"] == "email-json":
            link = f"{self._endpoint}/?{urlencode({'Action': 'ConfirmSubscription', **query})}"
            body = json.dumps(
                {
                    "Type": "SubscriptionConfirmation",
                    "TopicArn": topic["arn"],
                    "SubscribeURL": link,
                    "Token": subscription["token"],
                    "Message": body,
                },
                indent=2,
            )
        self._mailbox.deliver(
            subscription["endpoint"],
            topic["attributes"].get("DisplayName", ""),
            "AWS Notification - Subscription Confirmation",
            body,
            "confirmation",
        )

    def confirm(self, params: dict[str, Any], signed: bool = True) -> Answer:
        """ConfirmSubscription, by API (signed) or by the link in the mail."""
        token = _value(params, "Token")
        topic = sns._topic_by_arn_any_scope(_value(params, "TopicArn"))
        there = (topic or {}).get("subscriptions", [])
        found = [one for one in there if token and token in (one.get("token"), one.get("used_token"))]
        expired = found and found[0].get("token_expires", math.inf) < time.time()
        if topic and (expired or not found):
            return _invalid("Invalid parameter: Token")
        if found and found[0]["confirmed"]:
            return _confirmed(found[0])
        answer = self._confirm(params)
        if found and answer[0] == 200:
            guarded = signed and _value(params, "AuthenticateOnUnsubscribe").lower() == "true"
            found[0] |= {"guarded": guarded, "used_token": token}
            found[0]["attributes"]["ConfirmationWasAuthenticated"] = "true" if guarded else "false"
        return answer

    def unsubscribe(self, params: dict[str, Any]) -> Answer:
        """Unsubscribe. A pending subscription cannot be: AWS drops it by itself after two days."""
        arn = _value(params, "SubscriptionArn")
        if len(arn.split(":")) < 7:
            return _invalid(
                "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, "
                f"not {len(arn.split(':'))}"
            )
        topic = sns._topic_by_arn_any_scope(arn.rpartition(":")[0])
        pending = [one for one in (topic or {}).get("subscriptions", []) if one["arn"] == arn and not one["confirmed"]]
        if pending and pending[0]["protocol"] in PROTOCOLS:
            return _invalid("Invalid parameter: This operation is not permitted on a pending subscription")
        return self._unsubscribe(params)

    def fanout(
        self,
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        structure: str = "",
        attributes: dict[str, Any] | None = None,
        *rest: Any,
        **named: Any,
    ) -> None:
        """Deliver a published message: mails here, the other protocols as ministack does."""
        self._fanout(topic_arn, message_id, message, subject, structure, attributes, *rest, **named)
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for subscription in list((topic or {}).get("subscriptions", [])):
            if subscription["protocol"] in PROTOCOLS and subscription.get("confirmed"):
                text = sns._resolve_message_for_protocol(message, structure, subscription["protocol"])
                if sns._matches_filter_policy(subscription, attributes or {}, text):
                    self._notify(topic, subscription, message_id, text, subject, attributes or {})

    def _notify(
        self,
        topic: dict[str, Any],
        subscription: dict[str, Any],
        message_id: str,
        text: str,
        subject: str,
        attributes: dict[str, Any],
    ) -> None:
        if self._too_fast(subscription["arn"]):
            _suspend(topic, subscription)
            return
        link = f"{self._endpoint}/unsubscribe.html?" + urlencode(
            {"SubscriptionArn": subscription["arn"], "Endpoint": subscription["endpoint"]}
        )
        if subscription["protocol"] == "email-json":
            envelope = json.loads(sns._build_envelope(topic["arn"], message_id, text, subject, attributes, False))
            body = json.dumps(envelope | {"UnsubscribeURL": link}, indent=2)
        else:
            body = text + _FOOTER.format(link=link)
        self._mailbox.deliver(
            subscription["endpoint"],
            topic["attributes"].get("DisplayName", ""),
            subject or "AWS Notification Message",
            body,
            "notification",
        )

    def _too_fast(self, arn: str) -> bool:
        recent = self._sent.setdefault(arn, deque(maxlen=RATE + 1))
        recent.append(time.monotonic())
        return len(recent) > RATE and recent[-1] - recent[0] < PERIOD

    def visit(self, params: dict[str, str]) -> Response:
        """A reader follows a link of a mail: the page that SNS shows. Only the ARNs in the link say whose it is."""
        arn = params.get("TopicArn") or params.get("SubscriptionArn", "")
        parts = arn.split(":")
        if len(parts) < 6:
            return Response.html("Invalid link.", 400)
        fields = {name: [value] for name, value in params.items()}
        with request_scope(parts[4], parts[3]):
            if "Token" in params:
                status, _, body = self.confirm(fields, signed=False)
                done = f"Subscription confirmed! Your subscription's id is: {_inner(body, 'SubscriptionArn')}"
            elif self._guarded(arn):
                status, body, done = 403, b"", ""
            else:
                status, _, body = self.unsubscribe(fields)
                done = f"Subscription removed! Your subscription's id was: {arn}"
        return Response.html(done if status == 200 else f"Error: {_inner(body, 'Message') or 'not allowed'}", status)

    def _guarded(self, arn: str) -> bool:
        topic = sns._topic_by_arn_any_scope(arn.rpartition(":")[0]) or {}
        return any(one["arn"] == arn and one.get("guarded") for one in topic.get("subscriptions", []))

    def confirm_all(self, address: str) -> list[str]:
        """Follow the latest link of every subscription of that address that is pending; the ARNs confirmed."""
        confirmed = []
        for topic in list(sns._topics.all_values()):
            for one in topic["subscriptions"]:
                if one["endpoint"] == address and not one["confirmed"] and one.get("token"):
                    self.visit({"TopicArn": topic["arn"], "Token": one["token"]})
                    confirmed.append(one["arn"])
        return confirmed


def _confirmed(subscription: dict[str, Any]) -> Answer:
    """A token that was used is taken again, and changes nothing."""
    arn = subscription["arn"]
    result = f"<ConfirmSubscriptionResult><SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult>"
    return sns._xml(200, "ConfirmSubscriptionResponse", result)


def _subscription(topic: dict[str, Any], protocol: str, endpoint: str) -> Any:
    same = (one for one in topic["subscriptions"] if (one["protocol"], one["endpoint"]) == (protocol, endpoint))
    return next(same, None)


def _different_attributes(subscription: dict[str, Any], params: dict[str, Any]) -> bool:
    number = 1
    while name := _value(params, f"Attributes.entry.{number}.key"):
        if subscription["attributes"].get(name, "") != _value(params, f"Attributes.entry.{number}.value"):
            return True
        number += 1
    return False


def _suspend(topic: dict[str, Any], subscription: dict[str, Any]) -> None:
    subscription |= {"confirmed": False, "token": None, "used_token": None}
    subscription["attributes"] |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
    sns._refresh_subscription_counts(topic)


def _invalid(message: str) -> Answer:
    return sns._error("InvalidParameter", message, 400)


def _inner(body: bytes, tag: str) -> str:
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", body.decode())
    return found[1] if found else ""


def _hide_pending(answer: Answer) -> Answer:
    """In lists a pending subscription has no ARN yet."""
    status, headers, body = answer
    text = body.decode()
    for topic in sns._topics.all_values():
        if f":{get_account_id()}:" in topic["arn"]:
            for one in topic["subscriptions"]:
                if not one["confirmed"]:
                    text = text.replace(f"<SubscriptionArn>{one['arn']}<", "<SubscriptionArn>PendingConfirmation<")
    return status, headers, text.encode()
