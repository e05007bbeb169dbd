"""The desired stack: names, ARNs and who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import key
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

SETTINGS = {
    "name": "iam-alerting",
    "account_id": "111111111111",
    "account_name": "production",
    "region": "us-east-1",
    "actions": ("iam:CreateUser",),
    "subscriptions": ({"protocol": "email", "endpoint": "secops@example.com"},),
    "log_retention_days": 365,
    "architecture": "x86_64",
    "extra_tags": {"team": "secops"},
    "code": Package(b"", "hash of the zip", "hash of its contents"),
}


GROUPING = ["table", "event_queue", "event_source_mapping"]


def stack(**settings: Any) -> dict[str, Any]:
    return desired_stack(Settings(**{**SETTINGS, **settings}))


def statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    return next(statement for statement in policy["Statement"] if statement["Sid"] == sid)


def test_all_names_come_from_one() -> None:
    documents = stack(name="watch")
    assert documents["bucket"]["Name"] == "watch-111111111111-us-east-1"
    assert documents["trail"]["Name"] == "watch"
    assert documents["topic"]["Name"] == "watch"
    assert documents["queue"]["QueueName"] == "watch-dlq"
    assert documents["log_group"]["logGroupName"] == "/aws/lambda/watch"
    assert documents["execution_role"]["RoleName"] == "watch-function"
    assert documents["function"]["FunctionName"] == "watch"
    assert documents["rule"]["Name"] == "watch"
    assert documents["event_queue"]["QueueName"] == "watch-events"
    assert documents["table"]["TableName"] == "watch-groups"
    assert documents["event_source_mapping"]["PolicyName"] == "watch-grouping"


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_no_arn_of_another_partition(region: str, partition: str) -> None:
    text = json.dumps(stack(region=region))
    assert f"arn:{partition}:" in text
    assert "arn:aws:" not in text


def test_everything_taggable_carries_our_tag_and_the_users() -> None:
    documents = stack()
    tags = [document.get("Tags") or document.get("tags") for document in documents.values()]
    assert tags == [{"team": "secops", "trailwatch": "iam-alerting"}] * len(documents)


def test_only_the_accounts_own_trail_writes_to_the_bucket() -> None:
    policy = stack()["bucket"]["Policy"]
    trail = "arn:aws:cloudtrail:us-east-1:111111111111:trail/iam-alerting"
    allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allowed] == [{"Service": "cloudtrail.amazonaws.com"}] * 2
    assert all(statement["Condition"]["StringEquals"]["aws:SourceArn"] == trail for statement in allowed)
    assert statement(policy, "TlsOnly")["Effect"] == "Deny"


def test_only_the_function_publishes_and_nobody_outside_subscribes() -> None:
    documents = stack()
    policy = documents["topic"]["Policy"]
    role = documents["execution_role"]["Arn"]
    deny = statement(policy, "NobodyElsePublishes")
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}
    outside = statement(policy, "NobodyOutsideSubscribes")
    assert outside["Effect"] == "Deny"
    assert outside["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}


def test_the_role_may_do_three_things_to_named_resources() -> None:
    documents = stack()
    policy = documents["execution_role"]["PolicyDocument"]
    assert {statement["Resource"] for statement in policy["Statement"]} == {
        documents["topic"]["TopicArn"],
        documents["queue"]["QueueArn"],
        "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/iam-alerting:*",
    }
    assert "*" not in [statement["Action"] for statement in policy["Statement"]]


def test_what_cannot_be_delivered_goes_to_the_queue_from_rule_and_function() -> None:
    documents = stack()
    queue = documents["queue"]["QueueArn"]
    assert documents["rule"]["Target"]["DeadLetterArn"] == queue
    assert documents["function"]["DeadLetterConfig"] == {"TargetArn": queue}
    sources = statement(documents["queue"]["Policy"], "RulesSendWhatTheyCouldNotDeliver")["Condition"]["ArnLike"]
    assert "arn:aws:events:us-east-1:111111111111:rule/iam-alerting" in sources["aws:SourceArn"]


def test_without_grouping_the_rule_invokes_the_function() -> None:
    documents = stack()
    assert documents["rule"]["Target"]["Arn"] == documents["function"]["FunctionArn"]
    assert "GROUP_SECONDS" not in documents["function"]["Environment"]
    assert [name for name, document in documents.items() if document.get("State") == "absent"] == GROUPING


def test_grouping_puts_queue_and_table_beside_the_function() -> None:
    documents = stack(group_seconds=300)
    queue = documents["event_queue"]
    assert documents["rule"]["Target"]["Arn"] == queue["QueueArn"]
    assert documents["function"]["Environment"]["GROUP_SECONDS"] == "300"
    assert [name for name, document in documents.items() if document.get("State") == "present"] == GROUPING
    assert documents["event_source_mapping"]["EventSourceArn"] == queue["QueueArn"]
    # Lambda refuses a mapping whose queue hides a message for less than the function may run.
    assert queue["VisibilityTimeout"] >= 6 * documents["function"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == documents["queue"]["QueueArn"]


def names_of_key(value: Any) -> list[str]:
    """Wherever a document names the key."""
    if isinstance(value, dict):
        return [name for each in value.values() for name in names_of_key(each)]
    return [value] if isinstance(value, str) and ":kms:" in value else []


def test_the_key_is_named_by_its_alias_until_there_is_one_and_then_by_its_arn() -> None:
    documents = stack(customer_key=True, group_seconds=300)
    alias = "arn:aws:kms:us-east-1:111111111111:alias/iam-alerting"
    using = [name for name, document in documents.items() if alias in names_of_key(document)]
    assert using == ["key", "bucket", "trail", "topic", "queue", "table", "event_queue"]
    arn = "arn:aws:kms:us-east-1:111111111111:key/1"
    resolved = key.resolved(documents, {"Arn": arn})
    assert {name: names_of_key(document) for name, document in resolved.items() if name in using[1:]} == {
        name: [arn] for name in using[1:]
    }
    assert list(resolved) == list(documents)
    assert key.resolved(documents, None) == documents


def test_without_a_key_nothing_names_one() -> None:
    documents = stack(group_seconds=300)
    assert [name for name, document in documents.items() if names_of_key(document)] == ["key"]
    assert documents["key"]["State"] == "retained"
    assert documents["trail"]["KmsKeyId"] is None
    assert documents["topic"]["KmsMasterKeyId"] == ""


def test_who_may_use_the_key_does_not_depend_on_grouping() -> None:
    """To switch grouping off, the function has to read what is still in the queue."""
    assert stack(customer_key=True)["key"] == stack(customer_key=True, group_seconds=300)["key"]


def test_nobody_uses_the_key_without_a_condition_but_who_the_accounts_policies_let() -> None:
    statements = stack(customer_key=True)["key"]["Policy"]["Statement"]
    free = [statement for statement in statements if "Condition" not in statement]
    assert [statement["Principal"] for statement in free] == [{"AWS": "arn:aws:iam::111111111111:root"}]


def test_one_target_takes_the_place_of_the_other() -> None:
    """With ids of their own both would get an event, or none, between two calls."""
    assert stack()["rule"]["Target"]["Id"] == stack(group_seconds=300)["rule"]["Target"]["Id"]


def test_grouping_lets_the_function_use_its_queue_and_its_table_only() -> None:
    documents = stack(group_seconds=300)
    statements = documents["event_source_mapping"]["PolicyDocument"]["Statement"]
    assert {statement["Resource"] for statement in statements} == {
        documents["event_queue"]["QueueArn"],
        documents["table"]["TableArn"],
    }
    assert not [action for statement in statements for action in statement["Action"] if "*" in action]
    assert documents["execution_role"]["PolicyDocument"] == stack()["execution_role"]["PolicyDocument"]


def test_the_sender_shown_in_mails() -> None:
    assert stack()["topic"]["DisplayName"] == "cloudtrail-alerting"


def test_environment_of_the_function_has_what_was_asked_for_and_no_more() -> None:
    usual = stack()["function"]["Environment"]
    asked = stack(https_format="amazon-q", time_zone="Europe/Berlin")["function"]["Environment"]
    assert sorted(usual) == ["ACCOUNT_NAME", "TOPIC_ARN"]
    assert asked == {**usual, "HTTPS_FORMAT": "amazon-q", "TIME_ZONE": "Europe/Berlin"}
