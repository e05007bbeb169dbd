# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs and chats get: a finding that OCSF's models take, and a notification that Amazon Q shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import message
import pytest
import record
from assess import Assessment, Pipeline, assess
from catalogue import Entry
from channels import by_protocol, chat_notification
from finding import finding

Build = Callable[..., dict[str, Any]]

RECORDS = Path(__file__).parent / "records"
NAMES = sorted(path.stem for path in RECORDS.glob("*.json"))


def judged(event: dict[str, Any], known: dict[str, Entry]) -> tuple[record.Record, Assessment]:
    parsed = record.parse(event)
    return parsed, assess(parsed, known, Pipeline("iam-alerting", "111111111111"))


@pytest.fixture
def found(event: Build, known: dict[str, Entry]) -> Callable[..., dict[str, Any]]:
    return lambda **fields: finding(*judged(event(**fields), known), "production", 1.5)


@pytest.mark.parametrize("name", NAMES)
def test_models_of_ocsf_take_it(name: str, known: dict[str, Entry]) -> None:
    models = pytest.importorskip("py_ocsf_models.events.findings.detection_finding", reason="see requirements-test.txt")
    made = finding(*judged(json.loads((RECORDS / f"{name}.json").read_text()), known), "production", 0.0)
    read = models.DetectionFinding.model_validate(made)
    assert read.severity_id.name == read.severity
    assert read.type_uid == read.class_uid * 100 + read.activity_id
    assert read.metadata.version == "1.5.0"


def test_models_of_ocsf_take_an_empty_record(known: dict[str, Entry]) -> None:
    models = pytest.importorskip("py_ocsf_models.events.findings.detection_finding", reason="see requirements-test.txt")
    models.DetectionFinding.model_validate(finding(*judged({"detail": {}}, known), "", 0.0))


def test_finding_says_what_the_mail_says(found: Callable[..., dict[str, Any]]) -> None:
    policy = {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "roleName": "deploy"}
    made = found(eventName="AttachRolePolicy", requestParameters=policy, errorCode="AccessDenied", errorMessage="no")
    assert made["severity"] == "High"
    assert made["finding_info"]["analytic"]["uid"] == "administrator-attached"
    assert made["finding_info"]["attacks"] == [
        {
            "technique": {"uid": "T1098", "name": ""},
            "sub_technique": {"uid": "T1098.003", "name": "Additional Cloud Roles"},
        }
    ]
    assert made["metadata"]["event_code"] == "iam:AttachRolePolicy"
    assert made["cloud"]["account"]["uid"] == "111111111111"
    assert made["api"]["response"] == {"error": "AccessDenied", "error_message": "no"}
    evidence = made["evidences"][0]
    assert evidence["actor"]["user"]["name"] == "alice"
    assert evidence["src_endpoint"] == {"ip": "192.0.2.10"}
    assert evidence["data"]["outcome"] == "denied"
    assert "roleName = deploy" in evidence["data"]["parameters"]


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("2001:db8::17", {"ip": "2001:db8::17"}),
        ("cloudformation.amazonaws.com", {"svc_name": "cloudformation.amazonaws.com"}),
        ("AWS Internal", {"svc_name": "AWS Internal"}),
        (None, {"svc_name": ""}),
    ],
)
def test_source(found: Callable[..., dict[str, Any]], address: str | None, endpoint: dict[str, str]) -> None:
    assert found(sourceIPAddress=address)["evidences"][0]["src_endpoint"] == endpoint


@pytest.mark.parametrize(("stated", "time"), [("2026-03-14T03:07:42Z", 1773457662000), ("Mar 14", 1500)])
def test_time_is_in_milliseconds(found: Callable[..., dict[str, Any]], stated: str, time: int) -> None:
    assert found(eventTime=stated)["time"] == time


def test_nothing_secret_is_in_it(found: Callable[..., dict[str, Any]]) -> None:
    text = json.dumps(
        found(
            requestParameters={"password": "hunter2", "text": "IQoJ" + "b3JpZ2luX2Vj" * 20},
            errorMessage="password=hunter2 AKIAEXAMPLE000000004",
            userAgent="token=hunter2",
        )
    )
    for secret in ("hunter2", "b3JpZ2lu", "AKIAEXAMPLE"):
        assert secret not in text


def test_each_protocol_gets_its_own(event: Build, known: dict[str, Entry]) -> None:
    parsed, judgement = judged(event(), known)
    mail = message.write(parsed, judgement, "production")
    texts = json.loads(by_protocol(mail, {"class_uid": 2004}))
    assert texts["default"] == texts["email"] == mail.body
    assert texts["sms"] == mail.subject
    assert {texts[name] for name in ("sqs", "lambda", "http", "https", "firehose")} == {'{"class_uid":2004}'}


def test_chat_gets_a_custom_notification_that_cannot_be_forged(event: Build, known: dict[str, Entry]) -> None:
    user = {"type": "IAMUser", "userName": "eve```<!channel>"}
    parsed, judgement = judged(event(userIdentity=user), known)
    notification = chat_notification(message.write(parsed, judgement), judgement, "e-1")
    sent = json.loads(json.loads(by_protocol(message.write(parsed, judgement), {}, notification))["https"])
    assert (sent["version"], sent["source"]) == ("1.0", "custom")
    assert sent["content"]["title"].startswith("CRITICAL iam:CreateUser by eve'''(!channel)")
    assert sent["content"]["description"].count("```") == 2
    assert "<" not in json.dumps(sent["content"])
    assert sent["content"]["nextSteps"] == [judgement.next]
    assert sent["metadata"]["threadId"] == "e-1"


def test_long_mail_is_cut_for_a_chat(event: Build, known: dict[str, Entry]) -> None:
    mail = message.Message("x" * 99, "y" * 20_000)
    content = chat_notification(mail, judged(event(), known)[1], "")["content"]
    assert len(content["description"]) < 8000
