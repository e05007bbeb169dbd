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

import message
import pytest
import record
from assess import assess
from catalogue import Entry
from pipeline import Pipeline

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "records").glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_mail(name: str, known: dict[str, Entry]) -> None:
    parsed = record.parse(json.loads((HERE / "records" / f"{name}.json").read_text()))
    mail = message.write(parsed, assess(parsed, known, Pipeline("iam-alerting", "111111111111")), "production")
    golden = HERE / "golden" / f"{name}.txt"
    written = f"Subject: {mail.subject}\n\n{mail.body}"
    if os.environ.get("TRAILWATCH_WRITE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


def test_every_golden_mail_has_its_record() -> None:
    assert sorted(path.stem for path in (HERE / "golden").glob("*.txt")) == NAMES
