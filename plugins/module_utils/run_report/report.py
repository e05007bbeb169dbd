# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcomes of all accounts in one document, as it is written for machines and read by the other forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import (
    FAILED,
    IN_SYNC,
    STATES,
    UNREACHABLE,
)

# Beside these, what counts as a failure is up to the user.
ALWAYS_FAILING = (FAILED, UNREACHABLE)


def make_report(
    playbook: str, check_mode: bool, accounts: Sequence[Document], fail_on: Collection[str], generated: str
) -> Document:
    """The report, with the accounts in the order in which they need somebody, and then by name.

    Args:
        playbook: what was run.
        check_mode: whether nothing was written.
        accounts: the outcome of each.
        fail_on: states that count as failures, too.
        generated: the time of the report, as ISO 8601.
    """
    ordered = sorted(accounts, key=_order)
    counts = Counter(account["state"] for account in accounts)
    return {
        "playbook": playbook,
        "check_mode": check_mode,
        "generated": generated,
        "totals": {"accounts": len(accounts), **{state: counts[state] for state in reversed(STATES)}},
        "failing": [account["host"] for account in ordered if account["state"] in {*ALWAYS_FAILING, *fail_on}],
        "accounts": ordered,
    }


def is_quiet(account: Document) -> bool:
    """Whether nobody needs to look at the account."""
    return account["state"] == IN_SYNC and not account["notes"]


def _order(account: Document) -> tuple[int, str]:
    return (STATES.index(account["state"]), account["host"])
