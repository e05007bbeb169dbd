# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SNS topic that mails the alerts, with its subscribers."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# What a mail shows as its sender.
DISPLAY_NAME = "cloudtrail-alerting"


def desired(settings: Settings) -> dict[str, Any]:
    """The topic: only our function publishes, nobody outside the account subscribes."""
    return {
        "Name": settings.name,
        "TopicArn": names.topic_arn(settings),
        "DisplayName": DISPLAY_NAME,
        "Policy": _policy(settings),
        "Subscriptions": [dict(subscription) for subscription in settings.subscriptions],
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    # By condition and not by principal: SNS refuses a policy that names a role which does not exist yet, and rewrites
    # it when the role is made anew.
    function_role = {"aws:PrincipalArn": names.role_arn(settings)}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheFunctionPublishes",
                "Effect": "Allow",
                "Principal": {"AWS": settings.global_arn("iam", "root")},
                "Action": "sns:Publish",
                "Resource": names.topic_arn(settings),
                "Condition": {"ArnEquals": function_role},
            },
            {
                "Sid": "NobodyElsePublishes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Publish",
                "Resource": names.topic_arn(settings),
                "Condition": {"ArnNotEquals": function_role},
            },
            {
                "Sid": "NobodyOutsideSubscribes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Subscribe",
                "Resource": names.topic_arn(settings),
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": settings.account_id}},
            },
        ],
    }
