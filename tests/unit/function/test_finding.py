# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs get: a finding that OCSF's models take, and that says what the mail says.

Each record in records/ has its finding in golden/. A change is reviewed there:
TRAILWATCH_WRITE_GOLDEN=1 pytest tests/unit/function/test_finding.py writes them anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alert import Knowledge, alert
from catalogue import Entry
from finding import finding
from pipeline import Pipeline
from py_ocsf_models import OCSF_VERSION
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from suppression import Suppression

Build = Callable[..., dict[str, Any]]

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "records").glob("*.json"))
EXPIRED = Suppression("old-robot", {"user": ("alice",)}, "a migration", "platform team", "2026-01-31")


def finding_of(event: dict[str, Any], known: dict[str, Entry], *suppressions: Suppression) -> dict[str, Any]:
    knowledge = Knowledge(Pipeline("iam-alerting", "111111111111"), "production", known, suppressions)
    return finding(alert(event, knowledge, "2026-11-23"), 1.5)


@pytest.fixture
def found(event: Build, known: dict[str, Entry]) -> Callable[..., dict[str, Any]]:
    return lambda **fields: finding_of(event(**fields), known)


@pytest.mark.parametrize("name", NAMES)
def test_finding(name: str, known: dict[str, Entry]) -> None:
    made = finding_of(json.loads((HERE / "records" / f"{name}.json").read_text()), known)
    golden = HERE / "golden" / f"{name}.json"
    written = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("TRAILWATCH_WRITE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


def test_every_golden_finding_has_its_record() -> None:
    assert sorted(path.stem for path in (HERE / "golden").glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_models_of_ocsf_take_it(name: str, known: dict[str, Entry]) -> None:
    made = finding_of(json.loads((HERE / "records" / f"{name}.json").read_text()), known)
    read = DetectionFinding.model_validate(made)
    assert read.severity_id.name == read.severity
    assert read.type_uid == read.class_uid * 100 + read.activity_id
    assert read.metadata.version == OCSF_VERSION


def test_finding_says_what_the_mail_says(found: Callable[..., dict[str, Any]]) -> None:
    policy = {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "roleName": "deploy"}
    made = found(
        eventID="e-1",
        eventName="AttachRolePolicy",
        requestParameters=policy,
        responseElements=None,
        errorCode="AccessDenied",
        errorMessage="no",
    )
    assert made["severity"] == "High"
    assert made["finding_info"]["uid"] == "e-1"
    assert made["finding_info"]["analytic"]["uid"] == "administrator-attached"
    assert made["finding_info"]["desc"].startswith("Had it succeeded: Policy AdministratorAccess allows everything")
    assert made["finding_info"]["desc"].endswith("One lower than CRITICAL, as the call was denied.")
    assert made["finding_info"]["attacks"] == [
        {
            "technique": {"uid": "T1098", "name": "T1098"},
            "sub_technique": {"uid": "T1098.003", "name": "Additional Cloud Roles"},
        }
    ]
    assert made["metadata"]["event_code"] == "iam:AttachRolePolicy"
    assert made["cloud"]["account"]["uid"] == "111111111111"
    assert made["cloud"]["account"]["name"] == "production"
    assert made["api"]["response"] == {"error": "AccessDenied", "error_message": "no"}
    assert made["resources"] == [
        {"type": "role", "name": "deploy"},
        {"type": "policy", "name": "AdministratorAccess"},
    ]
    assert made["remediation"]["desc"].startswith("Nothing was changed.")
    evidence = made["evidences"][0]
    assert evidence["actor"]["user"]["name"] == "alice"
    assert evidence["src_endpoint"] == {"ip": "192.0.2.10"}
    assert evidence["data"]["outcome"] == "denied"
    assert "roleName = deploy" in evidence["data"]["parameters"]


def test_user_of_a_session_has_the_same_name_in_each_of_them(found: Callable[..., dict[str, Any]]) -> None:
    issuer = {"userName": "deploy", "arn": "arn:aws:iam::111111111111:role/deploy"}
    actors = [
        found(
            userIdentity={
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::111111111111:assumed-role/deploy/{session}",
                "sessionContext": {"sessionIssuer": issuer},
            }
        )["evidences"][0]["actor"]
        for session in ("monday", "tuesday")
    ]
    assert [actor["user"]["name"] for actor in actors] == ["deploy", "deploy"]
    assert [actor["session"] for actor in actors] == [
        {"uid": "monday", "issuer": "deploy"},
        {"uid": "tuesday", "issuer": "deploy"},
    ]


def test_suppression_that_no_longer_holds_is_told(event: Build, known: dict[str, Entry]) -> None:
    made = finding_of(event(), known, EXPIRED)
    assert made["comment"] == "suppression old-robot fits, but expired on 2026-01-31 (owner platform team)"
    assert "comment" not in finding_of(event(), known)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("2001:db8::17", {"ip": "2001:db8::17"}),
        ("cloudformation.amazonaws.com", {"svc_name": "cloudformation.amazonaws.com"}),
        ("AWS Internal", {"svc_name": "AWS Internal"}),
        (None, None),
    ],
)
def test_source(found: Callable[..., dict[str, Any]], address: str | None, endpoint: dict[str, str] | None) -> None:
    assert found(sourceIPAddress=address)["evidences"][0].get("src_endpoint") == endpoint


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
