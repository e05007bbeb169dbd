# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as CI servers read it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.junit import junit
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    changed,
    failed,
    in_sync,
    report,
)


def test_each_account_is_a_test_case() -> None:
    root = ElementTree.fromstring(junit(report(*EACH)))
    (suite,) = root
    for element in (root, suite):
        assert {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
            "tests": "5",
            "failures": "1",
            "errors": "1",
            "skipped": "1",
        }
    assert {case.get("name"): [child.tag for child in case] for case in suite} == {
        "research (333333333333)": ["failure"],
        "acquired (444444444444)": ["error"],
        "archive (555555555555)": ["skipped"],
        "staging (222222222222)": ["system-out"],
        "production (111111111111)": ["system-out"],
    }
    assert {case.get("classname") for case in suite} == {"trailwatch.deploy"}
    assert suite.get("timestamp") == "2026-03-16T07:02:11"


def test_the_reason_is_told_as_message_and_as_text() -> None:
    (failure,) = ElementTree.fromstring(junit(report(failed("a", 1, 'no <access> & "no" way')))).iter("failure")
    assert failure.get("message") == failure.text == 'no <access> & "no" way'
    assert failure.get("type") == "failed"


def test_what_counts_as_a_failure_by_choice_is_one() -> None:
    root = ElementTree.fromstring(junit(report(changed("a", 1, "rule"), in_sync("b"), fail_on=["changed"])))
    (failure,) = root.iter("failure")
    assert (failure.text, failure.get("type")) == ("changed: rule", "changed")


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\ufffe", "\u202e", "\x85"])
def test_what_xml_cannot_hold_is_left_out(character: str) -> None:
    text = junit(report(failed(f"a{character}b", 1, f"c{character}d")))
    root = ElementTree.fromstring(text.encode())
    (case,) = root.iter("testcase")
    assert case.get("name") == "a b (000000000001)"
    assert case[0].text == "c d"


def test_without_accounts_it_is_still_a_document() -> None:
    assert ElementTree.fromstring(junit(report())).get("tests") == "0"
