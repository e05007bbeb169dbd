# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lambda function: a CloudTrail record from EventBridge becomes a mail through SNS.

Environment: TOPIC_ARN, the topic to publish to; ACCOUNT_NAME, what people call this account (optional).
An error is raised, never swallowed: Lambda then retries, and in the end hands the event to the dead-letter queue.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import boto3
import untrusted
from assess import Assessment, Pipeline, assess
from botocore.config import Config
from catalogue import catalogue
from message import Message, write
from record import Record, parse

_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def lambda_handler(event: object, context: object) -> dict[str, str]:
    """Publish the mail about the event, and answer with what was logged about it."""
    topic_arn = _topic_arn()
    pipeline = _pipeline(context, topic_arn)
    record = parse(event)
    assessment = assess(record, catalogue(), pipeline)
    named = os.environ.get("ACCOUNT_NAME", "") if pipeline.account == record.account else ""
    message = write(record, assessment, named)
    message_id = ""
    try:
        message_id = _publish(topic_arn, message, _attributes(record, assessment))
    finally:
        entry = {**_about(record, assessment), "rule": assessment.rule, "messageId": message_id}
        print(json.dumps(entry))
    return entry


def _publish(topic_arn: str, message: Message, attributes: dict[str, Any]) -> str:
    answer = _sns(topic_arn.split(":")[3]).publish(
        TopicArn=topic_arn, Subject=message.subject, Message=message.body, MessageAttributes=attributes
    )
    return str(answer["MessageId"])


@functools.cache
def _sns(region: str) -> Any:
    return boto3.client("sns", region_name=region, config=_PATIENCE)


def _topic_arn() -> str:
    """The topic's ARN. Raises RuntimeError if the environment names none."""
    arn = os.environ.get("TOPIC_ARN", "")
    if not arn.startswith("arn:") or arn.count(":") != 5:
        raise RuntimeError(f"the environment variable TOPIC_ARN must hold the ARN of an SNS topic, not {arn!r}")
    return arn


def _pipeline(context: object, topic_arn: str) -> Pipeline:
    """The alerting that this function is part of: all of it has the topic's name."""
    own_arn = str(getattr(context, "invoked_function_arn", "") or topic_arn)
    return Pipeline(topic_arn.split(":")[5], (own_arn.split(":") + [""] * 5)[4])


def _attributes(record: Record, assessment: Assessment) -> dict[str, Any]:
    """What subscribers can filter by."""
    values = {name: value for name, value in _about(record, assessment).items() if name != "eventID"}
    return {name: {"DataType": "String", "StringValue": value or "unknown"} for name, value in values.items()}


def _about(record: Record, assessment: Assessment) -> dict[str, str]:
    return {
        "eventID": untrusted.as_value(record.eventID, 64),
        "severity": assessment.severity.name.lower(),
        "action": untrusted.as_value(record.action, 128),
        "actor": untrusted.as_value(record.actor.name, 128),
        "account": untrusted.as_value(record.account, 64),
        "outcome": record.outcome.value,
    }
