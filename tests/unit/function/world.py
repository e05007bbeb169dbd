# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""The services around the function when it groups events: a table by moto, a queue and a topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import batch
import boto3
import handler
import pytest
import reminder
from moto import mock_aws

Build = Callable[..., dict[str, Any]]

TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
QUEUE = "arn:aws:sqs:us-east-1:111111111111:iam-alerting-events"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:iam-alerting"
TABLE = "iam-alerting-groups"
WINDOW = 60
VISIBILITY = 180
MAX_RECEIVES = 10
FIRST = "CRITICAL iam:CreateUser by alice in production (111111111111)"


def more(count: int) -> str:
    return f"CRITICAL {count} more iam:CreateUser by alice in production (111111111111)"


class InterruptedCallError(Exception):
    """A call that failed, or whose answer was lost."""


class World:
    """The services around the function. Each of their calls is a step, at which something can be made to happen."""

    def __init__(self, dynamodb: Any) -> None:
        self.now = 1_800_000_000.0
        self.mails: list[dict[str, Any]] = []
        self.queue: list[dict[str, Any]] = []
        self.dead: list[str] = []
        self.steps = 0
        self.before: Callable[[int, str], None] = lambda step, call: None
        self.after: Callable[[int, str], None] = lambda step, call: None
        self.repeated = 0
        self.remaining = 30_000
        self.sent = 0
        self.dynamodb = dynamodb
        self.exceptions = dynamodb.exceptions

    def step(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(**parameters: Any) -> Any:
            self.steps += 1
            step = self.steps
            self.before(step, name)
            if step == self.repeated:
                call(**parameters)
            answer = call(**parameters)
            self.after(step, name)
            return answer

        return stepped

    def __getattr__(self, name: str) -> Any:
        """The calls of DynamoDB."""
        return self.step(name, getattr(self.dynamodb, name))

    def publish(self, **mail: Any) -> dict[str, str]:
        def publish(**mail: Any) -> dict[str, str]:
            self.mails.append(mail)
            return {"MessageId": f"m-{len(self.mails)}"}

        answer: dict[str, str] = self.step("publish", publish)(**mail)
        return answer

    def get_queue_url(self, **queue: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/{queue['QueueOwnerAWSAccountId']}/{queue['QueueName']}"}

    def send_message(self, **message: Any) -> None:
        assert message["QueueUrl"] == "https://sqs/111111111111/iam-alerting-events"
        assert 0 <= message["DelaySeconds"] <= 900
        self.step("send_message", self.put)(body=message["MessageBody"], delay=message["DelaySeconds"])

    def put(self, body: str, delay: float = 0) -> None:
        self.sent += 1
        self.queue.append({"id": f"q-{self.sent}", "body": body, "due": self.now + delay, "count": 0})

    def come(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.put(json.dumps(event))

    def invoke(self, *messages: dict[str, Any]) -> list[str]:
        """Have the function work off the messages; answers with the ids of those that failed."""
        records = [
            {
                "messageId": message["id"],
                "body": message["body"],
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "attributes": {"ApproximateReceiveCount": str(message["count"])},
            }
            for message in messages
        ]
        context = SimpleNamespace(invoked_function_arn=FUNCTION, get_remaining_time_in_millis=lambda: self.remaining)
        answer = handler.lambda_handler({"Records": records}, context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def receive(self, size: int = 10) -> None:
        """One batch of what is in the queue, when it is due."""
        self.now = max(self.now, min(message["due"] for message in self.queue))
        taken = [message for message in self.queue if message["due"] <= self.now][:size]
        for message in taken:
            self.queue.remove(message)
            message["count"] += 1
        failed = self.invoke(*taken)
        for message in taken:
            if message["id"] in failed and message["count"] == MAX_RECEIVES:
                self.dead.append(message["body"])
            elif message["id"] in failed:
                self.queue.append({**message, "due": self.now + VISIBILITY})

    def run(self, size: int = 10) -> None:
        """Until nothing is left in the queue."""
        for _round in range(100):
            if not self.queue:
                return
            self.receive(size)
        raise AssertionError("the queue does not run dry")

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]

    def told(self) -> int:
        """How many events people know of, by mails and summaries."""
        return sum(int(subject.split()[1]) if " more " in subject else 1 for subject in self.subjects())

    def items(self) -> list[Any]:
        found: list[Any] = self.dynamodb.scan(TableName=TABLE)["Items"]
        return found

    def windows(self) -> list[Any]:
        return [item for item in self.items() if item["sk"]["S"] == "window"]


@contextmanager
def table() -> Iterator[Any]:
    """DynamoDB with the table."""
    keys = {"pk": "HASH", "sk": "RANGE"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        )
        yield client


@contextmanager
def around_the_function(monkeypatch: pytest.MonkeyPatch, dynamodb: Any) -> Iterator[World]:
    """The function set up for grouping, with the world around it and an empty table."""
    monkeypatch.setenv("TOPIC_ARN", TOPIC)
    monkeypatch.setenv("ACCOUNT_NAME", "production")
    monkeypatch.setenv("GROUP_SECONDS", str(WINDOW))
    world, make = World(dynamodb), batch._grouping
    monkeypatch.setattr(batch, "_grouping", lambda *told: make(*told)._replace(clock=lambda: world.now))
    monkeypatch.setattr(batch, "_dynamodb", lambda region: world)
    monkeypatch.setattr(batch, "paced", lambda send: send)
    monkeypatch.setattr(reminder, "_sqs", lambda arn: world)
    monkeypatch.setattr(handler, "_sns", lambda region: world)
    yield world
    reminder._queue_url.cache_clear()
    for item in world.items():
        dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})


def storm(event: Build, count: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        event(
            eventID=f"e-{number}",
            eventTime=f"2026-03-14T03:{7 + number // 60:02}:{number % 60:02}Z",
            requestParameters={"userName": f"user-{number}"},
            **fields,
        )
        for number in range(count)
    ]


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
