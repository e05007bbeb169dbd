# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verifications left behind that were broken off: found by place, name, tag and age, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import tags_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import TAG_OURS, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import unsubscribe
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import (
    KINDS,
    PATH,
    Kind,
    delete_patiently,
)

INFIX = "-verify-"  # between the name of the pipeline and what tells one verification from another


@dataclass(frozen=True)
class Leftovers:
    """Users and roles, and queues by name and URL."""

    principals: tuple[tuple[Kind, str], ...]
    queues: tuple[tuple[str, str], ...]

    @property
    def titles(self) -> list[str]:
        return [f"{kind.what} {name}" for kind, name in self.principals] + [
            f"queue {name}" for name, url in self.queues
        ]


def find(pair: Pair, before: datetime) -> Leftovers:
    """What verifications of this pipeline made before a time, and did not remove.

    Raises:
        AnsibleAWSError: a read failed.
    """
    iam, owner = pair.source.clients["iam"], pair.source.settings.name
    principals = [(kind, name) for kind in KINDS.values() for name in _principals(iam, kind, owner, before)]
    return Leftovers(tuple(principals), tuple(_queues(pair.alerting.clients["sqs"], owner, before)))


def remove(pair: Pair, found: Leftovers) -> None:
    """Remove them, the subscriptions of the queues first.

    Raises:
        AnsibleAWSError: a call failed.
    """
    for kind, name in found.principals:
        delete_patiently(pair.source.clients["iam"], kind, name)
    clients, settings = pair.alerting.clients, pair.alerting.settings
    endpoints = {settings.arn("sqs", name) for name, url in found.queues}
    for subscription_arn in _subscriptions(clients["sns"], settings, endpoints) if endpoints else ():
        unsubscribe(clients["sns"], subscription_arn)
    for name, url in found.queues:
        sqs_queue.delete(clients["sqs"], {"QueueName": name, "QueueUrl": url})


def _principals(iam: Any, kind: Kind, owner: str, before: datetime) -> Iterator[str]:
    what = kind.what.title()
    listed = call_all(f"list the {kind.what}s under {PATH}", iam, f"list_{kind.what}s", PathPrefix=PATH)[f"{what}s"]
    for each in listed:
        name = each[f"{what}Name"]
        if each["CreateDate"] < before and _is_ours(iam, kind, name, owner):
            yield name


def _is_ours(iam: Any, kind: Kind, name: str, owner: str) -> bool:
    operation = getattr(iam, f"list_{kind.what}_tags")
    tags = call(f"read the tags of {kind.what} {name}", operation, **kind.named(name))["Tags"]
    return tags_of(tags).get(TAG_OURS) == owner


def _queues(sqs: Any, owner: str, before: datetime) -> Iterator[tuple[str, str]]:
    prefix = f"{owner}{INFIX}"
    urls = call_all(f"list the queues {prefix}*", sqs, "list_queues", QueueNamePrefix=prefix).get("QueueUrls", [])
    for url in urls:
        name = url.rpartition("/")[2]
        # Queues are listed for up to a minute after they were deleted.
        try:
            tags = call(f"read the tags of queue {name}", sqs.list_queue_tags, QueueUrl=url).get("Tags", {})
            if tags.get(TAG_OURS) == owner and _made(sqs, name, url) < before.timestamp():
                yield name, url
        except is_ansible_aws_error_code(sqs_queue.MISSING):
            continue


def _made(sqs: Any, name: str, url: str) -> float:
    answer = call(
        f"read when queue {name} was made",
        sqs.get_queue_attributes,
        QueueUrl=url,
        AttributeNames=["CreatedTimestamp"],
    )
    return float(answer["Attributes"]["CreatedTimestamp"])


def _subscriptions(sns: Any, settings: Settings, endpoints: set[str]) -> Iterator[str]:
    topic = names.topic_arn(settings)
    listed = call_all(f"list the subscriptions of topic {topic}", sns, "list_subscriptions_by_topic", TopicArn=topic)
    for each in listed.get("Subscriptions", []):
        if each["Endpoint"] in endpoints and each["SubscriptionArn"].startswith("arn:"):
            yield each["SubscriptionArn"]
