# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever JSON a record is made of, there is a mail whose layout holds, a finding of OCSF, and room for all in SNS."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import identity
import message
import pytest
import record
from alert import Alert, Knowledge, alert
from assess import RULES, assess
from channels import by_protocol, chat_notification
from finding import finding
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline import Pipeline
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from suppression import Verdict

SAMPLES = [json.loads(path.read_text())["detail"] for path in (Path(__file__).parent / "records").glob("*.json")]
FIELDS = sorted({key for detail in SAMPLES for key in detail} | {"serviceEventDetails", "resources", "errorCode"})
IDENTITY_FIELDS = ["arn", "accountId", "principalId", "userName", "invokedBy", "accessKeyId", "sessionContext"]
IDENTITY_FIELDS += ["onBehalfOf", "identityProvider"]

texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "https://evil.example.com/\n",
        "a\nLink    http://evil.com",
        "arn:aws:iam::1:user/x",
        "%7B%22a%22",
        '{"a":[1]}',
        '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"*"}}]}',
        "::",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
identities = st.fixed_dictionaries(
    {"type": st.sampled_from([*identity._READERS, "Unknown"])}, optional=dict.fromkeys(IDENTITY_FIELDS, values)
)
statements = st.dictionaries(st.sampled_from(["Effect", "Action", "NotAction", "Resource", "Principal"]), values)
documents = st.fixed_dictionaries({"Statement": statements | st.lists(statements, max_size=3) | values})
changes = st.fixed_dictionaries(
    {
        "eventName": st.sampled_from(sorted({name for rule in RULES for name in rule.events})),
        "requestParameters": st.dictionaries(
            st.sampled_from(["policyDocument", "assumeRolePolicyDocument", "eventSelectors", "userName", "policyArn"]),
            documents | values,
        ),
    }
)
details = st.dictionaries(texts | st.sampled_from(FIELDS), values, max_size=8)
damaged_records = st.builds(
    lambda detail, damage, who: {**detail, **damage, **who},
    st.sampled_from(SAMPLES),
    details | changes,
    st.just({}) | st.builds(lambda found: {"userIdentity": found}, identities | values),
)

LINK = re.compile(r"^(?!Link    https://\w).*https?://")
LABELS = "Rating|Why|Rule|Policy|ATT&CK|Next|What|Who|Where|When|From|Result|Event|Link|Note"
LINE = re.compile(rf"({LABELS}) +\S|Parameters$|Details$| {{2}}\S| {{8}}\S|$")


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@settings(max_examples=200, deadline=None)
@given(detail=details | damaged_records)
def test_any_record_makes_a_mail(detail: dict[str, Any]) -> None:
    parsed = record.parse({"detail": detail})
    judged = assess(parsed, {}, Pipeline("iam-alerting", "111111111111"))
    mail = message.write(Alert(parsed, judged, Verdict(), "production"))
    assert len(mail.subject) <= message.SUBJECT_LENGTH
    assert re.fullmatch(r"(LOW|MEDIUM|HIGH|CRITICAL) [ -~]+", mail.subject)
    assert len(mail.body.encode()) < 32 * 1024
    assert not [mark for mark in mail.body if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl") and mark != "\n"]
    headline, _blank, rest = mail.body.partition("\n\n")
    assert headline.strip()
    assert [line for line in rest.splitlines() if not LINE.match(line)] == []
    assert [line for line in mail.body.splitlines() if LINK.search(line)] == []


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@settings(max_examples=200, deadline=None)
@given(detail=details | damaged_records)
def test_any_record_makes_a_finding_and_a_notification(detail: dict[str, Any]) -> None:
    made = alert(
        {"detail": detail}, Knowledge(Pipeline("iam-alerting", "111111111111"), "production", {}), "2026-11-23"
    )
    found = finding(made, 0.0)
    DetectionFinding.model_validate(found)
    assert all(text.isprintable() for text in texts_of(found))
    chat = chat_notification(message.write(made), made.about["eventID"], made.assessment.rule, made.assessment.next)
    sent = json.loads(by_protocol(message.write(made), found, chat).encode())
    assert json.loads(sent["default"]) == found
    assert json.loads(sent["https"])["content"]["description"].count("```") == 2


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_of(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_of(inner)]
    return [value] if isinstance(value, str) else []
