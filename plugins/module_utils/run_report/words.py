# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the outcomes are said in words, on the terminal as on the page."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import of_accounts
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import (
    CHANGED,
    FAILED,
    IN_SYNC,
    SKIPPED,
    STATES,
    UNREACHABLE,
)

_WORDS = {FAILED: "failed", UNREACHABLE: "unreachable", SKIPPED: "skipped", CHANGED: "changed"}
# Where all is as it is to be, this is what a playbook was to find out.
_IN_SYNC = {"deploy": "in sync", "verify": "passed"}
# An account that went well says what was done by itself.
_PREFIXES = {FAILED: "FAILED: ", UNREACHABLE: "UNREACHABLE: ", SKIPPED: "skipped: "}


def title(report: Document) -> str:
    """What the report is about."""
    mode = ", check only" if report["check_mode"] else ""
    return f"{report['playbook']} of {of_accounts(report['totals']['accounts'])}{mode}"


def words(report: Document) -> dict[str, str]:
    """What each state is called in a report."""
    changed = {CHANGED: "would change"} if report["check_mode"] else {}
    return {**_WORDS, **changed, IN_SYNC: _IN_SYNC.get(report["playbook"], "nothing to do")}


def line(account: Document) -> str:
    """What came of an account, on one line."""
    return f"{_PREFIXES.get(account['state'], '')}{account['what']}"


def counts(report: Document) -> list[tuple[str, int, str]]:
    """Each state that there is, how many accounts are in it, and what it is called; the best first."""
    called, totals = words(report), report["totals"]
    return [(state, totals[state], called[state]) for state in reversed(STATES) if totals[state]]


def totals_line(report: Document) -> str:
    """How many accounts are in which state."""
    told = ", ".join(f"{number} {called}" for _state, number, called in counts(report)) or "none"
    return f"{of_accounts(report['totals']['accounts'])}: {told}."
