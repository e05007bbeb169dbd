# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Made-up accounts: one in each state, and as many healthy ones as one likes."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import unreadable
from ansible_collections.trailwatch.aws.plugins.module_utils.status.report import make_report

GENERATED = "2026-03-16T07:02:11Z"
UNKNOWN = {"asked": None, "protected": None, "note": None}
SECOPS = {"protocol": "email", "endpoint": "secops@example.com", "state": "confirmed", **UNKNOWN, "protected": True}
SIEM = {"protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:111111111111:siem", "state": "confirmed", **UNKNOWN}
HEALTHY: dict[str, Any] = {
    "region": "us-east-1",
    "status": "healthy",
    "problems": [],
    "trail": {
        "name": "iam-alerting",
        "own": True,
        "exists": True,
        "logging": True,
        "last_delivery": "2026-03-16T06:58:40Z",
        "delivery_error": None,
    },
    "rules": [{"name": "iam-alerting", "state": "ENABLED"}],
    "function": {
        "exists": True,
        "state": "Active",
        "last_modified": "2026-03-02T09:14:05Z",
        "code_as_desired": True,
    },
    "subscribers": [SECOPS, SIEM],
    "dead_letters": 0,
    "alarms": [{"name": "iam-alerting/unheard", "state": "OK", "since": "2026-03-02T09:15:30Z"}],
    "waiting": None,
    "last_alert": "2026-03-15T16:00:00Z",
    "drift": [],
}


def healthy(host: str, number: int, **other: Any) -> dict[str, Any]:
    return {"host": host, "account_id": f"{number:012}", "account_name": host, **HEALTHY, **other}


def troubled(host: str, number: int, *problems: tuple[str, str], **other: Any) -> dict[str, Any]:
    told = [{"kind": kind, "what": what} for kind, what in problems]
    return healthy(host, number, status=told[0]["kind"], problems=told, **other)


def failed(host: str, number: int, reason: str) -> dict[str, Any]:
    return {"host": host, **unreadable(f"{number:012}", host, reason)}


def many(number: int) -> list[dict[str, Any]]:
    names = ("web", "data", "ml", "billing", "search", "mobile", "edge", "partner")
    return [
        healthy(f"{names[each % len(names)]}-{each // len(names) + 1:02}", 400000000000 + each)
        for each in range(number)
    ]


TROUBLED = [
    failed(
        "acquired-shop",
        210987654321,
        "The role arn:aws:iam::210987654321:role/OrganizationAccountAccessRole cannot be assumed: AccessDenied.",
    ),
    troubled(
        "payments",
        222222222222,
        ("deaf", "trail iam-alerting is not logging"),
        ("drift", "differs: trail"),
        trail={**HEALTHY["trail"], "logging": False, "last_delivery": "2026-03-13T22:41:09Z"},
        last_alert="2026-03-13T22:00:00Z",
        drift=["trail"],
    ),
    troubled(
        "research",
        333333333333,
        ("deaf", "rule iam-alerting is disabled"),
        ("drift", "differs: rule"),
        rules=[{"name": "iam-alerting", "state": "DISABLED"}, {"name": "iam-alerting-2", "state": "ENABLED"}],
        last_alert=None,
        drift=["rule"],
    ),
    troubled("warehouse", 345678901234, ("dead_letters", "dead letters: 12 in iam-alerting-dlq"), dead_letters=12),
    troubled(
        "events",
        350000000000,
        ("alarm", "alarm iam-alerting/unheard: alerts were published to the topic iam-alerting and nobody got them"),
        alarms=[{"name": "iam-alerting/unheard", "state": "ALARM", "since": "2026-03-15T16:08:00Z"}],
    ),
    troubled(
        "staging",
        356789012345,
        ("drift", "differs: topic, function"),
        ("drift", "lost: on-call@example.com (unsubscribed 2026-03-15 22:14 UTC by assumed-role/Admin/alice)"),
        function={**HEALTHY["function"], "code_as_desired": False, "last_modified": "2026-01-20T10:30:00Z"},
        subscribers=[
            {
                **SECOPS,
                "endpoint": "on-call@example.com",
                "state": "lost",
                "protected": None,
                "asked": "2026-01-20T10:30:11Z",
                "note": "unsubscribed 2026-03-15 22:14 UTC by assumed-role/Admin/alice",
            },
            SECOPS,
        ],
        drift=["topic", "function"],
    ),
    troubled(
        "archive",
        367890123456,
        ("delivery", "log files are not delivered: AccessDenied"),
        trail={**HEALTHY["trail"], "last_delivery": "2026-03-15T18:20:00Z", "delivery_error": "AccessDenied"},
    ),
    troubled(
        "sandbox",
        378901234567,
        ("pending", "not confirmed: new-hire@example.com (asked 2026-03-15 08:41 UTC)"),
        subscribers=[
            {
                **SECOPS,
                "endpoint": "new-hire@example.com",
                "state": "pending",
                "protected": None,
                "asked": "2026-03-15T08:41:37Z",
            },
            SECOPS,
        ],
    ),
]


def report(*accounts: dict[str, Any]) -> dict[str, Any]:
    return make_report(accounts, GENERATED)
