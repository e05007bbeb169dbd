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
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import QUEUE

# Six times the function's timeout, as the Lambda Developer Guide wants it ("Using Lambda with Amazon SQS").
VISIBILITY_TIMEOUT_SECONDS = 6 * TIMEOUT_SECONDS
MAX_RECEIVE_COUNT = 10
# What a hub that stands by would tell of if it had to: so long there is to notice that the other one is lost. What that
# told of in this time is then told of once more.
STANDBY_SECONDS = 4 * 24 * 60 * 60


def desired(settings: Settings) -> dict[str, Any]:
    """The queue: encrypted, TLS only, written by our rules and by our function; what fails goes to the dead letters."""
    return {
        "State": settings.state_of_grouping,
        "QueueName": names.event_queue_name(settings),
        "QueueArn": names.event_queue_arn(settings),
        "VisibilityTimeout": VISIBILITY_TIMEOUT_SECONDS,
        "MessageRetentionPeriod": STANDBY_SECONDS if settings.topology.stands_by else queue.RETENTION_SECONDS,
        "RedrivePolicy": {
            "deadLetterTargetArn": names.queue_arn(settings),
            "maxReceiveCount": MAX_RECEIVE_COUNT,
        },
        **queue.encryption(settings),
        "Policy": _policy(settings),
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    """Our rules send; of a hub that its members reach by it, those of its members, too."""
    arn = names.event_queue_arn(settings)
    document = queue.policy(settings, "RulesSendEvents", arn)
    if settings.topology.lets_in_by(QUEUE):
        document["Statement"].append(members_send(settings, "sqs:SendMessage", arn))
    return document


def members_send(settings: Settings, action: str, arn: str) -> dict[str, Any]:
    """The statement by which the members of a hub send to it, each by the role that it has for that."""
    return {
        "Sid": "MembersSendEvents",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": arn,
        "Condition": {
            **settings.topology.senders,
            "ArnLike": {"aws:PrincipalArn": names.forwarding_role_arns(settings)},
        },
    }


def told(settings: Settings, live: Document | None) -> list[str]:
    """What there is to say of the queue of a hub that stands by."""
    if live is None or not settings.topology.stands_by:
        return []
    return [f"stands by for the hub {settings.topology.hub}, events that wait: {queue.waiting(live)}"]


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a queue of ours."""
    return desired["QueueArn"] in account.tagged


live = queue.live
difference = queue.difference
