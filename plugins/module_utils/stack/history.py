# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CloudTrail's event history remembers of subscribers who are not confirmed: 90 days, some minutes late.

It has the calls Subscribe, ConfirmSubscription and Unsubscribe that were signed. Who follows the link of a mail calls
without a signature, and CloudTrail records nothing (Amazon SNS Developer Guide, "Logging Amazon SNS API calls using
CloudTrail"). So that somebody had confirmed is said only where a call shows it, or where nothing else can have been.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscriptions import LOST, MISSING, PENDING, minute
from ansible_collections.trailwatch.aws.plugins.module_utils.subscribe import marker

# SNS drops a subscription that waited so long for its confirmation, and no sooner (AWS What's New, 2023-05-10).
PENDING_LASTS = datetime.timedelta(hours=48)

# So many events are looked through of each call, the newest; AWS gives 50 at once, twice a second.
_PAGES = 2
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Event:
    """One call that succeeded.

    Attributes:
        time: when, as ISO 8601 in UTC.
        by: who called, for people.
        arn: the subscription that it was about; empty if CloudTrail does not say.
        agent: the user agent.
    """

    time: str
    by: str
    arn: str
    agent: str


def remembered(cloudtrail: Any, topic_arn: str, subscribers: Sequence[Document]) -> list[Document]:
    """The subscribers, with what the history knows of those who are pending or missing; nothing is asked without such.

    A history that cannot be read knows nothing: it is no reason to fail.
    """
    if not any(each["state"] in (PENDING, MISSING) for each in subscribers):
        return list(subscribers)
    try:
        asked = _last_asked(_events(cloudtrail, "Subscribe", topic_arn), subscribers)
        gone = any(_key(each) in asked for each in subscribers if each["state"] == MISSING)
        ends, begins = (
            {event.arn: event for event in reversed(_events(cloudtrail, name, topic_arn))} if gone else {}
            for name in ("Unsubscribe", "ConfirmSubscription")
        )
    except (AnsibleAWSError, ValueError):
        return list(subscribers)
    now = datetime.datetime.now(datetime.UTC)
    return [_told(each, asked.get(_key(each)), ends, begins, now) for each in subscribers]


def _told(
    subscriber: Document,
    asked: Event | None,
    unsubscribed: Mapping[str, Event],
    confirmed: Mapping[str, Event],
    now: datetime.datetime,
) -> Document:
    if asked is None or subscriber["state"] not in (PENDING, MISSING):
        return subscriber
    known = {**subscriber, "asked": asked.time}
    if subscriber["state"] == PENDING:
        return known
    if end := unsubscribed.get(asked.arn):
        return {**known, "state": LOST, "note": f"unsubscribed {minute(end.time)} UTC by {end.by}"}
    if begin := confirmed.get(asked.arn):
        note = f"confirmed {minute(begin.time)} UTC, and gone by no call that CloudTrail has"
        return {**known, "state": LOST, "note": note}
    if now - datetime.datetime.fromisoformat(asked.time) < PENDING_LASTS:
        note = f"asked {minute(asked.time)} UTC, and gone sooner than SNS drops: unsubscribed by the link in a mail"
        return {**known, "state": LOST, "note": note}
    note = f"asked {minute(asked.time)} UTC, and not confirmed in two days or unsubscribed by the link in a mail"
    return {**known, "note": note}


def _last_asked(events: Iterable[Event], subscribers: Iterable[Document]) -> dict[tuple[str, str], Event]:
    """For each subscriber the last call that subscribed it, of those that say by their user agent who it was for."""
    events = list(events)
    found = {}
    for each in subscribers:
        mark = marker(*_key(each))
        event = next((event for event in events if mark in event.agent.split()), None)
        if event:
            found[_key(each)] = event
    return found


def _key(subscriber: Document) -> tuple[str, str]:
    return subscriber["protocol"], subscriber["endpoint"]


def _events(cloudtrail: Any, name: str, topic_arn: str) -> list[Event]:
    """The calls of this name about the topic that succeeded, the newest first."""
    arguments: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}
    found: list[Document] = []
    for _page in range(_PAGES):
        answer = call(f"look up {name} in CloudTrail's event history", cloudtrail.lookup_events, **arguments)
        found += [json.loads(event.get("CloudTrailEvent") or "{}") for event in answer["Events"]]
        if not answer.get("NextToken"):
            break
        arguments["NextToken"] = answer["NextToken"]
    return [_event(record) for record in found if not record.get("errorCode") and _is_about(record, topic_arn)]


def _is_about(record: Document, topic_arn: str) -> bool:
    asked, answered = _parameters(record)
    arn = str(answered.get("subscriptionArn") or asked.get("subscriptionArn") or "")
    return asked.get("topicArn") == topic_arn or arn.startswith(f"{topic_arn}:")


def _event(record: Document) -> Event:
    asked, answered = _parameters(record)
    arn = str(asked.get("subscriptionArn") or answered.get("subscriptionArn") or "")
    identity = record.get("userIdentity") or {}
    who = str(identity.get("arn") or identity.get("invokedBy") or identity.get("type") or "somebody")
    name = who.split(":", 5)[-1][:_LONGEST_NAME]
    by = "".join(character if character.isprintable() else " " for character in name)
    return Event(str(record["eventTime"]), by, arn, str(record.get("userAgent") or ""))


def _parameters(record: Document) -> tuple[Document, Document]:
    return record.get("requestParameters") or {}, record.get("responseElements") or {}
