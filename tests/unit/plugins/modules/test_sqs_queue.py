# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module sqs_queue does to a queue.

Two things of moto 5.2 differ from SQS: setting any attribute takes the policy away, and it forgets the redrive allow
policy. Where that matters, SQS's answers are given by hand.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import queue
from ansible_collections.trailwatch.aws.plugins.modules import sqs_queue
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    answering,
    broken_off_after,
    error,
    examples,
    recorded,
    run,
    writes,
)

ARN = "arn:aws:sqs:us-east-1:123456789012:tickets"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/tickets"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:123456789012:dead"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": ARN,
        }
    ],
}
NUMBERS = {
    "delay_seconds": 1,
    "maximum_message_size": 2048,
    "message_retention_period": 1209600,
    "receive_message_wait_time_seconds": 2,
    "visibility_timeout": 60,
}
REDRIVE = {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 5}
FULL: dict[str, Any] = {
    "name": "tickets",
    **NUMBERS,
    "policy": POLICY,
    "redrive_policy": REDRIVE,
    "sqs_managed_sse_enabled": True,
    "tags": {"team": "security"},
}

pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture(autouse=True)
def _dead_letter_queue(account: str) -> None:
    boto3.client("sqs").create_queue(QueueName="dead")


def ensure(**options: Any) -> dict[str, Any]:
    return run(sqs_queue.main, **options)


def attributes() -> dict[str, str]:
    return boto3.client("sqs").get_queue_attributes(QueueUrl=URL, AttributeNames=["All"])["Attributes"]


def live(**changed: Any) -> dict[str, Any]:
    """The document of a queue as SQS answers for a new one, with these attributes in SQS's own form."""
    answer = {
        "QueueArn": ARN,
        **dict.fromkeys(queue.BOUNDS, "300"),
        "SqsManagedSseEnabled": "true",
        **changed,
    }
    with answering(GetQueueUrl={"QueueUrl": URL}, GetQueueAttributes={"Attributes": answer}):
        described = queue.describe(boto3.client("sqs"), {"QueueName": "tickets"})
    assert described is not None
    return described


def test_creates_the_queue_as_asked_for():
    result = ensure(**FULL)

    assert result["changed"]
    assert result["queue_arn"] == ARN
    assert result["queue_url"] == URL
    made = attributes()
    assert made["MessageRetentionPeriod"] == "1209600"
    assert json.loads(made["Policy"]) == POLICY
    assert json.loads(made["RedrivePolicy"]) == REDRIVE
    assert boto3.client("sqs").list_queue_tags(QueueUrl=URL)["Tags"] == {"team": "security"}
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["Policy"] == POLICY
    assert result["attributes"]["redrive_policy"] == REDRIVE


def test_in_sync_is_reads_only():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(**FULL)

    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert calls == ["GetQueueUrl", "GetQueueAttributes", "ListQueueTags"]
    assert result["queue_arn"] == ARN
    assert result["attributes"]["visibility_timeout"] == 60


def test_options_that_are_not_set_are_not_touched():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(name="tickets")

    assert not result["changed"]
    assert calls == ["GetQueueUrl", "GetQueueAttributes"]
    assert result["attributes"]["policy"] == POLICY


@pytest.mark.parametrize(
    ("option", "value", "name", "before", "after"),
    [
        ("delay_seconds", 0, "DelaySeconds", 1, 0),
        ("maximum_message_size", 4096, "MaximumMessageSize", 2048, 4096),
        ("message_retention_period", 60, "MessageRetentionPeriod", 1209600, 60),
        ("receive_message_wait_time_seconds", 0, "ReceiveMessageWaitTimeSeconds", 2, 0),
        ("visibility_timeout", 0, "VisibilityTimeout", 60, 0),
        ("sqs_managed_sse_enabled", False, "SqsManagedSseEnabled", True, False),
        (
            "redrive_policy",
            {**REDRIVE, "maxReceiveCount": "9"},
            "RedrivePolicy",
            REDRIVE,
            {**REDRIVE, "maxReceiveCount": 9},
        ),
        ("redrive_policy", {}, "RedrivePolicy", REDRIVE, {}),
        ("policy", {**POLICY, "Id": "other"}, "Policy", POLICY, {**POLICY, "Id": "other"}),
        ("tags", {"team": "ops"}, "Tags", {"team": "security"}, {"team": "ops"}),
        ("tags", {}, "Tags", {"team": "security"}, {}),
    ],
)
def test_drift_is_mended_and_named(option, value, name, before, after):
    ensure(**FULL)

    result = ensure(name="tickets", **{option: value})

    assert result["changed"]
    assert result["diff"] == {"before": {name: before}, "after": {name: after}}
    assert not ensure(name="tickets", **{option: value})["changed"]


