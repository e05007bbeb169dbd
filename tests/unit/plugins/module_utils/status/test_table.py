# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands on the terminal, for few accounts and for many."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.status.table import problems_table, whole_table
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import (
    TROUBLED,
    failed,
    healthy,
    many,
    report,
    troubled,
)


def test_a_thousand_accounts_are_a_few_lines_and_the_worst_come_first() -> None:
    text = problems_table(report(*many(992), *TROUBLED), 120)
    lines = text.splitlines()
    assert len(lines) < 20
    assert max(map(len, lines[:-1])) <= 120
    assert lines[1].startswith("acquired-shop  210987654321  unreadable")
    assert lines[0].startswith("ACCOUNT ")
    assert "\npayments       222222222222  deaf          2026-03-13 22:00  trail iam-alerting is not logging" in text
    assert "\n992 healthy (-e iam_alerting_status_show=all lists them)\n" in text
    assert lines[-1] == (
        "1000 accounts: 992 healthy, 1 unreadable, 2 deaf, 1 with dead letters, 1 with alarms, 3 drifted, "
        "1 without log files, 1 with pending subscribers."
    )


def test_many_accounts_with_the_same_to_say_are_one_row() -> None:
    outdated = [
        troubled(account["host"], int(account["account_id"]), ("drift", "differs: function")) for account in many(1000)
    ]
    text = problems_table(report(*outdated), 120)
    assert len(text.splitlines()) < 6
    assert "1000 accounts" in text
    assert "differs: function (billing-01, billing-02, billing-03 and 997 more)" in text


def test_all_failed_for_the_same_reason_is_one_row_without_any_ones_number() -> None:
    accounts = [failed(f"a{number}", number, f"role {number:012} cannot be assumed") for number in range(50)]
    text = problems_table(report(*accounts), 120)
    assert "role <account> cannot be assumed (a0, a1, a10 and 47 more)" in text
    assert text.splitlines()[-1] == "50 accounts: 0 healthy, 50 unreadable."


def test_all_healthy_needs_no_table() -> None:
    assert problems_table(report(*many(2)), 120).splitlines() == [
        "2 healthy (-e iam_alerting_status_show=all lists them)",
        "",
        "2 accounts: 2 healthy.",
    ]


def test_no_account_at_all() -> None:
    assert problems_table(report(), 120).splitlines()[-1] == "0 accounts: 0 healthy."
    assert whole_table(report(), 120).splitlines()[-1] == "0 accounts: 0 healthy."


def test_the_whole_table_has_a_row_for_each() -> None:
    text = whole_table(report(*many(30), *TROUBLED), 120)
    assert all(account["host"] in text for account in [*many(30), *TROUBLED])


def test_a_narrow_terminal_gets_wrapped_lines() -> None:
    reason = "The role cannot be assumed. " * 8
    lines = problems_table(report(failed("x" * 60, 1, reason)), 80).splitlines()
    assert max(map(len, lines[:-1])) <= 110  # the columns before the last are not made narrower
    assert lines[1].startswith("x" * 27 + "…")


def test_what_would_move_the_cursor_is_left_out() -> None:
    text = problems_table(report(failed("evil\x1b[2J\r\nname", 1, "reason\x1b]0;title\x07\u202e")), 120)
    assert not any(character in text for character in "\x1b\r\x07\u202e")
    assert "evil [2J  name" in text


def test_an_account_whose_host_is_its_id_is_called_by_its_name() -> None:
    accounts = [healthy("000000000001", 1, account_name="Production"), healthy("staging", 2, account_name="Staging")]
    lines = whole_table(report(*accounts), 120).splitlines()
    assert lines[1].startswith("Production  000000000001  healthy")
    assert lines[2].startswith("staging     000000000002  healthy")


def test_an_account_without_number_is_shown() -> None:
    account = {**failed("nowhere", 1, "account_id is undefined"), "account_id": ""}
    assert "nowhere  -   unreadable" in problems_table(report(account, healthy("b", 2)), 120)
