# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reminders to close a window and to tell of what came in it: delayed messages in the queue that brings the events."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

from clients import client
from shape import mapping, text

_LONGEST_DELAY = 900  # seconds; SQS takes no more


class Reminder(NamedTuple):
    """The window that the event `opener` opened for a group. Once another event has opened it anew, it is void."""

    group: str
    opener: str


def read(body: object) -> Reminder | None:
    """The reminder in a message's body; None if the body is something else."""
    envelope = mapping(body)
    if set(envelope) != {"summary"}:
        return None
    told = mapping(envelope["summary"])
    return Reminder(text(told.get("pk")), text(told.get("opener")))


def send(queue_arn: str, reminder: Reminder, seconds: int) -> None:
    """Have the queue bring the reminder in so many seconds, in 15 minutes at the latest."""
    body = {"summary": {"pk": reminder.group, "opener": reminder.opener}}
    delay = max(0, min(seconds, _LONGEST_DELAY))
    _sqs(queue_arn).send_message(QueueUrl=_queue_url(queue_arn), MessageBody=json.dumps(body), DelaySeconds=delay)


@functools.cache
def _sqs(queue_arn: str) -> Any:
    return client("sqs", queue_arn.split(":")[3])


@functools.cache
def _queue_url(queue_arn: str) -> str:
    account, name = queue_arn.split(":")[4:]
    return str(_sqs(queue_arn).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])
