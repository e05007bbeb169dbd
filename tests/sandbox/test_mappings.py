"""What an event source mapping hands to a function, and what becomes of the messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.small_pipeline import NAME, Account, policy

TIMEOUT = 20
ALL = ("sqs:*", "dynamodb:PutItem", "logs:*")
# Tells the queue "seen" what it gets, and fails as the messages say.
HANDLER = """
import json, os, boto3
sqs = boto3.client("sqs")
def lambda_handler(event, context):
    sqs.send_message(QueueUrl=os.environ["TOPIC_ARN"], MessageBody=json.dumps(event))
    bodies = {record["messageId"]: json.loads(record["body"]) for record in event["Records"]}
    if "raise" in bodies.values():
        raise RuntimeError("no luck")
    return {"batchItemFailures": [{"itemIdentifier": key} for key, body in bodies.items() if body == "fail"]}
"""


class Mapped:
    """A function that a queue feeds."""

    def __init__(
        self, account: Account, source: str = HANDLER, actions: tuple[str, ...] = ALL, **settings: Any
    ) -> None:
        self.account, self.sqs = account, account.client("sqs")
        self.seen = self.sqs.create_queue(QueueName="seen")["QueueUrl"]
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": account.arn("sqs", "dead"), "maxReceiveCount": 2}
        attributes = {"VisibilityTimeout": str(TIMEOUT), "RedrivePolicy": json.dumps(redrive)}
        self.url = self.sqs.create_queue(QueueName="events", Attributes=attributes)["QueueUrl"]
        account.make_function(self.seen, source, actions)
        self.create(**settings)

    def create(self, **settings: Any) -> None:
        usual = {"FunctionName": NAME, "EventSourceArn": self.account.arn("sqs", "events")}
        reporting = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
        self.account.client("lambda").create_event_source_mapping(**{**usual, **reporting, **settings})

    def hide_for_a_second(self) -> None:
        """From now on, what failed comes back at once; a mapping could not be made so."""
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"VisibilityTimeout": "1"})

    def send(self, *bodies: Any, **settings: Any) -> None:
        entries = [{"Id": str(n), "MessageBody": json.dumps(body), **settings} for n, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def counts(self) -> tuple[int, int, int]:
        """Of the queue, the messages to be received, in flight and kept back."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        names = ("", "NotVisible", "Delayed")
        visible, flying, delayed = (int(attributes[f"ApproximateNumberOfMessages{name}"]) for name in names)
        return visible, flying, delayed


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_messages_come_as_a_batch_and_are_deleted(account, messages, eventually):
    mapped = Mapped(account)
    mapped.send("one")
    event, _ = messages(account, "seen")
    (record,) = event["Records"]
    assert json.loads(record["body"]) == "one"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == account.arn("sqs", "events")
    assert record["awsRegion"] == "us-east-1"
    assert record["messageId"]
    assert record["receiptHandle"]
    assert {"ApproximateReceiveCount", "SentTimestamp", "SenderId"} <= record["attributes"].keys()
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"] == {}
    assert eventually(lambda: mapped.counts() == (0, 0, 0))


def test_what_a_rule_sends_to_the_queue_reaches_the_function(account, messages):
    Mapped(account)
    account.make_trail()
    queue = account.arn("sqs", "events")
    account.client("sqs").set_queue_attributes(
        QueueUrl=account.client("sqs").get_queue_url(QueueName="events")["QueueUrl"],
        Attributes={
            "Policy": policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                }
            )
        },
    )
    account.make_rule(queue, permission=False)
    account.client("iam").create_user(UserName="mallory")
    event, _ = messages(account, "seen")
    assert json.loads(event["Records"][0]["body"])["detail"]["eventName"] == "CreateUser"


def test_what_fails_stays_hidden_then_comes_again_then_is_a_dead_letter(account, messages, eventually):
    mapped = Mapped(account)
    mapped.hide_for_a_second()
    mapped.send("raise")
    received = [messages(account, "seen")[0]["Records"][0]["attributes"]["ApproximateReceiveCount"] for _ in range(2)]
    assert received == ["1", "2"]
    assert messages(account, "dead")[0] == "raise"
    assert mapped.counts() == (0, 0, 0)


def test_of_a_batch_only_what_the_function_names_stays(account, eventually):
    mapped = Mapped(account, BatchSize=10)
    mapped.send("well", "fail", "well")
    assert eventually(lambda: mapped.counts() == (0, 1, 0))


