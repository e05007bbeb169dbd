"""Who gets which text of a message, and how."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.small_pipeline import NAME, packed
from tests.webhook import Webhook

TEXTS = {"default": "for all", "email": "for readers", "sqs": "for queues", "https": "for chats", "lambda": 5}
SUBSCRIBER = """
import boto3, json
def lambda_handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="seen")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event["Records"][0]["Sns"]["Message"]))
"""


@pytest.fixture
def topic(account):
    return account.client("sns").create_topic(Name="news")["TopicArn"]


@pytest.fixture
def publish(account, topic):
    def published(texts):
        message = texts if isinstance(texts, str) else json.dumps(texts)
        return account.client("sns").publish(TopicArn=topic, MessageStructure="json", Message=message)

    return published


@pytest.mark.parametrize(("raw", "body"), [("true", "for queues"), ("false", None)])
def test_queue_gets_its_text_raw_or_in_an_envelope(account, topic, publish, raw, body):
    queue = account.make_queue("seen", "sns.amazonaws.com")
    account.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": raw}
    )
    publish(TEXTS)
    sqs = account.client("sqs")
    [message] = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="seen")["QueueUrl"])["Messages"]
    assert body == message["Body"] if body else json.loads(message["Body"])["Message"] == "for queues"


def test_web_servers_confirm_and_get_their_text(account, topic, publish, eventually, tmp_path):
    sns = account.client("sns")
    with Webhook() as plain, Webhook(tmp_path) as secure:
        for protocol, hook in (("http", plain), ("https", secure)):
            answer = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=hook.url)
            assert answer["SubscriptionArn"] == "pending confirmation"
        attributes = {"TopicArn": topic}
        assert eventually(lambda: sns.get_topic_attributes(**attributes)["Attributes"]["SubscriptionsPending"] == "0")
        publish(TEXTS)
        assert eventually(lambda: plain.notifications and secure.notifications)
        assert json.loads(plain.notifications[0])["Message"] == "for all"
        assert json.loads(secure.notifications[0])["Message"] == "for chats"


def test_value_that_is_no_text_counts_as_absent(account, topic, publish, messages):
    account.make_queue("seen")
    function = account.client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=account.make_role("sqs:*"),
        Handler="handler.lambda_handler",
        Code={"ZipFile": packed(SUBSCRIBER)},
    )["FunctionArn"]
    account.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    publish(TEXTS)
    assert messages(account, "seen")[0] == "for all"


@pytest.mark.parametrize(
    "message",
    ["no json", "[]", '{"email": "e"}', '{"default": 5}', '{"default": "a", "default": "b"}', '{"default": "a", }'],
)
def test_malformed_message_is_refused(publish, message):
    with pytest.raises(ClientError, match=r"InvalidParameter.*Message Structure"):
        publish(message)


def test_size_of_all_texts_together_is_limited(publish):
    texts = json.dumps({"default": "", "email": "for readers"})
    filled = texts.replace('""', '"' + "x" * (256 * 1024 - len(texts)) + '"')
    assert publish(filled)["MessageId"]
    with pytest.raises(ClientError, match=r"InvalidParameter.*too long"):
        publish(filled + " ")


def test_nothing_is_sent_to_other_machines(account, topic, publish, sandbox, eventually):
    account.client("sns").subscribe(TopicArn=topic, Protocol="https", Endpoint="https://hooks.example.invalid/x")
    log = sandbox.state / "server.log"
    assert eventually(lambda: "sends nothing to other machines: https://hooks.example.invalid/x" in log.read_text())
