# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The function at its edge: environment, SNS and the log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import handler
import pytest
from assess import Severity
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from catalogue import Entry
from record import NotARecordError, Outcome
from suppression import Suppression

Build = Callable[..., dict[str, Any]]

TOPIC = "arn:aws:sns:eu-central-1:111111111111:iam-alerting"
CONTEXT = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:111111111111:function:iam-alerting")


def published(subject: str) -> dict[str, Any]:
    return {"TopicArn": TOPIC, "Subject": subject, "Message": ANY, "MessageStructure": "json", "MessageAttributes": ANY}


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch, known: dict[str, Entry]) -> Iterator[Stubber]:
    monkeypatch.setattr(handler, "catalogue", lambda: known)
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "TOPIC_ARN": TOPIC}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ACCOUNT_NAME", "production")
    handler._sns.cache_clear()
    with Stubber(handler._sns("eu-central-1")) as stubber:
        yield stubber
    handler._sns.cache_clear()


def test_mail_is_published_through_the_region_of_the_topic(sns: Stubber, event: Build) -> None:
    subject = "CRITICAL iam:CreateUser by alice in production (111111111111)"
    sns.add_response("publish", {"MessageId": "m-1"}, published(subject))
    handler.lambda_handler(event(), CONTEXT)
    sns.assert_no_pending_responses()
    assert handler._sns.cache_info().misses == 1


def test_one_line_of_json_is_logged(
    sns: Stubber, event: Build, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler.time, "time", lambda: 1773457665.25)
    sns.add_response("publish", {"MessageId": "m-1"})
    ids = {"eventID": "e-1", "requestID": "r-1", "eventTime": "2026-03-14T03:07:42Z"}
    answer = handler.lambda_handler(event(**ids), CONTEXT)
    logged = capsys.readouterr().out
    assert logged.count("\n") == 1
    assert json.loads(logged) == answer
    assert answer == {
        **ids,
        "receivedTime": "2026-03-14T03:07:45.250Z",
        "severity": "critical",
        "rule": "catalogue",
        "action": "iam:CreateUser",
        "actor": "alice",
        "account": "111111111111",
        "outcome": "succeeded",
        "messageId": "m-1",
    }


def test_subscribers_can_filter_by_attributes(sns: Stubber, event: Build) -> None:
    attributes = {
        "severity": "high",
        "action": "iam:CreateUser",
        "actor": "alice.example.com",
        "account": "111111111111",
        "outcome": "denied",
    }
    expected = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    sns.add_response("publish", {"MessageId": "m-1"}, {**published(ANY), "MessageAttributes": expected})
    user = {"type": "IAMUser", "userName": "alice.example.com"}
    handler.lambda_handler(event(errorCode="AccessDenied", userIdentity=user), CONTEXT)


def test_subscribers_filters_know_all_values_of_severity_and_outcome() -> None:
    from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import SEVERITIES
    from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import OUTCOMES

    assert tuple(severity.name.lower() for severity in sorted(Severity, reverse=True)) == SEVERITIES
    assert {outcome.value for outcome in Outcome} == set(OUTCOMES)


