# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that lets the function report every so many minutes that what rules send arrives."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# What the function knows a heartbeat by; it mails nobody about it (files/lambda/metrics.py).
DOCUMENT = {"trailwatch": "heartbeat"}


def desired(settings: Settings) -> dict[str, Any]:
    """The rule; what it fires into is what the rule of the action list fires into."""
    common = rule.common(settings)
    return {
        "State": settings.state_of_heartbeat,
        "Name": names.heartbeat_rule_name(settings),
        "Description": "A heartbeat that the function counts and tells nobody of.",
        "ScheduleExpression": f"rate({settings.heartbeat_minutes} minutes)",
        **common,
        # Each account counts its own.
        "Targets": [
            {**target, "input": json.dumps(DOCUMENT)} for target in common["Targets"] if target["id"] == rule.TARGET_ID
        ],
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of the rule."""
    return any(arn.endswith(f":rule/{desired['Name']}") for arn in account.tagged)


live, difference, is_there = rule.read, rule.compared, rule.is_there
