# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reminders on their way through SQS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import reminder
from moto import mock_aws

QUEUE = "arn:aws:sqs:us-east-1:123456789012:iam-alerting-events"


@pytest.fixture
def queue() -> Iterator[Any]:
    with mock_aws():
        reminder._sqs.cache_clear()
        yield boto3.resource("sqs", region_name="us-east-1").create_queue(QueueName="iam-alerting-events")
    reminder._sqs.cache_clear()
    reminder._queue_url.cache_clear()


def test_reminder_is_read_as_it_was_sent(queue: Any) -> None:
    sent = reminder.Reminder("group", "event#2026-03-14T03:07:42Z#e-1")
    reminder.send(QUEUE, sent, 0)
    [message] = queue.receive_messages()
    assert reminder.read(json.loads(message.body)) == sent


@pytest.mark.parametrize("seconds", [60, 5000])
def test_reminder_is_delayed_no_longer_than_sqs_allows(queue: Any, seconds: int) -> None:
    reminder.send(QUEUE, reminder.Reminder("group", "event"), seconds)
    queue.load()
    assert queue.attributes["ApproximateNumberOfMessagesDelayed"] == "1"


@pytest.mark.parametrize("body", [None, [], "summary", {}, {"detail": {}}, {"detail": {}, "summary": {"pk": "x"}}])
def test_an_event_is_no_reminder(body: Any) -> None:
    assert reminder.read(body) is None
