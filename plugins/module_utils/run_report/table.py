# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for the terminal: what came of whom, in few lines however many accounts there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.table import Row, alike, lines, said_of_many
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title, of_accounts
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import IN_SYNC
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.report import is_quiet
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.words import line, totals_line, words

# Of so few accounts, each has its row anyway.
FEW = 10
HEADER: Row = ("ACCOUNT", "ID", "OUTCOME")


def short_table(report: Document, width: int) -> str:
    """The accounts of which something is to be said, those with the same together, and how many others there are."""
    if len(report["accounts"]) <= FEW:
        return whole_table(report, width)
    told = [account for account in report["accounts"] if not is_quiet(account)]
    quiet = len(report["accounts"]) - len(told)
    also = [f"{quiet} {words(report)[IN_SYNC]} (-e iam_alerting_report_show=all lists them)"] if quiet else []
    return _text(report, alike(told, line), also, width)


def whole_table(report: Document, width: int) -> str:
    """A row for each account."""
    return _text(report, [[account] for account in report["accounts"]], [], width)


def _text(report: Document, groups: Iterable[Sequence[Document]], also: list[str], width: int) -> str:
    rows = [_row_of(group) for group in groups]
    return "\n".join([*lines(HEADER, rows, width), *also, "", totals_line(report)])


def _row_of(accounts: Sequence[Document]) -> Row:
    """The row of an account, or of many with the same to say."""
    first = accounts[0]
    if len(accounts) > 1:
        return (of_accounts(len(accounts)), "", said_of_many(accounts, line(first)))
    return (account_title(first), first["account_id"] or "-", line(first))
