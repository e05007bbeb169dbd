# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch of messages from the queue: events, reminders and heartbeats, each dealt with by itself.

What fails is reported and comes again after the queue's visibility timeout, in the end to the dead-letter queue.
"""

from __future__ import annotations

import functools
import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

import metrics
import reminder
from alert import Alert
from clients import client
from grouping import Grouping
from groups import Groups
from summary import Summary

_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")

# Seconds between mails: SNS suspends who gets more than 10 mails a second, and two batches are worked off at a time.
_INTERVAL = 0.25
_TIME_FOR_ONE = 10_000  # milliseconds that a message may take where a service answers slowly
_TRIES_OF_GROUPING = 2  # deliveries of a message; from then on its mail matters more than the number of mails


class Mails(NamedTuple):
    """`tell` makes the alert of an event and has it delivered; the others mail an alert, and what came after it."""

    tell: Callable[[object, Callable[[Alert], dict[str, Any]]], dict[str, Any]]
    publish: Callable[[Alert], str]
    publish_summary: Callable[[Summary], str]


def work_off(
    messages: Sequence[Mapping[str, Any]], context: Any, mails: Mails, pipeline: str, group_seconds: int
) -> dict[str, Any]:
    """Deal with each message, and answer which ones failed, as Lambda's ReportBatchItemFailures asks for."""
    failed = []
    for message in messages:
        try:
            left = context.get_remaining_time_in_millis()
            if left < _TIME_FOR_ONE:
                raise TimeoutError(f"{left} ms are left, too few to begin with a message")
            _handle(message, mails, pipeline, group_seconds)
        except Exception as error:  # of whatever kind: the other messages are not to suffer for it
            failed.append({"itemIdentifier": message["messageId"]})
            said = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
            print(json.dumps({**failed[-1], **said}))
    return {"batchItemFailures": failed}


def paced(
    send: Callable[_Parameters, _Answer], sleep: Callable[[float], None] = time.sleep
) -> Callable[_Parameters, _Answer]:
    """`send` with a pause of 0.25 seconds after it: however long SNS takes for each, no five mails come in a second."""

    def slowly(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        try:
            return send(*args, **kwargs)
        finally:
            sleep(_INTERVAL)

    return slowly


def _handle(message: Mapping[str, Any], mails: Mails, pipeline: str, group_seconds: int) -> None:
    body = json.loads(message["body"])
    if body == metrics.HEARTBEAT:
        print(json.dumps(metrics.heartbeat(pipeline, time.time())))
        return
    grouping = _grouping(message["eventSourceARN"], mails, pipeline, group_seconds)
    reminded = reminder.read(body)
    if reminded:
        print(json.dumps(grouping.summarize(reminded)))
    elif not group_seconds:  # grouping has just been switched off, and the queue runs dry
        mails.tell(body, grouping.alone)
    elif _deliveries(message) > _TRIES_OF_GROUPING:
        mails.tell(body, grouping.untracked)
    else:
        mails.tell(body, grouping.deliver)


def _deliveries(message: Mapping[str, Any]) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _grouping(queue_arn: str, mails: Mails, pipeline: str, group_seconds: int) -> Grouping:
    return Grouping(
        groups=Groups(_dynamodb(queue_arn.split(":")[3]), f"{pipeline}-groups"),
        remind=functools.partial(reminder.send, queue_arn),
        publish=mails.publish,
        publish_summary=mails.publish_summary,
        seconds=group_seconds,
        pipeline=pipeline,
    )


@functools.cache
def _dynamodb(region: str) -> Any:
    return client("dynamodb", region)
