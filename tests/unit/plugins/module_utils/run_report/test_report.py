# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a run in an account, and in all of them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import NO_RESULT, outcome
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    changed,
    failed,
    report,
)

SUMMARY = {"changed": True, "summary": "pass"}
DENIED = {"changed": False, "failed": True, "msg": "The role\ncannot be assumed"}


@pytest.mark.parametrize(
    ("result", "failure", "stopped", "told"),
    [
        ({"changed": False, "summary": "in sync", "affected": []}, None, None, ("in_sync", "in sync")),
        (
            {"changed": True, "summary": "would change: rule", "affected": ["rule"]},
            None,
            None,
            ("changed", "would change: rule"),
        ),
        # The second plan, after what differed was deployed.
        (
            {"changed": False, "summary": "changed: rule", "affected": ["rule"]},
            None,
            None,
            ("changed", "changed: rule"),
        ),
        # Those that have no components tell it by themselves.
        (SUMMARY, None, None, ("changed", "pass")),
        ({**SUMMARY, "changed": False}, None, None, ("in_sync", "pass")),
        ({**DENIED, "entered": False}, "Plan: The role", None, ("unreachable", "The role cannot be assumed")),
        ({**DENIED, "entered": True}, "Plan: The role", None, ("failed", "The role cannot be assumed")),
        (DENIED, "Plan: The role", None, ("failed", "The role cannot be assumed")),
        # A later task failed.
        (SUMMARY, "Topic | Make it: AccessDenied", None, ("failed", "Topic | Make it: AccessDenied")),
        ({}, "Arguments: wrong", None, ("failed", "Arguments: wrong")),
        ({}, None, "1 of 1 failed", ("skipped", "1 of 1 failed")),
        # It had its turn before the run was stopped.
        (SUMMARY, None, "1 of 1 failed", ("changed", "pass")),
        ({}, None, None, ("failed", NO_RESULT)),
    ],
)
def test_the_state_of_an_account(
    result: dict[str, Any], failure: str | None, stopped: str | None, told: tuple[str, str]
) -> None:
    account = outcome("production", "111111111111", "production", result, failure, stopped)
    assert (account["state"], account["what"]) == told


def test_an_account_that_failed_half_way_tells_what_was_to_be_changed() -> None:
    account = outcome(
        "production", "1", "production", {"changed": True, "summary": "x", "affected": ["topic"]}, "Topic: no", None
    )
    assert account["components"] == ["topic"]


def test_those_that_need_somebody_come_first_and_all_are_counted() -> None:
    found = report(*EACH)
    assert [account["state"] for account in found["accounts"]] == [
        "failed",
        "unreachable",
        "skipped",
        "changed",
        "in_sync",
    ]
    assert found["totals"] == {
        "accounts": 5,
        "in_sync": 1,
        "changed": 1,
        "failed": 1,
        "unreachable": 1,
        "skipped": 1,
    }


def test_what_fails_the_run() -> None:
    assert report(*EACH)["failing"] == ["research", "acquired"]
    assert report(*EACH, fail_on=["changed"])["failing"] == ["research", "acquired", "staging"]


def test_accounts_in_the_same_state_are_ordered_by_name() -> None:
    found = report(changed("b"), failed("z"), changed("a"))
    assert [account["host"] for account in found["accounts"]] == ["z", "a", "b"]
