# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topic that mails the alarms on the alerting to somebody else, if a mail address was given for it.

The alerting has no part in it, neither its function nor its role, nor a key: what breaks them does not silence it.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The topic: only our alarms publish, nobody outside the account subscribes, one address is told."""
    arn, is_ours = names.fallback_topic_arn(settings), settings.state_of_fallback_topic == PRESENT
    return {
        "State": settings.state_of_fallback_topic,
        "Name": names.fallback_topic_name(settings),
        "TopicArn": arn,
        "DisplayName": topic.DISPLAY_NAME,
        "Policy": {
            "Version": "2012-10-17",
            "Statement": [
                topic.alarms_publish(settings, arn),
                topic.nobody_else_publishes(arn, {"aws:SourceArn": names.alarm_arn(settings, "*")}),
                topic.nobody_outside_subscribes(settings, arn),
            ],
        },
        # SNS's own encryption, whatever key the alerts are encrypted with.
        "KmsMasterKeyId": "",
        "Subscriptions": [{"protocol": "email", "endpoint": settings.fallback}] if is_ours else [],
        # There is one; whoever was it before is not.
        "Purge": ["Subscriptions"],
        "Tags": settings.tags,
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a topic of ours."""
    return desired["TopicArn"] in account.tagged


live = topic.live
difference = topic.difference
