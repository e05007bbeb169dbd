# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of all accounts in one document, as it is written for machines and read by C(table) and C(page)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import HEALTHY, KINDS


def make_report(accounts: Sequence[Document], generated: str) -> Document:
    """The report, with the accounts in the order in which they need somebody, and then by name.

    Args:
        accounts: the status of each, with the name of its C(host) in the inventory.
        generated: the time of the report, as ISO 8601.
    """
    return {"generated": generated, "totals": _totals(accounts), "accounts": sorted(accounts, key=_order)}


def _totals(accounts: Sequence[Document]) -> dict[str, int]:
    """How many accounts there are, how many are healthy, and how many have problems of each kind, maybe several."""
    kinds = [{problem["kind"] for problem in account["problems"]} for account in accounts]
    return {
        "accounts": len(accounts),
        HEALTHY: sum(not each for each in kinds),
        **{kind: sum(kind in each for each in kinds) for kind in KINDS},
    }


def _order(account: Document) -> tuple[Any, ...]:
    kinds = [KINDS.index(problem["kind"]) for problem in account["problems"]]
    return (min(kinds, default=len(KINDS)), account["host"])
