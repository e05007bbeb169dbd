# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queue that hears what the topic publishes of the two calls, for the time of a verification."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.queue import tls_only
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, seconds

NOT_FOUND = ["NotFound", "NotFoundException"]

LONGEST_POLL_SECONDS = 20  # Amazon SQS API Reference, "ReceiveMessage"
_RETENTION_SECONDS = 3600
# What was received once is not given out again, and goes with the queue.
_VISIBILITY_SECONDS = 43200


@dataclass
class Listener:
    """A queue of this name and its subscription, which are there from C(open) to C(close).

    Attributes:
        alerting: the account of the topic, where the queue is, too.
        account_id: the account whose alerts are heard.
        actions: those that are heard.
    """

    alerting: Entered
    name: str
    account_id: str
    actions: Sequence[str]
    url: str = ""
    subscription_arn: str = ""

    @property
    def settings(self) -> Settings:
        return self.alerting.settings

    @property
    def sqs(self) -> Any:
        return self.alerting.clients["sqs"]

    @property
    def sns(self) -> Any:
        return self.alerting.clients["sns"]

    @property
    def filter_policy(self) -> dict[str, list[str]]:
        return {"action": list(self.actions), "account": [self.account_id]}

    @property
    def desired(self) -> Document:
        return {
            "QueueName": self.name,
            "MessageRetentionPeriod": _RETENTION_SECONDS,
            "VisibilityTimeout": _VISIBILITY_SECONDS,
            "SqsManagedSseEnabled": True,
            "Policy": _policy(self.settings.arn("sqs", self.name), names.topic_arn(self.settings)),
        }

    def open(self) -> None:
        """Make the queue and subscribe it.

        Raises:
            AnsibleAWSError: there is no topic, or a call failed; C(close) removes what is there by then.
        """
        self.url = sqs_queue.apply(self.sqs, None, {**self.desired, "Tags": self.settings.tags})["QueueUrl"]
        topic = names.topic_arn(self.settings)
        try:
            self.subscription_arn = self._subscribe(topic)
        except is_ansible_aws_error_code(NOT_FOUND):
            raise AnsibleAWSError(message=f"There is no topic {topic}. Deploy first") from None

    def _subscribe(self, topic: str) -> str:
        answer = call(
            f"subscribe the queue {self.name} to topic {topic}",
            self.sns.subscribe,
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self.settings.arn("sqs", self.name),
            Attributes={"FilterPolicy": json.dumps(self.filter_policy)},
            ReturnSubscriptionArn=True,
        )
        return str(answer["SubscriptionArn"])

    def close(self) -> Iterator[str]:
        """Remove subscription and queue, one also if the other cannot be; gives what failed."""
        if self.subscription_arn:
            yield from _problem(lambda: unsubscribe(self.sns, self.subscription_arn))
        if self.url:
            yield from _problem(lambda: sqs_queue.delete(self.sqs, {"QueueName": self.name, "QueueUrl": self.url}))

    def receive(self, wait_seconds: int) -> list[Arrival]:
        """The messages that come, as soon as there is one, or none after so many seconds (20 at most)."""
        answer = call(
            f"receive messages from queue {self.name}",
            self.sqs.receive_message,
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        now = time.time()
        return [arrival for message in answer.get("Messages", []) if (arrival := arrived(message, now))]


@contextlib.contextmanager
def listening(listener: Listener, warn: Callable[[str], None]) -> Iterator[Listener]:
    """The listener, open in the block and closed however it ends; C(warn) is told what could not be removed."""
    try:
        listener.open()
        yield listener
    finally:
        for problem in listener.close():
            warn(f"{problem}. A verification removes it, once it is an hour old.")


def arrived(message: Mapping[str, Any], now: float) -> Arrival | None:
    """The message of a queue as SNS wrote it; None if it is somebody else's."""
    try:
        envelope = json.loads(message["Body"])
        return Arrival(
            action=envelope["MessageAttributes"]["action"]["Value"],
            text=envelope["Message"],
            published=seconds(envelope["Timestamp"]) or now,
            sent=int(message["Attributes"]["SentTimestamp"]) / 1000,
            seen=now,
        )
    except (KeyError, TypeError, ValueError):
        return None


def unsubscribe(sns: Any, subscription_arn: str) -> None:
    """End a subscription; nothing happens if it is gone by now."""
    try:
        call(f"unsubscribe {subscription_arn}", sns.unsubscribe, SubscriptionArn=subscription_arn)
    except is_ansible_aws_error_code(NOT_FOUND):
        pass


def _problem(step: Callable[[], None]) -> Iterator[str]:
    try:
        step()
    except AnsibleAWSError as error:
        yield str(error)


def _policy(queue_arn: str, topic_arn: str) -> Document:
    """Only our topic sends, not even who may send to any queue of the account: else the proof would prove nothing."""
    sends: Document = {"Action": "sqs:SendMessage", "Resource": queue_arn}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheTopicSends",
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                **sends,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            },
            {
                "Sid": "NobodyElseSends",
                "Effect": "Deny",
                "Principal": "*",
                **sends,
                "Condition": {"ArnNotEquals": {"aws:SourceArn": topic_arn}},
            },
            tls_only(queue_arn),
        ],
    }
