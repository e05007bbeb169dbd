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
from botocore.config import Config
from message import Message, write
from record import Record, parse

_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def lambda_handler(event: object, context: object) -> dict[str, str]:
    """Publish the mail about the event, and answer with what was logged about it."""
    topic_arn = _topic_arn()
    record = parse(event)
    message = write(record, _account_name(record, context, topic_arn))
    message_id = ""
    try:
        message_id = _publish(topic_arn, message)
    finally:
        entry = _log_entry(record, message_id)
        print(json.dumps(entry))
    return entry


def _publish(topic_arn: str, message: Message) -> str:
    answer = _sns(topic_arn.split(":")[3]).publish(TopicArn=topic_arn, Subject=message.subject, Message=message.body)
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


def _account_name(record: Record, context: object, topic_arn: str) -> str:
    """What people call the record's account; empty for an account that is not the function's own."""
    own_arn = str(getattr(context, "invoked_function_arn", "") or topic_arn)
    return os.environ.get("ACCOUNT_NAME", "") if own_arn.split(":")[4:5] == [record.account] else ""


def _log_entry(record: Record, message_id: str) -> dict[str, str]:
    return {
        "eventID": untrusted.as_name(record.eventID, 64),
        "action": untrusted.as_name(record.action, 128),
        "actor": untrusted.as_name(record.actor.name, 128),
        "account": untrusted.as_name(record.account, 64),
        "outcome": record.outcome.value,
        "messageId": message_id,
    }
