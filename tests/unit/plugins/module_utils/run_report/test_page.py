# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a run. What all pages have in common is tested with that of the status."""

from __future__ import annotations

import re

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    failed,
    in_sync,
    report,
)

HOSTILE = "</script><script>alert(1)</script>\"'&amp;{{ 7*7 }}\u202e\x00"


def test_every_account_is_there_with_its_state_in_words() -> None:
    text = page(report(*EACH))
    assert text.count('<th scope="row"') == len(EACH)
    assert all(account["what"] in text and account["account_id"] in text for account in EACH)
    states = re.findall(r'<span class="state (\w+)">([^<]+)</span>', text)
    assert states == [
        ("failed", "failed"),
        ("unreachable", "unreachable"),
        ("skipped", "skipped"),
        ("changed", "changed"),
        ("in_sync", "in sync"),
    ]
    assert "trail, rule" in text


def test_the_title_says_of_what() -> None:
    assert "Deploy of 1 account, check only" in page(report(in_sync("a"), check_mode=True))


def test_hostile_values_are_text_and_nothing_else() -> None:
    text = page(report(failed(HOSTILE, 1, HOSTILE)))
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7*7 }}" in text
    assert not {"\u202e", "\x00"} & set(text)


def test_a_thousand_accounts() -> None:
    text = page(report(*(in_sync(f"a{number}", number) for number in range(1000))))
    assert text.count('<th scope="row"') == 1000
    assert len(text) < 500_000


def test_no_account() -> None:
    assert "There is no account." in page(report())
