# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary for programs: the finding about the first event, updated by how many more came."""

from __future__ import annotations

from typing import Any

import finding
import when
from assess import Severity
from summary import Summary, span

_UPDATED = {
    "activity_id": 2,
    "activity_name": "Update",
    "type_uid": 200402,
    "type_name": "Detection Finding: Update",
    "status_id": 2,
    "status": "In Progress",
}


def updated_finding(told: Summary, now: float) -> dict[str, Any]:
    """The finding; `now` (seconds) stands in for times that cannot be read.

    It has the `finding_info.uid` of the finding about the first event. `count` says how many more there were.
    """
    event = told.first
    severity = Severity[event.severity.upper()]
    first, last = (when.milliseconds(time, now) for time in span(told))
    return {
        **finding.DETECTION_FINDING,
        **_UPDATED,
        **finding.severity(severity),
        "time": last,
        "start_time": first,
        "end_time": last,
        "count": told.more,
        "metadata": finding.metadata(event.action, ""),
        "cloud": finding.cloud(event.region, event.account, event.account_name),
        "finding_info": {
            "uid": event.eventID or "unknown",
            "title": f"{told.more} more {event.action} by {event.actor or 'unknown'}",
            "desc": f"The same came {told.more} more times; the finding about the first says why it matters.",
            "analytic": {"uid": "grouped", "name": "grouped", "type_id": 1, "type": "Rule"},
            "created_time": first,
            "first_seen_time": first,
            "last_seen_time": last,
            "data_sources": ["AWS CloudTrail"],
        },
        "resources": [{"name": target} for _key, target in told.listed if target],
        "evidences": [{"data": {"outcome": event.outcome, "actor": event.actor, "group": told.group}}],
    }
