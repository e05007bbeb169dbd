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

_WORDS = {FAILED: "failed", UNREACHABLE: "unreachable", SKIPPED: "skipped"}
# An account that went well says what was done by itself.
_PREFIXES = {FAILED: "FAILED: ", UNREACHABLE: "UNREACHABLE: ", SKIPPED: "skipped: "}


def title(report: Document) -> str:
    """What the report is about."""
    mode = ", check only" if report["check_mode"] else ""
    return f"{report['playbook']} of {of_accounts(report['totals']['accounts'])}{mode}"


def words(report: Document) -> dict[str, str]:
    """What each state is called in a report."""
    changed = "would change" if report["check_mode"] else "changed"
    return {**_WORDS, CHANGED: changed, IN_SYNC: _in_sync(report)}


def _in_sync(report: Document) -> str:
    """What it means that nothing changed. A check of a verification verifies nothing."""
    if report["playbook"] == "deploy":
        return "in sync"
    return "passed" if report["playbook"] == "verify" and not report["check_mode"] else "unchanged"


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
