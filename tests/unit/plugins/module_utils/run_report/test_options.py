# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run is to go through the accounts: what is taken, and what is refused with variable, value and way out."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.options import (
    check_batches,
    check_fail_on,
    check_max_fail_percentage,
    check_show,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        ([1, "10%", "100%"], [1, "10%", "100%"]),
        (["1", " 5% "], [1, "5%"]),
        ([1000], [1000]),
    ],
)
def test_batches_are_numbers_and_percentages(value: list[Any], sizes: list[Any]) -> None:
    assert check_batches(value) == sizes


@pytest.mark.parametrize("value", [[], "10%", 5, {"first": 1}, None])
def test_batches_are_a_list(value: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"iam_alerting_batches is .*, but it must be a list\. Give one such as \[1"
    ):
        check_batches(value)


@pytest.mark.parametrize("size", [0, -1, "0%", "101%", "x%", "%", "1.5%", 1.5, True, None, "", "all", [1]])
def test_what_is_no_size_is_named_with_its_place(size: Any) -> None:
    with pytest.raises(SettingsError, match=r"iam_alerting_batches\[1\] is .*from 1% to 100%\. Give one such as"):
        check_batches([1, size])


@pytest.mark.parametrize(("value", "number"), [(0, 0.0), (100, 100.0), ("5", 5.0), ("10%", 10.0), (2.5, 2.5)])
def test_a_percentage(value: Any, number: float) -> None:
    assert check_max_fail_percentage(value) == number


@pytest.mark.parametrize("value", [-1, 101, "many", True, None, "nan", [], "10%%"])
def test_what_is_no_percentage(value: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"iam_alerting_max_fail_percentage is .*from 0 to 100\. Leave it out for 0"
    ):
        check_max_fail_percentage(value)


def test_how_much_is_printed() -> None:
    check_show("all")
    with pytest.raises(SettingsError, match=r"iam_alerting_report_show is 'some'\. Use short or all\."):
        check_show("some")


def test_what_fails_by_choice() -> None:
    for value in ([], ["changed"], "changed"):
        check_fail_on(value)
    with pytest.raises(SettingsError, match=r"iam_alerting_report_fail_on has 'drift', .* Use \[changed\]"):
        check_fail_on(["drift"])
