# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message of the dead-letter queue: what it is, how the function takes it, and what the function's answer means."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import heartbeat_rule

TARGET = "TARGET_ARN"
_NAME_LENGTH = 100
_ERROR_LENGTH = 300


class Kind(enum.Enum):
    """What a message is: an event of CloudTrail, a reminder of a summary, a heartbeat, or none of them."""

    EVENT = "event"
    REMINDER = "reminder"
    HEARTBEAT = "heartbeat"
    UNREADABLE = "unreadable"


class Outcome(enum.Enum):
    """What came of a message. Only one that is left stays in the queue."""

    ALERTED = "alerted"
    SUPPRESSED = "suppressed"
    REMINDED = "reminded"
    KEPT = "kept"
    VOID = "void"
    OVER = "over"
    LEFT = "left"


@dataclass(frozen=True)
class Letter:
    """A message.

    Attributes:
        title: what people call it.
        payload: what the function is to be invoked with.
        target: the ARN of what EventBridge could not deliver it to, if it was that.
    """

    message_id: str
    kind: Kind
    title: str
    payload: str = ""
    target: str = ""

    @property
    def account_id(self) -> str:
        """The account that it was for, if that is known."""
        return self.target.split(":")[4] if self.target else ""


@dataclass(frozen=True)
class Result:
    """What came of a message, and of one that is left the reason."""

    letter: Letter
    outcome: Outcome
    reason: str = ""


def read(message: Mapping[str, Any], event_queue_arn: str) -> Letter:
    """The message as the function takes it.

    Args:
        message: as ReceiveMessage answers it.
        event_queue_arn: the queue that reminders come from.
    """
    message_id, text = message["MessageId"], message["Body"]
    body = _json(text)
    if _is_invocation_record(body):
        body = body["requestPayload"]
        text = json.dumps(body)
    if _is_heartbeat(body):
        return Letter(message_id, Kind.HEARTBEAT, f"heartbeat {message_id}")
    # With Records, the function would take it for a batch.
    if isinstance(body, dict) and isinstance(body.get("detail"), dict) and "Records" not in body:
        return Letter(message_id, Kind.EVENT, _title(body["detail"]), text, _target(message))
    if isinstance(body, dict) and set(body) == {"summary"}:
        record = {"messageId": message_id, "body": text, "eventSourceARN": event_queue_arn}
        return Letter(message_id, Kind.REMINDER, f"reminder {message_id}", json.dumps({"Records": [record]}))
    return Letter(message_id, Kind.UNREADABLE, f"message {message_id}")


def _target(message: Mapping[str, Any]) -> str:
    """What EventBridge says of the target that it gave up on (EventBridge User Guide, "Using dead-letter queues")."""
    said = str(message.get("MessageAttributes", {}).get(TARGET, {}).get("StringValue", ""))
    return said if said.count(":") >= 5 else ""


def told_error(text: str) -> str:
    """What Lambda tells with an event that the function failed with; empty if the message is nothing of that kind."""
    body = _json(text)
    told = body.get("responsePayload") if _is_invocation_record(body) else None
    return _error(told) if isinstance(told, dict) else ""


def _is_invocation_record(body: Any) -> bool:
    """Whether a message is what Lambda tells a destination of an invocation that failed, with the event in it.

    See the AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations". What the rule could not
    deliver is the event alone.
    """
    return isinstance(body, dict) and {"requestContext", "requestPayload"} <= body.keys()


def _is_heartbeat(body: Any) -> bool:
    """Whether it is what the heartbeat's rule sends, or the event of its schedule, which it sends that in place of."""
    scheduled = isinstance(body, dict) and body.get("source") == "aws.events"
    return body == heartbeat_rule.DOCUMENT or (scheduled and body.get("detail-type") == "Scheduled Event")


def kept(letter: Letter) -> Result:
    """The result for an event that a hub that stands by has missed, and now has in its queue."""
    return Result(letter, Outcome.KEPT)


def left(letter: Letter, reason: str) -> Result:
    """The result for a letter with which nothing can be done now."""
    return Result(letter, Outcome.LEFT, reason)


def over(letter: Letter) -> Result:
    """The result for a heartbeat: sent on late, it would say that events arrive, when they did not."""
    return Result(letter, Outcome.OVER)


def unreadable(letter: Letter) -> Result:
    """The result for a message that the function cannot be given."""
    return Result(letter, Outcome.LEFT, "is no event; look at it, and delete it by hand")


def void(letter: Letter) -> Result:
    """The result for a reminder when alerts are no longer grouped: its window is gone with the table."""
    return Result(letter, Outcome.VOID)


def judged(letter: Letter, payload: str, function_error: str) -> Result:
    """What the function's answer means.

    An answer that does not tell of an alert is no success: somebody else's code would answer something, too.

    Args:
        payload: what Invoke answered, as text.
        function_error: Invoke's FunctionError; empty if there was none.
    """
    answer = _json(payload)
    told: dict[str, Any] = answer if isinstance(answer, dict) else {}
    if function_error:
        return Result(letter, Outcome.LEFT, f"the function failed: {_error(told) or function_error}")
    if letter.kind is Kind.REMINDER:
        return _judged_reminder(letter, told)
    if told.get("messageId"):
        return Result(letter, Outcome.ALERTED)
    if told.get("suppressedBy"):
        return Result(letter, Outcome.SUPPRESSED)
    return _without_alert(letter, payload)


def _judged_reminder(letter: Letter, told: Mapping[str, Any]) -> Result:
    if told.get("batchItemFailures") == []:
        return Result(letter, Outcome.REMINDED)
    if told.get("batchItemFailures"):
        return Result(letter, Outcome.LEFT, "the function failed; its log has the reason beside the message's id")
    return _without_alert(letter, json.dumps(told))


def _without_alert(letter: Letter, payload: str) -> Result:
    said = _printable(payload, _NAME_LENGTH) or "nothing"
    return Result(letter, Outcome.LEFT, f"the function answered {said}, which tells of no alert")


def _error(told: Mapping[str, Any]) -> str:
    parts = (str(told.get(key) or "") for key in ("errorType", "errorMessage"))
    return _printable(": ".join(part for part in parts if part), _ERROR_LENGTH)


def _title(detail: Mapping[str, Any]) -> str:
    """The event as people look for it: its action as it is listed, and its id."""
    service = str(detail.get("eventSource") or "unknown").partition(".")[0]
    words = (f"{service}:{detail.get('eventName') or 'unknown'}", str(detail.get("eventID") or ""))
    return " ".join(_printable(word, _NAME_LENGTH) for word in words if word)


def _printable(text: str, limit: int) -> str:
    """The text on one line, without what a terminal would take for more than text; names come from elsewhere."""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return line if len(line) <= limit else f"{line[:limit]}..."


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
