# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dead-letter queue: what could not be delivered waits here, and is not lost."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call, policies_differ
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed, refuse_foreign
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

RETENTION_SECONDS = 14 * 24 * 60 * 60  # the longest that SQS keeps a message


def desired(settings: Settings) -> dict[str, Any]:
    """The queue: encrypted, TLS only, written by our rules (and, through its role, by our function)."""
    return {
        "QueueName": names.queue_name(settings),
        "QueueArn": names.queue_arn(settings),
        "MessageRetentionPeriod": RETENTION_SECONDS,
        **encryption(settings),
        "Policy": policy(settings, "RulesSendWhatTheyCouldNotDeliver", names.queue_arn(settings)),
        "Tags": settings.tags,
    }


def encryption(settings: Settings) -> dict[str, Any]:
    """By the customer's key, or by SQS's own."""
    if settings.customer_key:
        return {"SqsManagedSseEnabled": False, "KmsMasterKeyId": names.key_alias_arn(settings)}
    return {"SqsManagedSseEnabled": True}


def policy(settings: Settings, sid: str, queue_arn: str) -> dict[str, Any]:
    """The policy of a queue to which our rules may send, and only they; C(sid) says what they send."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnLike": {"aws:SourceArn": names.sending_rule_arns(settings)}},
            },
            tls_only(queue_arn),
        ],
    }


def tls_only(queue_arn: str) -> dict[str, Any]:
    """The statement that denies whatever comes without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def live(account: Account, desired: Document) -> Document | None:
    """The queue as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    sqs = account.clients["sqs"]
    found = sqs_queue.describe(sqs, _wanted(desired))
    if found is not None:
        url = found["QueueUrl"]
        found["Tags"] = account.tags(desired["QueueArn"], desired["Tags"], lambda: _tags(sqs, url))
        unlike = "its policy is another" if policies_differ(found["Policy"] or {}, desired["Policy"]) else ""
        then = "only the rules will then send to it"
        refuse_foreign(f"queue {desired['QueueName']}", found["Tags"], desired["Tags"], unlike, then)
    return found


def waiting(live: Document) -> int:
    """How many messages there are, those included that somebody has just received; SQS's approximation."""
    return sum(int(live.get(count, 0)) for count in sqs_queue.COUNTS)


def _wanted(desired: Document) -> Document:
    """The queue in the terms in which it is compared; its tags are read and compared here."""
    return {name: value for name, value in desired.items() if name == "QueueName" or name in sqs_queue.ATTRIBUTES}


def _tags(sqs: Any, url: str) -> dict[str, str]:
    tags: dict[str, str] = call(f"read the tags of queue {url}", sqs.list_queue_tags, QueueUrl=url).get("Tags", {})
    return tags


def difference(live: Document | None, desired: Document) -> Change:
    """What of the queue differs."""
    own = sqs_queue.difference(live, _wanted(desired))
    return own | changed(live, desired, ("Tags",))
