# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status as a page: a row for each account."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import DISABLED
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.page import rendered
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title, of_accounts
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import HEALTHY, KINDS
from ansible_collections.trailwatch.aws.plugins.module_utils.status.words import OF_ACCOUNT, OF_ACCOUNTS, what_of

STATES = (*KINDS, HEALTHY)
UNKNOWN = "-"


def page(report: Document) -> str:
    """The page of a report."""
    totals = report["totals"]
    return rendered(
        "status.html.j2",
        title=f"status of {of_accounts(totals['accounts'])}",
        generated=report["generated"],
        totals=[(state, totals[state], OF_ACCOUNTS[state]) for state in STATES if totals[state]],
        accounts=[_shown(account) for account in report["accounts"]],
        what_of=what_of,
    )


def _shown(account: Document) -> Document:
    """The account with what is said of its parts."""
    return {
        **account,
        "title": account_title(account),
        "rank": STATES.index(account["status"]),
        "status_text": OF_ACCOUNT[account["status"]],
        "trail_text": _trail(account["trail"]),
        "rules_text": _rules(account["rules"]),
        "function_text": _function(account["function"]),
        "subscribers_text": _subscribers(account["subscribers"]),
    }


def _trail(trail: Document | None) -> str:
    if trail is None:
        return UNKNOWN
    state = ("logging" if trail["logging"] else "stopped") if trail["exists"] else "none"
    return state if trail["own"] else f"{state} ({trail['name']})"


def _rules(rules: Sequence[Document] | None) -> str:
    if rules is None:
        return UNKNOWN
    return f"{sum(rule['state'] != DISABLED for rule in rules)} of {len(rules)}" if rules else "none"


def _function(function: Document | None) -> str:
    if function is None:
        return UNKNOWN
    if not function["exists"]:
        return "none"
    code = "as desired" if function["code_as_desired"] else "other code"
    return f"{function['state'] or 'state unknown'}, {code}"


def _subscribers(subscribers: Sequence[Document] | None) -> str:
    if subscribers is None:
        return UNKNOWN
    states = [each["state"] for each in subscribers]
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "none"
