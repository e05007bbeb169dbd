# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queue that gathers events for the function, if alerts are grouped: bursts wait here, and summaries."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, queue
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.function import TIMEOUT_SECONDS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB

# Six times the function's timeout, as the Lambda Developer Guide wants it ("Using Lambda with Amazon SQS").
VISIBILITY_TIMEOUT_SECONDS = 6 * TIMEOUT_SECONDS
MAX_RECEIVE_COUNT = 10


def desired(settings: Settings) -> dict[str, Any]:
    """The queue: encrypted, TLS only, written by our rules and by our function; what fails goes to the dead letters."""
    return {
        "State": settings.state_of_grouping,
        "QueueName": names.event_queue_name(settings),
        "QueueArn": names.event_queue_arn(settings),
        "VisibilityTimeout": VISIBILITY_TIMEOUT_SECONDS,
        "MessageRetentionPeriod": queue.RETENTION_SECONDS,
        "RedrivePolicy": {
            "deadLetterTargetArn": names.queue_arn(settings),
            "maxReceiveCount": MAX_RECEIVE_COUNT,
        },
        **queue.encryption(settings),
        "Policy": _policy(settings),
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    """Our rules send; of a hub, those of its members, too, each by the role that it has for that."""
    arn = names.event_queue_arn(settings)
    document = queue.policy(settings, "RulesSendEvents", arn)
    if settings.topology.kind == HUB:
        document["Statement"].append(
            {
                "Sid": "MembersSendEvents",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {
                    **settings.topology.senders,
                    "ArnLike": {"aws:PrincipalArn": names.forwarding_role_arns(settings)},
                },
            }
        )
    return document


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a queue of ours."""
    return desired["QueueArn"] in account.tagged


live = queue.live
difference = queue.difference
