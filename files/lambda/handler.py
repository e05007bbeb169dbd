# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lambda function: a CloudTrail record from EventBridge becomes a mail, and what programs read, through SNS.

What it is told by environment variables stands in settings.py.
An error is raised, never swallowed: Lambda then retries, and in the end hands the event to the dead-letter queue.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import metrics
import settings
import untrusted
import when
from accounts import members, trusted_accounts
from alert import Alert, Knowledge, alert
from catalogue import catalogue
from channels import CHAT, by_protocol, chat_notification
from clients import client
from finding import finding
from message import write
from pipeline import Pipeline
from suppression import Suppression, suppressions

if TYPE_CHECKING:
    from summary import Summary


def lambda_handler(event: object, context: Any) -> dict[str, Any]:
    """Publish the mail about the event, unless it is suppressed, and answer with what was logged about it.

    Of a batch of messages from the queue each is dealt with so, and the answer says which ones failed. A heartbeat is
    logged, and nothing else.
    """
    told = settings.read(os.environ)
    known = _knowledge(told, context)
    if event == metrics.HEARTBEAT:
        return _beat(known.pipeline)
    if isinstance(event, dict) and "Records" in event:
        return _work_off(event["Records"], context, told, known)
    return _tell(known, event, lambda found: {"messageId": _publish(told, found)})


def _beat(pipeline: Pipeline) -> dict[str, Any]:
    entry = metrics.heartbeat(pipeline.name, time.time())
    print(json.dumps(entry))
    return entry


def _work_off(
    messages: list[dict[str, Any]], context: Any, told: settings.Settings, known: Knowledge
) -> dict[str, Any]:
    import batch  # not needed where each event comes by itself, and it takes its time to load

    mails = batch.Mails(
        functools.partial(_tell, known),
        batch.paced(functools.partial(_publish, told)),
        batch.paced(functools.partial(_publish_summary, told)),
    )
    return batch.work_off(messages, context, mails, known.pipeline.name, told.group_seconds)


def _tell(known: Knowledge, event: object, deliver: Callable[[Alert], dict[str, Any]]) -> dict[str, Any]:
    """Deliver the alert of the event unless it is suppressed. Log and answer what there is to say of it."""
    now = time.time()
    found = alert(event, known, time.strftime("%Y-%m-%d", time.gmtime(now)))
    entry: dict[str, Any] = {**found.about, "rule": found.assessment.rule, **_trace(found, now)}
    try:
        if found.verdict.suppression:
            entry |= _suppressed(found.verdict.suppression, known.pipeline, now)
        else:
            entry["messageId"] = ""
            entry |= deliver(found)
    finally:
        print(json.dumps(entry))
    return entry


def _trace(found: Alert, now: float) -> dict[str, str]:
    """By what to find the call again, and how long its event took to come here."""
    record = found.record
    return {
        "requestID": untrusted.as_value(record.requestID, 64),
        "eventTime": untrusted.as_value(record.eventTime, 64),
        "receivedTime": when.iso(now),
    }


def _suppressed(suppression: Suppression, pipeline: Pipeline, now: float) -> dict[str, Any]:
    """What is logged and counted of an event that is kept quiet."""
    dimensions = {"Pipeline": pipeline.name, "Suppression": suppression.name}
    return {"suppressedBy": suppression._asdict(), **metrics.count("SuppressedEvents", 1, dimensions, now)}


def _publish(told: settings.Settings, found: Alert) -> str:
    """Publish the alert, and answer with the message's id."""
    message = write(found, told.time_zone)
    chat = None
    if told.https_format == CHAT:
        chat = chat_notification(message, found.about["eventID"], found.assessment.rule, found.assessment.next)
    return _send(told, message.subject, by_protocol(message, finding(found, time.time()), chat), found.about)


def _publish_summary(told: settings.Settings, more: Summary) -> str:
    """Publish the summary of a window, and answer with the message's id."""
    import summary
    import summary_finding

    message = summary.write(more, told.time_zone)
    made = summary_finding.updated_finding(more, time.time())
    chat = chat_notification(message, more.first.eventID, "grouped") if told.https_format == CHAT else None
    return _send(told, message.subject, by_protocol(message, made, chat), more.first.attributes())


def _send(told: settings.Settings, subject: str, texts: str, about_it: Mapping[str, str]) -> str:
    answer = _sns(told.region).publish(
        TopicArn=told.topic_arn,
        Subject=subject,
        Message=texts,
        MessageStructure="json",
        MessageAttributes=_attributes(about_it),
    )
    return str(answer["MessageId"])


@functools.cache
def _sns(region: str) -> Any:
    return client("sns", region)


def _knowledge(told: settings.Settings, context: object) -> Knowledge:
    """What alerts are made with. All of the pipeline has the topic's name and region; its account is the function's."""
    _arn, partition, _sns, region, _account, name = told.topic_arn.split(":")
    own_arn = str(getattr(context, "invoked_function_arn", "") or told.topic_arn)
    pipeline = Pipeline(name, (own_arn.split(":") + [""] * 5)[4], region, partition, told.key_arn, told.trail_arn)
    return Knowledge(pipeline, told.account_name, catalogue(), suppressions(), trusted_accounts(), members())


def _attributes(about_it: Mapping[str, str]) -> dict[str, Any]:
    """What subscribers can filter by."""
    values = {name: value for name, value in about_it.items() if name != "eventID"}
    return {name: {"DataType": "String", "StringValue": value or "unknown"} for name, value in values.items()}
