# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How parts of a status are said in words, on the terminal as on the page."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import moment
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import (
    ALARM,
    DEAD_LETTERS,
    DEAF,
    DELIVERY,
    DRIFT,
    HEALTHY,
    PENDING,
    STANDBY,
    UNEXPECTED,
    UNREADABLE,
)

# Of how many accounts it can be said.
OF_ACCOUNTS = {
    HEALTHY: "healthy",
    UNREADABLE: "unreadable",
    DEAF: "deaf",
    DEAD_LETTERS: "with dead letters",
    ALARM: "with alarms",
    DRIFT: "drifted",
    DELIVERY: "without log files",
    PENDING: "with pending subscribers",
    UNEXPECTED: "with unexpected subscribers",
    STANDBY: "standing by",
}
# Of one account.
OF_ACCOUNT = {
    **OF_ACCOUNTS,
    DEAD_LETTERS: "dead letters",
    ALARM: "alarm",
    DRIFT: "drift",
    DELIVERY: "no log files",
    PENDING: "pending",
    UNEXPECTED: "unexpected",
}


def what(account: Document) -> str:
    """All problems of an account in one line."""
    return "; ".join(problem["what"] for problem in account["problems"])


def what_of(subscriber: Document) -> str:
    """What has become of a subscriber, and what else is known of it."""
    protection = {True: "protected", False: "anybody with a mail can unsubscribe"}.get(subscriber["protected"])
    asked = f"asked {moment(subscriber['asked'])}" if subscriber["asked"] and not subscriber["note"] else None
    return ", ".join(part for part in (subscriber["state"], subscriber["note"] or asked, protection) if part)
