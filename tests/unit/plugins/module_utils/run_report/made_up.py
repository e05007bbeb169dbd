# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Made-up outcomes: one of each state, and as many as one likes."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import outcome
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.report import make_report

GENERATED = "2026-03-16T07:02:11Z"
PENDING = "not confirmed yet: secops@example.com"


def in_sync(host: str, number: int = 1, *notes: str) -> dict[str, Any]:
    result = {"changed": False, "summary": "; ".join(["in sync", *notes]), "notes": list(notes), "affected": []}
    return outcome(host, f"{number:012}", host, result, None, None)


def changed(host: str, number: int = 1, *components: str) -> dict[str, Any]:
    # As after what was planned was done: the second plan changes nothing.
    result = {"changed": False, "summary": f"changed: {', '.join(components)}", "affected": list(components)}
    return outcome(host, f"{number:012}", host, result, None, None)


def failed(host: str, number: int = 1, reason: str = "Topic | Make it: AccessDenied") -> dict[str, Any]:
    return outcome(host, f"{number:012}", host, {}, reason, None)


def unreachable(host: str, number: int = 1) -> dict[str, Any]:
    result = {"failed": True, "msg": f"The role arn:aws:iam::{number:012}:role/x cannot be assumed.", "entered": False}
    return outcome(host, f"{number:012}", host, result, "Plan | Compare: The role", None)


def skipped(host: str, number: int = 1) -> dict[str, Any]:
    return outcome(host, f"{number:012}", host, {}, None, "1 of the 1 accounts of a batch before failed (canary)")


EACH = [
    in_sync("production", 111111111111),
    changed("staging", 222222222222, "trail", "rule"),
    failed("research", 333333333333),
    unreachable("acquired", 444444444444),
    skipped("archive", 555555555555),
]


def report(*accounts: dict[str, Any], **other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"playbook": "deploy", "check_mode": False, "fail_on": [], "generated": GENERATED, **other}
    return make_report(accounts=accounts, **given)
