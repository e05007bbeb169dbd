# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How things are said in any report: text from elsewhere, times, numbers."""

from __future__ import annotations

from collections.abc import Mapping


def printable(text: str) -> str:
    """Without what a terminal, a browser or a parser of XML would take for more than text.

    Names and reasons come from elsewhere.
    """
    return "".join(character if character.isprintable() else " " for character in text)


def on_one_line(text: str) -> str:
    """The text with single blanks, whatever blanks and line breaks it has."""
    return " ".join(text.split())


def moment(text: str | None) -> str:
    """A time of the report, to the minute."""
    return text[:16].replace("T", " ") if text else "-"


def account_title(account: Mapping[str, str]) -> str:
    """What to call an account: as its host, but where that is only the id, as its alerts do."""
    return account["account_name"] if account["host"] == account["account_id"] else account["host"]


def of_accounts(number: int) -> str:
    """So many accounts."""
    return f"{number} account{'' if number == 1 else 's'}"
