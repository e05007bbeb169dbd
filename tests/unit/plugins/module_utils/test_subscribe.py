# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The call that subscribes says who it is for, as far as CloudTrail shows it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.awsrequest import AWSResponse

from ansible_collections.trailwatch.aws.plugins.module_utils.subscribe import marker, subscribe

TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
WHO = {"Protocol": "email", "Endpoint": "secops@example.com"}
ANSWER = (
    b"<SubscribeResponse><SubscribeResult><SubscriptionArn>%s:1</SubscriptionArn></SubscribeResult></SubscribeResponse>"
)
REFUSED = b"<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>"


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_arguments: Any) -> Any:
        yield self.body


class Wire:
    """An SNS that keeps the requests as they are sent, and answers from memory."""

    def __init__(self, status: int = 200, body: bytes = ANSWER % TOPIC.encode()) -> None:
        self.status, self.body = status, body
        self.sent: list[Any] = []
        self.client = boto3.client("sns", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.client.meta.events.register_last("before-send.sns", self.answer)

    def answer(self, request: Any, **_details: Any) -> AWSResponse:
        self.sent.append(request)
        return AWSResponse(request.url, self.status, {}, Raw(self.body))

    def agents(self) -> list[str]:
        texts = [request.headers["User-Agent"] for request in self.sent]
        return [text.decode() if isinstance(text, bytes) else text for text in texts]


def test_the_user_agent_has_the_mark_of_the_subscriber_and_only_of_this_one() -> None:
    wire = Wire()
    other = {"Protocol": "email", "Endpoint": "other@example.com"}
    for who in (WHO, other):
        assert subscribe(wire.client, TOPIC, who, who["Endpoint"]) == f"{TOPIC}:1"
    wire.client.delete_topic(TopicArn=TOPIC)
    first, second, none = wire.agents()
    assert marker(*WHO.values()) in first.split()
    assert marker(*other.values()) in second.split()
    assert marker(*WHO.values()) not in second
    assert "trailwatch-subscriber" not in none


def test_a_call_that_failed_leaves_no_mark_on_the_next() -> None:
    wire = Wire(403, REFUSED)
    with pytest.raises(AnsibleAWSError, match=f"subscribe email {WHO['Endpoint']} to topic"):
        subscribe(wire.client, TOPIC, WHO, WHO["Endpoint"])
    wire.status, wire.body = 200, ANSWER % TOPIC.encode()
    wire.client.delete_topic(TopicArn=TOPIC)
    assert "trailwatch-subscriber" not in wire.agents()[-1]


def test_nothing_of_the_address_and_of_a_password_is_in_the_mark() -> None:
    assert "secops" not in marker(*WHO.values())
    wire = Wire()
    shown = {"Protocol": "https", "Endpoint": "https://me:****@example.com/"}
    subscribe(wire.client, TOPIC, shown, "https://me:secret@example.com/", {"RawMessageDelivery": "true"})
    assert marker(*shown.values()) in wire.agents()[0]
    assert "me%3Asecret%40example.com" in wire.sent[0].body
    assert "RawMessageDelivery" in wire.sent[0].body
