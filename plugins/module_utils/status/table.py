# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for the terminal: who needs somebody and why, in few lines however many accounts there are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import HEALTHY, KINDS
from ansible_collections.trailwatch.aws.plugins.module_utils.status.words import (
    OF_ACCOUNT,
    OF_ACCOUNTS,
    moment,
    printable,
    title,
    what,
)

# More accounts with the same to say are one row, as when a new version is to be deployed to all of them.
MOST_ALIKE = 5
NAMED_OF_MANY = 3
NAME_WIDTH = 28
LEAST_WIDTH = 80
LEAST_TEXT_WIDTH = 30

Row = tuple[str, str, str, str, str]
HEADER: Row = ("ACCOUNT", "ID", "STATUS", "LAST ALERT (UTC)", "WHAT")


def problems_table(report: Document, width: int) -> str:
    """The accounts that have a problem, those that have the same one together, and how many are healthy."""
    accounts = [account for account in report["accounts"] if account["problems"]]
    rows = [row for alike in _alike(accounts) for row in _rows_of(alike)]
    healthy = report["totals"][HEALTHY]
    also = [f"{healthy} healthy (-e iam_alerting_status_show=all lists them)"] if healthy else []
    return "\n".join([*_table(rows, width), *also, "", totals_line(report)])


def whole_table(report: Document, width: int) -> str:
    """Each account, also the healthy ones."""
    return "\n".join([*_table([_row(account) for account in report["accounts"]], width), "", totals_line(report)])


def totals_line(report: Document) -> str:
    """How many accounts are in which state; one that has several problems counts for each."""
    totals = report["totals"]
    bad = [f"{totals[kind]} {OF_ACCOUNTS[kind]}" for kind in KINDS if totals[kind]]
    return f"{totals['accounts']} accounts: {', '.join([f'{totals[HEALTHY]} healthy', *bad])}."


def _alike(accounts: Iterable[Document]) -> list[list[Document]]:
    """The accounts by what is to be said of them, whatever their number and name in it; in their order."""
    groups: dict[str, list[Document]] = {}
    for account in accounts:
        groups.setdefault(_impersonal(account), []).append(account)
    return list(groups.values())


def _impersonal(account: Document) -> str:
    text = what(account)
    return text.replace(account["account_id"], "<account>") if account["account_id"] else text


def _rows_of(alike: Sequence[Document]) -> list[Row]:
    if len(alike) <= MOST_ALIKE:
        return [_row(account) for account in alike]
    names = [title(account) for account in alike[:NAMED_OF_MANY]]
    told = f"{_impersonal(alike[0])} ({', '.join(names)} and {len(alike) - NAMED_OF_MANY} more)"
    return [(f"{len(alike)} accounts", "", OF_ACCOUNT[alike[0]["status"]], "", told)]


def _row(account: Document) -> Row:
    number = account["account_id"] or "-"
    return (title(account), number, OF_ACCOUNT[account["status"]], moment(account["last_alert"]), what(account))


def _table(rows: Sequence[Row], width: int) -> list[str]:
    """The lines of the rows below a header. The last column is wrapped, names that are too long are cut."""
    if not rows:
        return []
    cells = [[printable(cell) for cell in row] for row in (HEADER, *rows)]
    widths = [min(NAME_WIDTH, max(len(row[column]) for row in cells)) for column in range(len(HEADER) - 1)]
    left = sum(widths) + 2 * len(widths)
    room = max(LEAST_TEXT_WIDTH, max(width, LEAST_WIDTH) - left)
    return [line for row in cells for line in _lines(row, widths, room)]


def _lines(row: Sequence[str], widths: Sequence[int], room: int) -> list[str]:
    *cells, text = row
    first = "".join(f"{_cut(cell, size):<{size}}  " for cell, size in zip(cells, widths, strict=True))
    wrapped = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [f"{first}{wrapped[0]}".rstrip(), *(" " * len(first) + line for line in wrapped[1:])]


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
