# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that would change one stack at once are refused, and named to each other."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.hosts import sharing

ONE, TWO = "111111111111", "222222222222"


def test_an_account_that_is_there_once_is_none_of_them() -> None:
    assert sharing({"one": (ONE, ""), "two": (TWO, "")}) == {}


def test_both_are_named_with_the_way_out() -> None:
    refused = sharing({"one": (ONE, ""), "again": (ONE, ""), "two": (TWO, "")})
    assert set(refused) == {"one", "again"}
    assert refused["one"] == (
        f"account_id is {ONE} for again, one, which would change the same alerting at once. Take all but one out of "
        "the inventory, or give each another iam_alerting_name."
    )


def test_two_stacks_in_an_account_are_no_mistake() -> None:
    assert sharing({"one": (ONE, "iam-alerting"), "two": (ONE, "second")}) == {}


def test_what_is_no_account_id_is_told_for_itself() -> None:
    assert sharing({"one": ("", ""), "two": ("", ""), "three": ("1", ""), "four": ("1", "")}) == {}


def test_of_many_some_are_named() -> None:
    refused = sharing({f"host-{number}": (ONE, "") for number in range(5)})
    assert "for host-0, host-1, host-2 and 2 more, which" in refused["host-4"]
