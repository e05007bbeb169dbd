# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run is to go through the accounts and to tell of them, checked before the first account is entered."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import CHANGED
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

BATCHES = "iam_alerting_batches"
MAX_FAIL_PERCENTAGE = "iam_alerting_max_fail_percentage"
# How much is printed; the first is the default.
SHOW = ("short", "all")
# The states that count as failures if somebody says so. Of the others, those that are failures are so in any case.
FAIL_ON = (CHANGED,)

_WHOLE_NUMBER = re.compile(r"[1-9]\d{0,8}\Z")
_PERCENTAGE = re.compile(r"(100|[1-9]\d?)%\Z")


def check_batches(value: Any) -> list[int | str]:
    """The sizes of the batches, in the words of Ansible's C(serial): numbers of accounts and percentages.

    Raises:
        SettingsError: it is no list, or one of them is no size.
    """
    if not isinstance(value, list) or not value:
        raise SettingsError(f"{BATCHES} is {value!r}, but it must be a list{_batches_way_out()}")
    return [_check_batch(number, size) for number, size in enumerate(value)]


def _check_batch(number: int, size: Any) -> int | str:
    text = str(size).strip()
    if isinstance(size, (int, str)) and not isinstance(size, bool):
        if _WHOLE_NUMBER.match(text):
            return int(text)
        if _PERCENTAGE.match(text):
            return text
    raise SettingsError(
        f"{BATCHES}[{number}] is {size!r}, but it must be a number of accounts from 1 on, or a percentage from 1% to "
        f"100%{_batches_way_out()}"
    )


def _batches_way_out() -> str:
    return (
        '. Give one such as [1, "10%", "100%"], on the command line as '
        f"""-e '{{"{BATCHES}": [1, "10%", "100%"]}}', or leave it out for all at once."""
    )


def check_max_fail_percentage(value: Any) -> float:
    """How many of a batch's accounts may fail, of a hundred, for the next batch to be begun.

    Raises:
        SettingsError: it is no number from 0 to 100.
    """
    try:
        percentage = float(str(value).strip().removesuffix("%"))
    except ValueError:
        percentage = -1
    if isinstance(value, bool) or not 0 <= percentage <= 100:
        raise SettingsError(
            f"{MAX_FAIL_PERCENTAGE} is {value!r}, but it must be a number from 0 to 100. Leave it out for 0, with "
            "which any failure stops the next batch."
        )
    return percentage


def check_show(value: str) -> None:
    """See how much is to be printed.

    Raises:
        SettingsError: it is not known.
    """
    if value not in SHOW:
        raise SettingsError(f"iam_alerting_report_show is {value!r}. Use {' or '.join(SHOW)}.")


def check_fail_on(value: Any) -> None:
    """See which states are to count as failures.

    Raises:
        SettingsError: it is no list, or has one that cannot.
    """
    for state in value if isinstance(value, list) else [value]:
        if state not in FAIL_ON:
            raise SettingsError(
                f"iam_alerting_report_fail_on has {state!r}, which cannot be a failure by choice. Use [changed], or "
                "leave it out."
            )
