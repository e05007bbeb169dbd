# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a page: a row for each account."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.page import rendered
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import STATES
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.words import counts, title, words


def page(report: Document) -> str:
    """The page of a report."""
    return rendered(
        "run.html.j2",
        title=title(report),
        generated=report["generated"],
        totals=counts(report),
        accounts=[{**account, "title": account_title(account)} for account in report["accounts"]],
        ranks={state: rank for rank, state in enumerate(STATES)},
        words=words(report),
    )
