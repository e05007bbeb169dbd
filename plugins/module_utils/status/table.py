# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for the terminal: who needs somebody and why, in few lines however many accounts there are."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.table import Row, alike, lines, said_of_many
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title, moment, of_accounts
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import HEALTHY, KINDS
from ansible_collections.trailwatch.aws.plugins.module_utils.status.words import OF_ACCOUNT, OF_ACCOUNTS, what

HEADER: Row = ("ACCOUNT", "ID", "STATUS", "LAST ALERT (UTC)", "WHAT")


def problems_table(report: Document, width: int) -> str:
    """The accounts that have a problem, those that have the same one together, and how many are healthy."""
    accounts = [account for account in report["accounts"] if account["problems"]]
    rows = [_row_of(group) for group in alike(accounts, what)]
    healthy = report["totals"][HEALTHY]
    also = [f"{healthy} healthy (-e iam_alerting_status_show=all lists them)"] if healthy else []
    return "\n".join([*lines(HEADER, rows, width), *also, "", totals_line(report)])


def whole_table(report: Document, width: int) -> str:
    """Each account, also the healthy ones."""
    rows = [_row_of([account]) for account in report["accounts"]]
    return "\n".join([*lines(HEADER, rows, width), "", totals_line(report)])


def totals_line(report: Document) -> str:
    """How many accounts are in which state; one that has several problems counts for each."""
    totals = report["totals"]
    bad = [f"{totals[kind]} {OF_ACCOUNTS[kind]}" for kind in KINDS if totals[kind]]
    return f"{of_accounts(totals['accounts'])}: {', '.join([f'{totals[HEALTHY]} healthy', *bad])}."


def _row_of(accounts: Sequence[Document]) -> Row:
    """The row of an account, or of many with the same to say."""
    first = accounts[0]
    status, told = OF_ACCOUNT[first["status"]], what(first)
    if len(accounts) > 1:
        return (of_accounts(len(accounts)), "", status, "", said_of_many(accounts, told))
    return (account_title(first), first["account_id"] or "-", status, moment(first["last_alert"]), told)