def test_all_attributes_are_set_in_one_call():
    ensure(name="tickets")

    with recorded() as calls:
        ensure(**FULL)

    assert writes(calls) == ["SetQueueAttributes", "TagQueue"]


@pytest.mark.parametrize(
    ("desired", "answer"),
    [
        (
            {"Policy": {"Statement": {**POLICY["Statement"][0], "Action": "sqs:SendMessage"}, "Version": "2012-10-17"}},
            {"Policy": json.dumps(POLICY)},
        ),
        ({"Policy": {}}, {}),
        ({"RedrivePolicy": REDRIVE}, {"RedrivePolicy": json.dumps({**REDRIVE, "maxReceiveCount": "5"})}),
        ({"RedriveAllowPolicy": {}}, {}),
        ({"RedriveAllowPolicy": {"redrivePermission": "allowAll"}}, {}),
        (
            {"RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": ["b", "a"]}},
            {"RedriveAllowPolicy": json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": ["a", "b"]})},
        ),
        ({"KmsMasterKeyId": ""}, {}),
        (
            {"KmsMasterKeyId": "0-1"},
            {"KmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/0-1", "SqsManagedSseEnabled": "false"},
        ),
        ({"KmsDataKeyReusePeriodSeconds": 300}, {}),
        ({"SqsManagedSseEnabled": True}, {}),
        ({"Tags": {}}, {}),
    ],
)
def test_what_means_the_same_is_no_change(desired, answer):
    wanted = {"QueueName": "tickets", **desired}

    assert not queue.difference({**live(**answer), "Tags": {}}, wanted, {"Tags"})


def test_how_many_messages_there_are_is_told_as_numbers():
    ensure(name="tickets")
    sqs = boto3.client("sqs")
    for _number in range(3):
        sqs.send_message(QueueUrl=URL, MessageBody="a")
    sqs.send_message(QueueUrl=URL, MessageBody="later", DelaySeconds=900)
    sqs.receive_message(QueueUrl=URL)

    told = ensure(name="tickets", check=True)["attributes"]

    assert told["approximate_number_of_messages"] == 2
    assert told["approximate_number_of_messages_not_visible"] == 1
    assert told["approximate_number_of_messages_delayed"] == 1


def test_which_queues_may_redrive_is_compared():
    wanted = {"QueueName": "tickets", "RedriveAllowPolicy": {"redrivePermission": "denyAll"}}

    change = queue.difference(live(), wanted)

    assert change.before == {"RedriveAllowPolicy": {"redrivePermission": "allowAll"}}
    assert change.after == {"RedriveAllowPolicy": {"redrivePermission": "denyAll"}}


def test_a_kms_key_takes_the_place_of_the_keys_of_sqs():
    change = queue.difference(live(), {"QueueName": "tickets", "KmsMasterKeyId": "alias/a"})

    assert change.after == {"KmsMasterKeyId": "alias/a", "SqsManagedSseEnabled": False}


def test_the_keys_of_sqs_take_the_place_of_a_kms_key():
    encrypted = {"Attributes": {**boto3_attributes(), "KmsMasterKeyId": "alias/a", "SqsManagedSseEnabled": "false"}}

    with answering(GetQueueUrl={"QueueUrl": URL}, GetQueueAttributes=encrypted, SetQueueAttributes={}) as calls:
        assert ensure(name="tickets", sqs_managed_sse_enabled=True)["changed"]

    assert dict(calls)["SetQueueAttributes"]["Attributes"] == {"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"}


def boto3_attributes() -> dict[str, str]:
    return {"QueueArn": ARN, **dict.fromkeys(queue.BOUNDS, "300")}


def test_tags_of_others_and_of_aws_stay():
    kept = queue.outcome({"Tags": {"aws:x": "1", "mine": "2"}}, {"QueueName": "tickets", "Tags": {"a": 1}}, {"Tags"})
    merged = queue.outcome({"Tags": {"mine": "2"}}, {"QueueName": "tickets", "Tags": {"a": 1}})

    assert kept["Tags"] == {"aws:x": "1", "a": "1"}
    assert merged["Tags"] == {"mine": "2", "a": "1"}