def test_no_attribute_is_empty(sns: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr(handler, "_publish", lambda told, found: sent.update(handler._attributes(found.about)))
    user = {"type": "IAMUser", "userName": "\u202e\u200b"}
    handler.lambda_handler({"detail": {"eventName": "\u200b", "userIdentity": user}}, CONTEXT)
    assert {name: value["StringValue"] for name, value in sent.items()} == {
        "severity": "medium",
        "action": "unknown:",
        "actor": "unknown",
        "account": "unknown",
        "outcome": "succeeded",
    }


def test_suppressed_event_is_logged_and_counted_and_not_published(
    sns: Stubber, event: Build, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = Suppression("ci", {"user": ("alice",)}, "known automation", "platform@example.com", "9999-12-31")
    monkeypatch.setattr(handler, "suppressions", lambda: (quiet,))
    answer = handler.lambda_handler(event(eventID="e-1"), CONTEXT)
    sns.assert_no_pending_responses()
    logged = json.loads(capsys.readouterr().out)
    assert "messageId" not in logged
    assert logged["eventID"] == answer["eventID"] == "e-1"
    assert logged["suppressedBy"] == json.loads(json.dumps(quiet._asdict()))
    (metric,) = logged["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == "Trailwatch"
    assert metric["Metrics"] == [{"Name": "SuppressedEvents", "Unit": "Count"}]
    assert metric["Dimensions"] == [["Pipeline", "Suppression"]]
    assert (logged["SuppressedEvents"], logged["Pipeline"], logged["Suppression"]) == (1, "iam-alerting", "ci")


def test_mail_tells_of_a_suppression_that_has_expired(
    sns: Stubber, event: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Suppression("ci", {"user": ("alice",)}, "known automation", "platform@example.com", "2020-12-31")
    monkeypatch.setattr(handler, "suppressions", lambda: (old,))
    sent: list[str] = []
    monkeypatch.setattr(handler, "_publish", lambda told, found: sent.append(found.verdict.note))
    handler.lambda_handler(event(), CONTEXT)
    assert sent == ["suppression ci fits, but expired on 2020-12-31 (owner platform@example.com)"]


def test_change_of_its_own_rule_is_critical(sns: Stubber, event: Build) -> None:
    sns.add_response("publish", {"MessageId": "m-1"})
    change = {"eventSource": "events.amazonaws.com", "eventName": "DisableRule"}
    answer = handler.lambda_handler(event(**change, requestParameters={"name": "iam-alerting"}), CONTEXT)
    assert (answer["severity"], answer["rule"]) == ("critical", "pipeline-changed")


def test_settings_of_the_deployment_reach_the_message(
    event: Build, sns: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []

    def publish(**call: Any) -> dict[str, str]:
        sent.append(call)
        return {"MessageId": "m-1"}

    monkeypatch.setenv("HTTPS_FORMAT", "amazon-q")
    monkeypatch.setenv("TIME_ZONE", "Asia/Tokyo")
    monkeypatch.setattr(handler, "trusted_accounts", lambda: frozenset({"222222222222"}))
    monkeypatch.setattr(handler._sns("eu-central-1"), "publish", publish)
    trust = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Statement": [trust]})
    answer = handler.lambda_handler(
        event(eventName="UpdateAssumeRolePolicy", requestParameters={"policyDocument": document}), CONTEXT
    )
    texts = json.loads(sent[0]["Message"])
    assert answer["rule"] == "trust-in-trusted-account"
    assert "in Asia/Tokyo)" in texts["email"]
    assert json.loads(texts["https"])["source"] == "custom"
    assert json.loads(texts["default"])["class_name"] == "Detection Finding"


def test_failure_to_publish_is_raised_and_logged(
    sns: Stubber, event: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    sns.add_client_error("publish", "KMSAccessDenied", "no key")
    with pytest.raises(ClientError, match="KMSAccessDenied"):
        handler.lambda_handler(event(), CONTEXT)
    assert json.loads(capsys.readouterr().out)["messageId"] == ""


def test_event_without_a_record_is_raised(sns: Stubber) -> None:
    with pytest.raises(NotARecordError):
        handler.lambda_handler({"detail": "text"}, CONTEXT)


@pytest.mark.parametrize("arn", [None, "", "iam-alerting"])
def test_missing_topic_is_named(monkeypatch: pytest.MonkeyPatch, event: Build, arn: str | None) -> None:
    monkeypatch.delenv("TOPIC_ARN", raising=False)
    if arn is not None:
        monkeypatch.setenv("TOPIC_ARN", arn)
    with pytest.raises(RuntimeError, match="TOPIC_ARN"):
        handler.lambda_handler(event(), CONTEXT)


@pytest.mark.parametrize("seconds", ["", "901", "-1", "ten", "1.5", "\u0661"])
def test_unusable_window_is_named(monkeypatch: pytest.MonkeyPatch, sns: Stubber, event: Build, seconds: str) -> None:
    monkeypatch.setenv("GROUP_SECONDS", seconds)
    with pytest.raises(RuntimeError, match="GROUP_SECONDS must be a number from 0 to 900"):
        handler.lambda_handler(event(), CONTEXT)


def test_grouping_is_loaded_only_for_a_batch() -> None:
    code = "import sys, handler; print({'batch', 'grouping', 'groups', 'reminder', 'summary'} & set(sys.modules))"
    source = Path(handler.__file__).parent
    run = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_name_of_this_account_is_not_given_to_another(sns: Stubber, event: Build) -> None:
    subject = "CRITICAL iam:CreateUser by alice in 222222222222"
    sns.add_response("publish", {"MessageId": "m-1"}, published(subject))
    handler.lambda_handler(event(recipientAccountId="222222222222"), CONTEXT)


def test_without_a_context_the_account_is_the_topics(sns: Stubber, event: Build) -> None:
    subject = "CRITICAL iam:CreateUser by alice in production (111111111111)"
    sns.add_response("publish", {"MessageId": "m-1"}, published(subject))
    handler.lambda_handler(event(), None)


def test_a_heartbeat_is_counted_and_told_to_nobody(sns: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    answer = handler.lambda_handler({"trailwatch": "heartbeat"}, CONTEXT)
    sns.assert_no_pending_responses()
    logged = json.loads(capsys.readouterr().out)
    assert logged == answer
    (metric,) = logged["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == "Trailwatch"
    assert metric["Metrics"] == [{"Name": "Heartbeats", "Unit": "Count"}]
    assert metric["Dimensions"] == [["Pipeline"]]
    assert (logged["Heartbeats"], logged["Pipeline"]) == (1, "iam-alerting")


@pytest.mark.parametrize(
    "event", [{"trailwatch": "heartbeat", "detail": {}}, {"trailwatch": "Heartbeat"}, {"trailwatch": True}, "heartbeat"]
)
def test_only_the_exact_document_is_a_heartbeat(sns: Stubber, event: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(handler, "_tell", lambda known, event, deliver: tried.append(event))
    handler.lambda_handler(event, CONTEXT)
    assert tried == [event]


def test_an_alert_of_a_member_has_its_name_and_knows_the_part_of_the_alerting_there(
    sns: Stubber, event: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "members", lambda: {"222222222222": "payments"})
    told: list[Any] = []
    monkeypatch.setattr(handler, "_publish", lambda settings, found: told.append(found) or "m-1")
    call = {"eventSource": "events.amazonaws.com", "eventName": "DisableRule"}
    # The second has been enrolled by CloudFormation, and is not in the inventory.
    for account, rule in (
        ("222222222222", "iam-alerting"),
        ("333333333333", "iam-alerting-stackset-tampering"),
        ("333333333333", "other"),
    ):
        named = {**call, "requestParameters": {"name": rule}}
        handler.lambda_handler(event(recipientAccountId=account, **named) | {"account": account}, CONTEXT)
    assert [(found.account_name, found.assessment.rule) for found in told] == [
        ("payments", "pipeline-changed"),
        ("", "pipeline-changed"),
        ("", "not-in-catalogue"),
    ]
