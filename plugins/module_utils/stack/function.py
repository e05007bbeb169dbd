# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lambda function that turns an event into a message."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

RUNTIME = "python3.13"
HANDLER = "handler.lambda_handler"
TIMEOUT_SECONDS = 30
MEMORY_MIB = 128


def desired(settings: Settings) -> dict[str, Any]:
    """The function without its code, which is the same for all accounts."""
    return {
        "FunctionName": settings.name,
        "FunctionArn": names.function_arn(settings),
        "Description": "Writes a message about a critical IAM action and publishes it.",
        "Runtime": RUNTIME,
        "Handler": HANDLER,
        "Architecture": settings.architecture,
        "Timeout": TIMEOUT_SECONDS,
        "MemorySize": MEMORY_MIB,
        "Role": names.role_arn(settings),
        "DeadLetterConfig": {"TargetArn": names.queue_arn(settings)},
        "Environment": {"TOPIC_ARN": names.topic_arn(settings), "ACCOUNT_NAME": settings.account_name},
        "Tags": settings.tags,
    }
