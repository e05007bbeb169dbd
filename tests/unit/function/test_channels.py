# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One publication for all: who gets what, that chats show it, and that SNS takes it however large the record is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import handler
import pytest
from alert import Alert, Knowledge, alert
from catalogue import Entry
from channels import by_protocol, chat_notification
from message import Message, write
from pipeline import Pipeline
from settings import Settings

Build = Callable[..., dict[str, Any]]

SNS_LIMIT = 256 * 1024
TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"


@pytest.fixture
def found(event: Build, known: dict[str, Entry]) -> Callable[..., Alert]:
    knowledge = Knowledge(Pipeline("iam-alerting", "111111111111"), "production", known)
    return lambda **fields: alert(event(**fields), knowledge, "2026-11-23")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What the function hands to SNS for an alert."""

    def publish(found: Alert, https_format: str) -> dict[str, Any]:
        calls: list[dict[str, Any]] = []

        class Client:
            def publish(self, **call: Any) -> dict[str, str]:
                calls.append(call)
                return {"MessageId": "m-1"}

        monkeypatch.setattr(handler, "_sns", lambda region: Client())
        handler._publish(Settings(TOPIC, "production", https_format=https_format), found)
        return calls[0]

    return publish


def size(call: dict[str, Any]) -> int:
    """What SNS counts, in bytes: the message, and names, types and values of the attributes."""
    attributes = call["MessageAttributes"].items()
    parts = [text for name, value in attributes for text in (name, value["DataType"], value["StringValue"])]
    return sum(len(text.encode()) for text in (call["Message"], call["Subject"], *parts))


def test_people_get_the_mail_and_programs_the_finding() -> None:
    texts = json.loads(by_protocol(Message("subject", "body"), {"class_uid": 2004}))
    assert texts == {"default": '{"class_uid":2004}', "email": "body", "sms": "subject"}


def test_https_gets_the_chats_notification_if_that_is_asked_for(
    found: Callable[..., Alert], published: Callable[..., dict[str, Any]]
) -> None:
    usual = json.loads(published(found(), "finding")["Message"])
    chat = json.loads(published(found(), "amazon-q")["Message"])
    assert "https" not in usual
    assert json.loads(chat["https"])["source"] == "custom"
    assert {name: text for name, text in chat.items() if name != "https"} == usual


def test_chat_gets_a_custom_notification_that_cannot_be_forged(found: Callable[..., Alert]) -> None:
    made = found(eventID="e-1", userIdentity={"type": "IAMUser", "userName": "eve```<!channel>"})
    sent = chat_notification(write(made), made.record.eventID, made.assessment.rule, made.assessment.next)
    assert (sent["version"], sent["source"]) == ("1.0", "custom")
    assert sent["content"]["title"].startswith("CRITICAL iam:CreateUser by eve'''(!channel)")
    assert sent["content"]["description"].count("```") == 2
    assert "<" not in json.dumps(sent["content"])
    assert sent["content"]["nextSteps"] == [made.assessment.next]
    assert sent["metadata"]["threadId"] == "e-1"


def test_long_mail_is_cut_for_a_chat(found: Callable[..., Alert]) -> None:
    content = chat_notification(Message("x" * 99, "y" * 20_000), "e-1", "catalogue")["content"]
    assert len(content["description"]) < 8000
    assert content["description"].endswith("...\n```")


# Of each text only the first 2,000 characters are looked at. The record is far larger than EventBridge's 256 KB.
HUGE = [mark * 2_000 for mark in ('"', "\\", "\U0001f600", "<", "\u00e9 ", "\ufdfa")]


@pytest.mark.parametrize("https_format", ["finding", "amazon-q"])
@pytest.mark.parametrize("text", HUGE, ids=lambda text: f"{ord(text[0]):x}")
def test_no_record_is_too_large_to_publish(
    found: Callable[..., Alert], published: Callable[..., dict[str, Any]], text: str, https_format: str
) -> None:
    statements = [{"Effect": "Allow", "Action": text, "Resource": text, "Principal": {"AWS": text}}] * 9
    details = {f"{number}{text}": {text: text} for number in range(50)}
    user = dict.fromkeys(("arn", "accountId", "principalId", "userName", "invokedBy", "accessKeyId"), text)
    made = found(
        **dict.fromkeys(("eventID", "eventName", "eventSource", "awsRegion", "sourceIPAddress", "userAgent"), text),
        **dict.fromkeys(("errorCode", "errorMessage", "recipientAccountId", "eventTime"), text),
        userIdentity={"type": text, **user},
        requestParameters={"userName": text, "policyDocument": {"Statement": statements}, **details},
        serviceEventDetails=details,
        addendum={"reason": text, "originalEventID": text},
    )
    assert size(published(made, https_format)) < SNS_LIMIT


def test_usual_alert_is_one_request_on_the_bill(
    found: Callable[..., Alert], published: Callable[..., dict[str, Any]]
) -> None:
    # SNS counts each 64 KB as one request.
    assert size(published(found(), "amazon-q")) < 16 * 1024
