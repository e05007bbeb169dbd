# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before an account is entered, and which calls are followed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.action import stack_verify
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import ROLE, USER


def settings(*actions: str) -> Any:
    return SimpleNamespace(actions=actions)


@pytest.mark.parametrize("minutes", [0.05, 15.0, 45.0])
def test_minutes_that_can_be_waited(minutes: float) -> None:
    assert stack_verify.check_minutes(minutes) == minutes


@pytest.mark.parametrize("minutes", [0.0, -1.0, 46.0, float("nan")])
def test_minutes_that_cannot(minutes: float) -> None:
    with pytest.raises(SettingsError, match=f"iam_alerting_verify_minutes is {minutes:g}, .* at most 45"):
        stack_verify.check_minutes(minutes)


@pytest.mark.parametrize(
    ("actions", "listed"),
    [
        (("iam:CreateUser", "iam:DeleteUser"), ["iam:CreateUser", "iam:DeleteUser"]),
        (("iam:*",), ["iam:CreateUser", "iam:DeleteUser"]),
        (("iam:CreateUser", "iam:DeleteRole"), ["iam:CreateUser"]),
    ],
)
def test_calls_on_the_list_are_followed(actions: tuple[str, ...], listed: list[str]) -> None:
    assert stack_verify.check_listed(USER, settings(*actions)) == listed


def test_a_list_without_either_call_is_refused_with_both_ways_out() -> None:
    with pytest.raises(SettingsError, match="neither iam:CreateRole nor iam:DeleteRole.* Add one, or set .* to user"):
        stack_verify.check_listed(ROLE, settings("iam:CreateUser"))
