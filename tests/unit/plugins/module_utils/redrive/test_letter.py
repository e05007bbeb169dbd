# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a message of the dead-letter queue is, and what the function's answer to it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.letter import (
    Kind,
    Letter,
    Outcome,
    judged,
    over,
    read,
)

QUEUE = "arn:aws:sqs:us-east-1:123456789012:iam-alerting-events"
DETAIL = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "eventID": "1a2b"}
EVENT = Letter("m-1", Kind.EVENT, "iam:CreateUser 1a2b")
REMINDER = Letter("m-2", Kind.REMINDER, "reminder m-2")


def message(body: str) -> dict[str, Any]:
    return {"MessageId": "m-1", "ReceiptHandle": "r-1", "Body": body}


def test_an_event_is_handed_over_as_it_is_and_called_by_action_and_id() -> None:
    body = json.dumps({"detail": DETAIL})
    assert read(message(body), QUEUE) == Letter("m-1", Kind.EVENT, "iam:CreateUser 1a2b", body)


def invocation_record(payload: Any) -> str:
    """As Lambda sends it to a destination for failures."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": "2026-11-23T03:12:45.000Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:iam-alerting:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": "denied", "errorType": "AuthorizationError"},
        }
    )


def test_of_a_record_of_a_failed_invocation_the_event_is_handed_over() -> None:
    event = {"detail": DETAIL}
    letter = read(message(invocation_record(event)), QUEUE)
    assert letter == Letter("m-1", Kind.EVENT, "iam:CreateUser 1a2b", json.dumps(event))


def test_a_reminder_is_handed_over_as_a_batch_of_the_events_queue() -> None:
    body = json.dumps({"summary": {"pk": "group", "opener": "event#1"}})
    letter = read(message(body), QUEUE)
    assert letter.kind is Kind.REMINDER
    (record,) = json.loads(letter.payload)["Records"]
    assert record == {"messageId": "m-1", "body": body, "eventSourceARN": QUEUE}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[" * 100_000,
        "null",
        '["detail"]',
        '{"detail": "text"}',
        '{"version": "0"}',
        '{"summary": {}, "more": 1}',
        # The function would take it for a batch, and the messages in it for events.
        '{"Records": [], "detail": {}}',
        invocation_record({"Records": [], "detail": {}}),
        invocation_record("text"),
    ],
)
def test_anything_else_is_unreadable_and_called_by_its_id(body: str) -> None:
    letter = read(message(body), QUEUE)
    assert (letter.kind, letter.title, letter.payload) == (Kind.UNREADABLE, "message m-1", "")


@pytest.mark.parametrize(
    "body",
    [
        {"trailwatch": "heartbeat"},
        {"source": "aws.events", "detail-type": "Scheduled Event", "resources": ["arn"], "detail": {}},
    ],
)
def test_a_heartbeat_is_over_whichever_side_of_its_rule_it_was_kept_back_on(body: dict[str, Any]) -> None:
    letter = read(message(json.dumps(body)), QUEUE)
    assert letter == Letter("m-1", Kind.HEARTBEAT, "heartbeat m-1")
    assert over(letter).outcome is Outcome.OVER


def test_names_from_the_event_cannot_paint_the_terminal_or_fill_it() -> None:
    detail = {**DETAIL, "eventName": "\x1b[2J\nCreateUser", "eventID": "9" * 1000}
    title = read(message(json.dumps({"detail": detail})), QUEUE).title
    assert title.startswith("iam: [2J CreateUser 999")
    assert len(title) < 250


@pytest.mark.parametrize("detail", [{}, {"eventSource": None, "eventName": 3, "eventID": []}])
def test_an_event_without_names_is_an_event(detail: dict[str, Any]) -> None:
    assert read(message(json.dumps({"detail": detail})), QUEUE).kind is Kind.EVENT


ANSWERS: list[tuple[Letter, str, Outcome]] = [
    (EVENT, '{"eventID": "1a2b", "messageId": "95df"}', Outcome.ALERTED),
    (EVENT, '{"eventID": "1a2b", "suppressedBy": {"name": "known"}}', Outcome.SUPPRESSED),
    (REMINDER, '{"batchItemFailures": []}', Outcome.REMINDED),
]


@pytest.mark.parametrize(("letter", "payload", "outcome"), ANSWERS)
def test_the_function_says_what_came_of_it(letter: Letter, payload: str, outcome: Outcome) -> None:
    assert judged(letter, payload, "").outcome is outcome


NO_ALERT = "the function answered {}, which tells of no alert"
FAILURES: list[tuple[Letter, str, str, str]] = [
    (
        EVENT,
        '{"errorType": "KeyError", "errorMessage": "no\\nluck"}',
        "Unhandled",
        "the function failed: KeyError: no luck",
    ),
    (EVENT, '{"errorMessage": "Task timed out"}', "Unhandled", "the function failed: Task timed out"),
    (EVENT, "", "Unhandled", "the function failed: Unhandled"),
    # What looks like an answer does not count beside an error.
    (EVENT, '{"messageId": "95df"}', "Unhandled", "the function failed: Unhandled"),
    # Code that is not ours answers, too.
    (EVENT, "null", "", NO_ALERT.format("null")),
    (EVENT, "", "", NO_ALERT.format("nothing")),
    (EVENT, '{"messageId": ""}', "", NO_ALERT.format('{"messageId": ""}')),
    (EVENT, '{"batchItemFailures": []}', "", NO_ALERT.format('{"batchItemFailures": []}')),
    (REMINDER, '{"messageId": "95df"}', "", NO_ALERT.format('{"messageId": "95df"}')),
    (
        REMINDER,
        '{"batchItemFailures": [{"itemIdentifier": "m-2"}]}',
        "",
        "the function failed; its log has the reason beside the message's id",
    ),
]


@pytest.mark.parametrize(("letter", "payload", "function_error", "reason"), FAILURES)
def test_what_does_not_tell_of_an_alert_is_left(letter: Letter, payload: str, function_error: str, reason: str) -> None:
    result = judged(letter, payload, function_error)
    assert (result.outcome, result.reason) == (Outcome.LEFT, reason)
