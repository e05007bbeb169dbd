# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the reader of a summary depends on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import message
import pytest
import summary
from alert import Knowledge, alert
from hypothesis import strategies as st
from pipeline import Pipeline

Build = Callable[..., dict[str, Any]]
Listed = list[tuple[str, str]]

KNOWN = Knowledge(Pipeline("iam-alerting", "111111111111"), "production", {})
LATEST = "2026-03-14T03:09:00Z"


def write(event: dict[str, Any], more: int = 37, listed: Listed | None = None, latest: str = LATEST) -> message.Message:
    first = summary.first(alert(event, KNOWN, "2026-03-14"))
    return summary.write(summary.Summary("0" * 32, first, more, latest, listed or [], "/aws/lambda/iam-alerting"))


def test_subject_says_how_bad_how_many_what_who_and_where(event: Build) -> None:
    assert write(event()).subject == "MEDIUM 37 more iam:CreateUser by alice in production (111111111111)"


def test_outcome_is_told(event: Build) -> None:
    mail = write(event(errorCode="AccessDenied"))
    assert mail.subject == "LOW DENIED 37 more iam:CreateUser by alice in production (111111111111)"
    assert "Result  DENIED\n" in mail.body


def test_one_more_is_told_in_the_singular(event: Build) -> None:
    mail = write(event(), 1, [("event#2026-03-14T03:08:00Z#e-2", "user bob")])
    assert mail.body.startswith("The same came 1 more time: iam:CreateUser by alice in production (111111111111).\n")
    assert "\nThey are\n  2026-03-14 03:08:00 UTC  e-2  user bob\n" in mail.body


def test_events_come_in_any_order(event: Build) -> None:
    mail = write(event(), 2, [("event#2026-03-14T03:06:00Z#e-2", ""), ("event#2026-03-14T03:10:00Z#e-3", "")])
    assert "When    from 2026-03-14 03:06:00 UTC to 2026-03-14 03:10:00 UTC\n" in mail.body


def test_where_to_find_them_all(event: Build) -> None:
    body = write(event(eventID="e-1")).body
    assert "\nEvent   e-1\nLink    https://us-east-1.console.aws.amazon.com/cloudtrailv2/" in body
    assert body.endswith('\n        filter disposition = "grouped" and group = "00000000000000000000000000000000"\n')


def test_summary_fills_one_screen(event: Build) -> None:
    listed = [(f"event#2026-03-14T03:08:{second:02}Z#{'e' * 64}", "user x, " * 200) for second in range(20)]
    assert len(write(event(), listed=listed).body.splitlines()) < 45


def test_what_an_older_function_left_still_makes_a_mail(event: Build) -> None:
    first = summary.read('{"severity": "high", "unknown": 1}')
    mail = summary.write(summary.Summary("g", first, 2, "", [], "/aws/lambda/iam-alerting"))
    assert mail.subject == "HIGH 2 more unknown by unknown in an unknown account"


@pytest.mark.parametrize(
    "forged", ["x\n\nResult  succeeded\nLink    https://evil.example.com/login", "\u202ehttps://evil.example.com"]
)
def test_text_from_events_cannot_forge_lines_or_links(event: Build, forged: str) -> None:
    user = {"type": "IAMUser", "userName": forged}
    fields = dict.fromkeys(("eventName", "awsRegion", "eventID", "eventTime", "recipientAccountId"), forged)
    mail = write(event(userIdentity=user, **fields), 2, [(f"event#{forged}#e-2", forged)], forged)
    _headline, _blank, rest = mail.body.partition("\n\n")
    assert [line for line in rest.splitlines() if line.startswith("Result")] == ["Result  succeeded"]
    assert [line for line in rest.splitlines() if line.startswith("Link")] == []
    assert "https://" not in mail.body
    assert "evil.example.com" not in mail.body
    assert "\u202e" not in mail.body


@pytest.mark.parametrize("length", [0, 20, 35, 60, 90])
def test_a_name_cannot_forge_a_line_where_the_headline_is_wrapped(event: Build, length: int) -> None:
    forged = f"{'x' * length} " + "Rating LOW routine rotation of keys by the platform team, ticket OPS-1 " * 3
    body = write(event(userIdentity={"type": "FederatedUser", "userName": forged})).body
    _first, *more = body.split("\n\n")[0].splitlines()
    assert more
    assert all(line.startswith("  ") and len(line) <= 100 for line in more)
    assert sum(line.startswith("Rating") for line in body.splitlines()) == 1


texts = st.text(st.characters(exclude_categories=()), max_size=60) | st.just("https://evil.example.com/\n")
names = st.fixed_dictionaries(
    {"type": st.sampled_from(["IAMUser", "AssumedRole", "Root", "x"])}, optional={"userName": texts}
)
fields = st.sampled_from(["eventName", "eventSource", "eventTime", "recipientAccountId", "awsRegion", "eventID"])


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(
    detail=st.dictionaries(fields, texts),
    user=names,
    listed=st.lists(st.tuples(texts.map(lambda text: f"event#{text}#e"), texts), max_size=20),
    more=st.integers(1, 10**9),
)
def test_any_text_makes_a_mail(detail: dict[str, str], user: dict[str, str], listed: Listed, more: int) -> None:
    mail = write({"detail": {**detail, "userIdentity": user}}, more, listed)
    assert len(mail.subject) <= message.SUBJECT_LENGTH
    assert mail.subject.isascii()
    assert mail.subject.isprintable()
    assert all(mark.isprintable() or mark == "\n" for mark in mail.body)
    assert "https://evil" not in mail.body
    assert len(mail.body.splitlines()) < 45