def test_check_mode_writes_nothing_and_tells_what_would_be():
    with recorded() as calls:
        planned = ensure(**FULL, check=True)
    assert writes(calls) == []

    done = ensure(**FULL)
    assert planned["changed"]
    assert planned["diff"] == done["diff"]
    assert planned["queue_arn"] == done["queue_arn"]
    assert "queue_url" not in planned

    with recorded() as calls:
        assert ensure(**{**FULL, "visibility_timeout": 5, "tags": {}}, check=True)["changed"]
        assert ensure(name="tickets", state="absent", check=True)["changed"]
    assert writes(calls) == []


def test_absent_deletes_once():
    ensure(**FULL)

    first = ensure(name="tickets", state="absent")
    with recorded() as calls:
        second = ensure(name="tickets", state="absent")

    assert first["changed"]
    assert first["diff"]["before"]["QueueName"] == "tickets"
    assert not second["changed"]
    assert calls == ["GetQueueUrl"]


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
def test_a_queue_that_goes_between_two_calls_is_not_there(code):
    found = {"QueueUrl": URL}

    with answering(GetQueueUrl=found, GetQueueAttributes=error(code)):
        assert not ensure(name="tickets", state="absent")["changed"]
        assert ensure(name="tickets")["changed"]
    ensure(name="tickets")
    with answering(DeleteQueue=error(code)):
        assert ensure(name="tickets", state="absent")["changed"]


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"])
def test_a_name_that_was_deleted_a_moment_ago_is_waited_for(pauses, code):
    with answering(CreateQueue=[error(code), error(code), {"QueueUrl": URL}]):
        assert ensure(name="tickets")["changed"]
    assert pauses == [10, 10]

    with answering(CreateQueue=error(code)):
        result = ensure(name="tickets")
    assert result["failed"]
    assert code in result["msg"]
    assert 60 <= sum(pauses) - 20 <= 120


@pytest.mark.parametrize("exists", [False, True])
def test_a_run_broken_off_after_any_write_can_be_repeated(exists):
    wanted = {key: value for key, value in FULL.items() if key != "policy"}
    for number in range(1, 10):
        ensure(name="tickets", state="absent")
        if exists:
            ensure(name="tickets", tags={"old": "1"})
        try:
            with broken_off_after(number):
                run(sqs_queue.main, **wanted)
            break
        except BrokenOffError:
            ensure(**wanted)
        with recorded() as calls:
            assert not ensure(**wanted)["changed"]
        assert writes(calls) == []
    assert number == (4 if exists else 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "no spaces"}, ["name:", "'no spaces'", "letters"]),
        ({"name": "queue.fifo"}, ["name:", "'queue.fifo'", "FIFO"]),
        ({"name": "a" * 81}, ["name:", "80"]),
        ({"message_retention_period": 1209601}, ["message_retention_period:", "1209601", "60 to 1209600"]),
        ({"visibility_timeout": -1}, ["visibility_timeout:", "-1", "0 to 43200"]),
        ({"kms_master_key_id": "alias/a", "sqs_managed_sse_enabled": True}, ["alias/a", "sqs_managed_sse_enabled"]),
        ({"redrive_policy": {"deadLetterTargetArn": DEAD_LETTERS}}, ["redrive_policy:", "maxReceiveCount"]),
        ({"redrive_policy": {**REDRIVE, "maxReceiveCount": "five"}}, ["redrive_policy:", "'five'"]),
        ({"redrive_allow_policy": {"sourceQueueArns": ARN}}, ["redrive_allow_policy:", ARN, "list"]),
        ({"policy": "{not json"}, ["policy"]),
    ],
)
def test_bad_input_fails_before_any_call(options, words):
    with recorded() as calls:
        result = ensure(**{"name": "tickets", **options})

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


@pytest.mark.parametrize("operation", ["GetQueueUrl", "GetQueueAttributes", "ListQueueTags"])
def test_a_refused_read_is_an_error(operation):
    ensure(**FULL)

    with answering(**{operation: error("AccessDenied")}) as calls:
        result = ensure(**FULL)

    assert result["failed"]
    assert "queue tickets" in result["msg"]
    assert writes([name for name, _arguments in calls]) == []


def test_throttling_is_waited_out(pauses):
    ensure(name="tickets")

    with answering(GetQueueUrl=[error("RequestThrottled"), error("ThrottlingException"), {"QueueUrl": URL}]):
        assert not ensure(name="tickets")["changed"]

    assert len(pauses) == 2


@pytest.mark.parametrize("options", examples(sqs_queue))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options):
    assert not run(sqs_queue.main, **options, check=True).get("failed")
