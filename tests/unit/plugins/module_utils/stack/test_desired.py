"""The desired stack: names, ARNs and who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
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
    assert documents["heartbeat_rule"]["Name"] == "watch-heartbeat"
    assert documents["tampering_rule"]["Name"] == "watch-tampering"


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
    assert [name for name in GROUPING if documents[name]["State"] == "absent"] == GROUPING


def test_grouping_puts_queue_and_table_beside_the_function() -> None:
    documents = stack(group_seconds=300)
    queue = documents["event_queue"]
    assert documents["rule"]["Target"]["Arn"] == queue["QueueArn"]
    assert documents["function"]["Environment"]["GROUP_SECONDS"] == "300"
    assert [name for name in GROUPING if documents[name]["State"] == "present"] == GROUPING
    assert documents["event_source_mapping"]["EventSourceArn"] == queue["QueueArn"]
    # Lambda refuses a mapping whose queue hides a message for less than the function may run.
    assert queue["VisibilityTimeout"] >= 6 * documents["function"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == documents["queue"]["QueueArn"]


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


@pytest.mark.parametrize("seconds", [0, 300])
def test_all_rules_lead_to_the_same_place(seconds: int) -> None:
    documents = stack(group_seconds=seconds, heartbeat_minutes=15)
    target = documents["rule"]["Target"]
    assert documents["tampering_rule"]["Target"] == target
    assert documents["heartbeat_rule"]["Target"] == {**target, "Input": '{"trailwatch": "heartbeat"}'}


def test_a_heartbeat_is_for_whoever_asks_for_one() -> None:
    assert stack()["heartbeat_rule"]["State"] == "absent"
    asked = stack(heartbeat_minutes=15)["heartbeat_rule"]
    assert (asked["State"], asked["ScheduleExpression"]) == ("present", "rate(15 minutes)")


def test_the_sender_shown_in_mails() -> None:
    assert stack()["topic"]["DisplayName"] == "cloudtrail-alerting"


def test_environment_of_the_function_has_what_was_asked_for_and_no_more() -> None:
    usual = stack()["function"]["Environment"]
    asked = stack(https_format="amazon-q", time_zone="Europe/Berlin")["function"]["Environment"]
    assert sorted(usual) == ["ACCOUNT_NAME", "TOPIC_ARN"]
    assert asked == {**usual, "HTTPS_FORMAT": "amazon-q", "TIME_ZONE": "Europe/Berlin"}
