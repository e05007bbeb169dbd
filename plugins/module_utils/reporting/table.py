# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table for the terminal that stays short however many accounts there are: those with the same to say are one row."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title, printable

# More accounts with the same to say are one row, as when a new version is to be deployed to all of them.
MOST_ALIKE = 5
NAMED_OF_MANY = 3
NAME_WIDTH = 28
LEAST_WIDTH = 80
LEAST_TEXT_WIDTH = 30

Row = tuple[str, ...]

# What differs from account to account though the same is said: when it was, and which request it was.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def alike(accounts: Iterable[Document], said: Callable[[Document], str]) -> list[list[Document]]:
    """The accounts by what is said of them, whatever is only their own in it; few of the same are each by themselves.

    Args:
        accounts: each with its C(host), C(account_name) and C(account_id), which may be empty.
        said: what is said of an account.
    """
    groups: dict[str, list[Document]] = {}
    for account in accounts:
        groups.setdefault(impersonal(said(account), account["account_id"]), []).append(account)
    return [part for group in groups.values() for part in ([group] if len(group) > MOST_ALIKE else _singly(group))]


def _singly(group: Iterable[Document]) -> list[list[Document]]:
    return [[account] for account in group]


def said_of_many(accounts: Sequence[Document], text: str) -> str:
    """What is said of many accounts, with the names of some."""
    names = [account_title(account) for account in accounts[:NAMED_OF_MANY]]
    common = impersonal(text, accounts[0]["account_id"])
    return f"{common} ({', '.join(names)} and {len(accounts) - NAMED_OF_MANY} more)"


def impersonal(text: str, account_id: str) -> str:
    """The text without what is of one account only."""
    shared = text.replace(account_id, "<account>") if account_id else text
    return _UUID.sub("<id>", _MOMENT.sub("<time>", shared))


def lines(header: Row, rows: Sequence[Row], width: int) -> list[str]:
    """The lines of the rows below a header. The last column is wrapped, names that are too long are cut."""
    if not rows:
        return []
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [min(NAME_WIDTH, max(len(row[column]) for row in cells)) for column in range(len(header) - 1)]
    left = sum(widths) + 2 * len(widths)
    room = max(LEAST_TEXT_WIDTH, max(width, LEAST_WIDTH) - left)
    return [line for row in cells for line in _lines_of(row, widths, room)]


def _lines_of(row: Sequence[str], widths: Sequence[int], room: int) -> list[str]:
    *cells, text = row
    first = "".join(f"{_cut(cell, size):<{size}}  " for cell, size in zip(cells, widths, strict=True))
    wrapped = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [f"{first}{wrapped[0]}".rstrip(), *(" " * len(first) + line for line in wrapped[1:])]


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
