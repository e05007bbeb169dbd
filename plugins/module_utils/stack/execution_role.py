# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that the function runs as, with no permission that it does not use."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The role: for Lambda alone; publishes, logs, and hands on what failed."""
    return {
        "RoleName": names.role_name(settings),
        "Arn": names.role_arn(settings),
        "Description": f"Runs the function {settings.name} of Trailwatch.",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "PolicyName": names.role_name(settings),
        "PolicyDocument": _policy(settings),
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    statements = {
        "PublishAlerts": ("sns:Publish", names.topic_arn(settings)),
        "KeepWhatFailed": ("sqs:SendMessage", names.queue_arn(settings)),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], f"{names.log_group_arn(settings)}:*"),
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
            for sid, (action, resource) in statements.items()
        ],
    }
