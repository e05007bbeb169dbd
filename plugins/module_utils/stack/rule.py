# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that hands the actions of the list to the function."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

TARGET_ID = "function"


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, in the terms of the module iam_event_rule: patterns and shards follow from the actions."""
    return {
        "Name": settings.name,
        "Description": "Critical IAM actions, for the function of the same name.",
        "Actions": list(settings.actions),
        "Target": {
            "Id": TARGET_ID,
            "Arn": names.function_arn(settings),
            "DeadLetterArn": names.queue_arn(settings),
        },
        "Tags": settings.tags,
    }
