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
from typing import Any

import boto3
import metrics
import settings
import untrusted
from alert import Alert, Knowledge, alert
from botocore.config import Config
from catalogue import catalogue
from channels import by_protocol, chat_notification
from finding import finding
from message import write
from pipeline import Pipeline
from suppress import Suppression, suppressions
from trusted import trusted_accounts

_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def lambda_handler(event: object, context: object) -> dict[str, Any]:
    """Publish the mail about the event, unless it is suppressed, and answer with what was logged about it."""
    told = settings.read(os.environ)
    known = _knowledge(told, context)
    now = time.time()
    found = alert(event, known, time.strftime("%Y-%m-%d", time.gmtime(now)))
    entry: dict[str, Any] = {**_about(found), "rule": found.assessment.rule}
    try:
        if found.verdict.suppression:
            entry |= _suppressed(found.verdict.suppression, known.pipeline, now)
        else:
            entry["messageId"] = ""
            entry["messageId"] = _publish(told, found, now)
    finally:
        print(json.dumps(entry))
    return entry


def _suppressed(suppression: Suppression, pipeline: Pipeline, now: float) -> dict[str, Any]:
    """What is logged and counted of an event that is kept quiet."""
    dimensions = {"Pipeline": pipeline.name, "Suppression": suppression.name}
    return {"suppressedBy": suppression._asdict(), **metrics.count("SuppressedEvents", 1, dimensions, now)}


def _publish(told: settings.Settings, found: Alert, now: float) -> str:
    message = write(found.record, found.assessment, found.account_name, found.verdict.note, told.time_zone)
    chat = chat_notification(message, found) if told.https_format == "amazon-q" else None
    answer = _sns(told.region).publish(
        TopicArn=told.topic_arn,
        Subject=message.subject,
        Message=by_protocol(message, finding(found, now), chat),
        MessageStructure="json",
        MessageAttributes=_attributes(found),
    )
    return str(answer["MessageId"])


@functools.cache
def _sns(region: str) -> Any:
    return boto3.client("sns", region_name=region, config=_PATIENCE)


def _knowledge(told: settings.Settings, context: object) -> Knowledge:
    """What alerts are made with. All of the pipeline has the topic's name; its account is the function's."""
    own_arn = str(getattr(context, "invoked_function_arn", "") or told.topic_arn)
    pipeline = Pipeline(told.topic_arn.split(":")[5], (own_arn.split(":") + [""] * 5)[4])
    return Knowledge(pipeline, told.account_name, catalogue(), suppressions(), trusted_accounts())


def _attributes(found: Alert) -> dict[str, Any]:
    """What subscribers can filter by."""
    values = {name: value for name, value in _about(found).items() if name != "eventID"}
    return {name: {"DataType": "String", "StringValue": value or "unknown"} for name, value in values.items()}


def _about(found: Alert) -> dict[str, str]:
    record = found.record
    return {
        "eventID": untrusted.as_value(record.eventID, 64),
        "severity": found.assessment.severity.name.lower(),
        "action": untrusted.as_value(record.action, 128),
        "actor": untrusted.as_value(record.actor.group, 128),
        "account": untrusted.as_value(record.account, 64),
        "outcome": record.outcome.value,
    }
