# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands on the terminal, for few accounts and for many."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.table import short_table, whole_table
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    PENDING,
    changed,
    failed,
    in_sync,
    report,
    skipped,
    unreachable,
)


def test_of_few_accounts_each_has_its_line() -> None:
    assert short_table(report(*EACH), 120).splitlines() == [
        "ACCOUNT     ID            OUTCOME",
        "research    333333333333  FAILED: Topic | Make it: AccessDenied",
        "acquired    444444444444  UNREACHABLE: The role arn:aws:iam::444444444444:role/x cannot be assumed.",
        "archive     555555555555  skipped: 1 of the 1 accounts of a batch before failed (canary)",
        "staging     222222222222  changed: trail, rule",
        "production  111111111111  in sync",
        "",
        "5 accounts: 1 in sync, 1 changed, 1 skipped, 1 unreachable, 1 failed.",
    ]


def test_a_first_rollout_to_a_thousand_accounts_is_a_few_lines() -> None:
    accounts = [changed(f"a{number:04}", number, "bucket", "trail") for number in range(998)]
    text = short_table(report(*accounts, failed("broken"), unreachable("lost")), 120)
    assert len(text.splitlines()) == 6
    assert "998 accounts                changed: bucket, trail (a0000, a0001, a0002 and 995 more)" in text
    assert "\nbroken        000000000001  FAILED: " in text


def test_those_in_sync_are_counted_unless_something_is_to_be_seen_to() -> None:
    asked = [in_sync(f"b{number}", number, f"{PENDING} (asked 2026-03-15 08:{number:02} UTC)") for number in range(40)]
    text = short_table(report(*(in_sync(f"a{number}", number) for number in range(900)), *asked), 120)
    assert f"40 accounts      in sync; {PENDING} (asked <time>) (b0, b1, b10 and 37 more)" in text
    assert "\n900 in sync (-e iam_alerting_report_show=all lists them)\n" in text
    assert len(text.splitlines()) == 5


def test_many_that_failed_for_one_reason_are_one_row_whatever_their_requests() -> None:
    accounts = [
        failed(f"a{number}", number, f"denied to {number:012}, request 0d990263-018e-4e65-a703-eff731de{number:04}")
        for number in range(50)
    ]
    assert "FAILED: denied to <account>, request <id> (a0, a1, a10 and 47 more)" in short_table(report(*accounts), 120)


def test_the_whole_table_has_a_row_for_each() -> None:
    accounts = [in_sync(f"a{number}", number) for number in range(50)]
    text = whole_table(report(*accounts), 120)
    assert all(f"\n{account['host']} " in text for account in accounts)


def test_a_check_says_what_would_be() -> None:
    assert short_table(report(changed("a", 1, "rule"), check_mode=True), 120).endswith("1 account: 1 would change.")


def test_a_verification_that_was_not_made_did_not_pass() -> None:
    lines = [short_table(report(in_sync("a"), playbook="verify", check_mode=mode), 120) for mode in (False, True)]
    assert [line.splitlines()[-1] for line in lines] == ["1 account: 1 passed.", "1 account: 1 unchanged."]


def test_what_would_move_the_cursor_is_left_out() -> None:
    text = short_table(report(failed("evil\x1b[2J\r\nname", 1, "reason\x1b]0;title\x07\u202e")), 120)
    assert not any(character in text for character in "\x1b\r\x07\u202e")


def test_thousands_that_are_skipped() -> None:
    text = short_table(report(failed("canary"), *(skipped(f"a{number}", number) for number in range(2000))), 120)
    assert len(text.splitlines()) == 5
    assert text.endswith("2001 accounts: 2000 skipped, 1 failed.")


def test_a_host_that_is_called_by_its_id_is_told_by_the_name_of_the_account() -> None:
    named = {**in_sync("111111111111", 111111111111), "account_name": "payments"}
    assert "payments  111111111111  in sync" in short_table(report(named), 120)
