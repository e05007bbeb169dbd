# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dead-letter queue: what could not be delivered waits here, and is not lost."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

RETENTION_SECONDS = 14 * 24 * 60 * 60  # the longest that SQS keeps a message


def desired(settings: Settings) -> dict[str, Any]:
    """The queue: encrypted, TLS only, written by our rules (and, through its role, by our function)."""
    return {
        "QueueName": names.queue_name(settings),
        "QueueArn": names.queue_arn(settings),
        "MessageRetentionPeriod": RETENTION_SECONDS,
        "SqsManagedSseEnabled": True,
        "Policy": _policy(settings),
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RulesSendWhatTheyCouldNotDeliver",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": names.queue_arn(settings),
                "Condition": {"ArnLike": {"aws:SourceArn": names.rule_arns(settings)}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": names.queue_arn(settings),
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