@pytest.mark.parametrize("answer", ["'sorry'", "{'batchItemFailures': [{'itemIdentifier': ''}]}"])
def test_an_answer_that_names_no_message_of_the_batch_counts_for_all(account, eventually, answer):
    source = HANDLER.partition("    bodies")[0] + f"    return {answer}\n"
    mapped = Mapped(account, source)
    mapped.send("a", "b")
    assert eventually(lambda: account.client("sqs").receive_message(QueueUrl=mapped.seen).get("Messages"))
    assert mapped.counts() == (0, 2, 0)


def test_without_report_the_answer_is_not_read(account, eventually):
    mapped = Mapped(account, FunctionResponseTypes=[])
    mapped.send("fail")
    assert eventually(lambda: mapped.counts() == (0, 0, 0))


def test_a_delayed_message_is_counted_and_kept_back(account, messages):
    mapped = Mapped(account)
    mapped.send("later", DelaySeconds=900)
    mapped.send("soon", DelaySeconds=1)
    event, _ = messages(account, "seen")
    assert [json.loads(record["body"]) for record in event["Records"]] == ["soon"]
    assert mapped.counts()[2] == 1


def test_no_more_batches_at_once_than_allowed(account, eventually):
    source = "import time\ndef lambda_handler(event, context):\n    time.sleep(0.2)\n"
    mapped = Mapped(account, source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    mapped.send(*range(8))
    most = 0

    def done() -> bool:
        nonlocal most
        visible, flying, _ = mapped.counts()
        most = max(most, flying)
        return visible == flying == 0

    assert eventually(done)
    assert most == 2


def test_without_the_roles_permission_nothing_is_read(account, eventually):
    mapped = Mapped(account)
    account.client("iam").delete_role_policy(RoleName=NAME, PolicyName=NAME)
    mapped.send("one")
    (mapping,) = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    uuid = mapping["UUID"]
    get = account.client("lambda").get_event_source_mapping
    assert eventually(lambda: get(UUID=uuid)["LastProcessingResult"].startswith("PROBLEM"))
    assert mapped.counts() == (1, 0, 0)


def test_a_disabled_mapping_reads_nothing_until_it_is_enabled(account, messages):
    mapped = Mapped(account, Enabled=False)
    mapped.send("one")
    assert messages(account, "seen", 0.6) is None
    client = account.client("lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert messages(account, "seen")


def test_what_lambda_refuses(account):
    mapped = Mapped(account)
    code, message = refused(mapped.create)
    assert (code, "already exists" in message) == ("ResourceConflictException", True)
    mapped.sqs.create_queue(QueueName="other", Attributes={"VisibilityTimeout": str(TIMEOUT - 1)})
    other = account.arn("sqs", "other")
    code, message = refused(mapped.create, EventSourceArn=other)
    assert (code, "less than Function timeout" in message) == ("InvalidParameterValueException", True)
    account.client("iam").delete_role_policy(RoleName=NAME, PolicyName=NAME)
    code, message = refused(mapped.create, EventSourceArn=other)
    assert code == "InvalidParameterValueException"
    assert "does not have permissions to call ReceiveMessage on SQS" in message


def test_the_function_writes_to_a_table_only_as_its_role_may(account, messages, eventually):
    source = """
import boto3
def lambda_handler(event, context):
    boto3.client("dynamodb").put_item(TableName="groups", Item={"pk": {"S": "a"}})
"""
    account.client("dynamodb").create_table(
        TableName="groups",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    mapped = Mapped(account, source, ("sqs:*",))
    mapped.send("one")
    assert eventually(lambda: mapped.counts() == (0, 1, 0))
    account.client("iam").put_role_policy(
        RoleName=NAME,
        PolicyName=NAME,
        PolicyDocument=policy({"Effect": "Allow", "Action": list(ALL), "Resource": "*"}),
    )
    mapped.send("two")
    assert eventually(lambda: account.client("dynamodb").scan(TableName="groups")["Items"])


def test_a_table_is_found_by_its_tag(account):
    account.client("dynamodb").create_table(
        TableName="groups",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=[{"Key": "trailwatch", "Value": "x"}],
    )
    tagging = account.client("resourcegroupstaggingapi")
    filters = [{"Key": "trailwatch", "Values": ["x"]}]

    def found() -> list[str]:
        answer = tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]
        return [resource["ResourceARN"] for resource in answer]

    assert found() == [account.arn("dynamodb", "table/groups")]
    account.client("dynamodb").delete_table(TableName="groups")
    assert found() == []
