# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails that typical records make, word for word.

Each record in records/ has its mail in golden/. A change of wording is reviewed there:
TRAILWATCH_WRITE_GOLDEN=1 pytest tests/unit/function/test_mails.py writes them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import message
import pytest
import record
import summary
from alert import Alert, Knowledge, alert
from assess import assess
from catalogue import Entry
from pipeline import Pipeline
from suppression import Verdict

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "records").glob("*.json"))


SUMMARY = "create_access_key_storm"


@pytest.mark.parametrize("name", NAMES)
def test_mail(name: str, known: dict[str, Entry]) -> None:
    parsed = record.parse(read(name))
    judged = assess(parsed, known, Pipeline("iam-alerting", "111111111111"))
    compare(name, message.write(Alert(parsed, judged, Verdict(), "production")))


def test_summary(known: dict[str, Entry]) -> None:
    knowledge = Knowledge(Pipeline("iam-alerting", "111111111111"), "production", known)
    first = summary.first(alert(read("create_access_key_for_another_user"), knowledge, "2026-03-14"))
    listed = [
        (f"event#2026-03-14T03:08:{second}Z#0f6c1a52-00{second}", f"user user-{second}") for second in range(31, 51)
    ]
    told = summary.Summary("0" * 32, first, 37, "2026-03-14T03:08:50Z", listed, "/aws/lambda/iam-alerting")
    compare(SUMMARY, summary.write(told))


def test_every_golden_mail_has_its_record() -> None:
    assert sorted(path.stem for path in (HERE / "golden").glob("*.txt")) == sorted([*NAMES, SUMMARY])


def read(name: str) -> Any:
    return json.loads((HERE / "records" / f"{name}.json").read_text())


def compare(name: str, mail: message.Message) -> None:
    golden = HERE / "golden" / f"{name}.txt"
    written = f"Subject: {mail.subject}\n\n{mail.body}"
    if os.environ.get("TRAILWATCH_WRITE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()
