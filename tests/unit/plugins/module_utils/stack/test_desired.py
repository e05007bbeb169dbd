"""The desired stack: names, ARNs and who may do what."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import render
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import alarms as component
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import key
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Organization, Settings

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
OF_TOPOLOGY = ["event_bus", "members_rule", "forwarding_role"]
OPTIONAL = ["fallback_topic", *GROUPING, *OF_TOPOLOGY, "alarms"]


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
    assert documents["fallback_topic"]["Name"] == "watch-fallback"
    assert documents["alarms"]["Alarms"][0]["AlarmName"] == "watch/dead-letters"
    assert documents["heartbeat_rule"]["Name"] == "watch-heartbeat"
    assert documents["tampering_rule"]["Name"] == "watch-tampering"


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_no_arn_of_another_partition(region: str, partition: str) -> None:
    text = json.dumps(stack(region=region))
    assert f"arn:{partition}:" in text
    assert "arn:aws:" not in text


def test_everything_taggable_carries_our_tag_and_the_users() -> None:
    documents = stack()
    # The stack set has the tags of what it makes, which has another name.
    assert documents.pop("member_stack_set")["Tags"] == {"team": "secops", "trailwatch": "iam-alerting-stackset"}
    tags = [document.get("Tags") or document.get("tags") for document in documents.values()]
    assert tags == [{"team": "secops", "trailwatch": "iam-alerting"}] * len(documents)


def test_only_the_accounts_own_trail_writes_to_the_bucket() -> None:
    policy = stack()["bucket"]["Policy"]
    trail = "arn:aws:cloudtrail:us-east-1:111111111111:trail/iam-alerting"
    allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allowed] == [{"Service": "cloudtrail.amazonaws.com"}] * 2
    assert all(statement["Condition"]["StringEquals"]["aws:SourceArn"] == trail for statement in allowed)
    assert statement(policy, "TlsOnly")["Effect"] == "Deny"


def test_only_the_function_publishes_and_our_alarms_and_nobody_outside_subscribes() -> None:
    documents = stack()
    policy = documents["topic"]["Policy"]
    role = documents["execution_role"]["Arn"]
    deny = statement(policy, "NobodyElsePublishes")
    assert deny["Effect"] == "Deny"
    # Both have to be others.
    assert deny["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": role, "aws:SourceArn": ALARM_ARNS}}
    allow = statement(policy, "OurAlarmsPublish")
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {
        "ArnLike": {"aws:SourceArn": ALARM_ARNS},
        "StringEquals": {"aws:SourceAccount": "111111111111"},
    }
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
    assert documents["rule"]["Targets"][0]["dead_letter_arn"] == queue
    assert documents["function"]["EventInvokeConfig"]["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
    assert documents["function"]["DeadLetterConfig"] == {}
    sources = statement(documents["queue"]["Policy"], "RulesSendWhatTheyCouldNotDeliver")["Condition"]["ArnLike"]
    assert "arn:aws:events:us-east-1:111111111111:rule/iam-alerting" in sources["aws:SourceArn"]


def test_without_grouping_the_rule_invokes_the_function() -> None:
    documents = stack()
    assert documents["rule"]["Targets"][0]["arn"] == documents["function"]["FunctionArn"]
    assert "GROUP_SECONDS" not in documents["function"]["Environment"]
    assert [documents[name]["State"] for name in GROUPING] == ["absent"] * 3


def test_where_another_trail_serves_there_is_neither_trail_nor_bucket() -> None:
    def states(trail: str) -> set[str]:
        documents = stack(trail=trail)
        return {documents[name]["State"] for name in ("bucket", "trail")}

    assert states("existing") == {"absent"}
    assert states("create") == states("auto") == {"present"}


def test_grouping_puts_queue_and_table_beside_the_function() -> None:
    documents = stack(group_seconds=300)
    queue = documents["event_queue"]
    assert documents["rule"]["Targets"][0]["arn"] == queue["QueueArn"]
    assert documents["function"]["Environment"]["GROUP_SECONDS"] == "300"
    assert [documents[name]["State"] for name in GROUPING] == ["present"] * 3
    assert documents["event_source_mapping"]["EventSourceArn"] == queue["QueueArn"]
    # Lambda refuses a mapping whose queue hides a message for less than the function may run.
    assert queue["VisibilityTimeout"] >= 6 * documents["function"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == documents["queue"]["QueueArn"]


def names_of_key(value: Any) -> list[str]:
    """Wherever a document names the key."""
    if isinstance(value, dict):
        return [name for each in value.values() for name in names_of_key(each)]
    if isinstance(value, list):
        return [name for each in value for name in names_of_key(each)]
    return [value] if isinstance(value, str) and ":kms:" in value else []


def test_the_key_is_named_by_its_alias_until_there_is_one_and_then_by_its_arn() -> None:
    documents = stack(customer_key=True, group_seconds=300)
    alias = "arn:aws:kms:us-east-1:111111111111:alias/iam-alerting"
    using = [name for name, document in documents.items() if alias in names_of_key(document)]
    where_kept = ["bucket", "trail", "topic", "queue", "table", "event_queue"]
    assert using == ["key", *where_kept[:-2], "table", "event_queue", "function", "tampering_rule"]
    arn = KEY
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
    assert stack()["rule"]["Targets"][0]["id"] == stack(group_seconds=300)["rule"]["Targets"][0]["id"]


def test_grouping_lets_the_function_use_its_queue_and_its_table_only() -> None:
    documents = stack(group_seconds=300)
    statements = documents["event_source_mapping"]["PolicyDocument"]["Statement"]
    assert {statement["Resource"] for statement in statements} == {
        documents["event_queue"]["QueueArn"],
        documents["table"]["TableArn"],
    }
    assert not [action for statement in statements for action in statement["Action"] if "*" in action]
    assert documents["execution_role"]["PolicyDocument"] == stack()["execution_role"]["PolicyDocument"]


def alarms(**settings: Any) -> dict[str, dict[str, Any]]:
    """The alarms, by what they are about."""
    found = component.desired(Settings(**{**SETTINGS, **settings}))["Alarms"]
    return {alarm["AlarmName"].removeprefix("iam-alerting/"): alarm for alarm in found}


def metrics(alarm: dict[str, Any]) -> list[str]:
    """The names of the metrics that an alarm is about, and is billed for."""
    stats = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", [alarm]) if "MetricStat" in query]
    return [metric["MetricName"] for metric in stats or [alarm]]


def test_what_is_watched() -> None:
    assert {name: metrics(alarm) for name, alarm in alarms().items()} == {
        "dead-letters": ["ApproximateNumberOfMessagesVisible"],
        "function-errors": ["Errors"],
        "function-throttles": ["Throttles"],
        "rule-failures": ["FailedInvocations", "InvocationsFailedToBeSentToDlq"],
        "notifications-failed": ["NumberOfNotificationsFailed"],
        "unheard": ["NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFilteredOut"],
    }
    assert set(alarms(group_seconds=300)) - set(alarms()) == {"events-waiting"}
    assert set(alarms(heartbeat_minutes=15)) - set(alarms()) == {"heartbeat"}


def test_three_heartbeats_may_be_missing() -> None:
    """And CloudWatch takes the alarm: no period is longer than a day, and all of them are a week at most."""
    for minutes in range(5, 1441):
        alarm = alarms(heartbeat_minutes=minutes, name="n" * 30)["n" * 30 + "/heartbeat"]
        missing = 3 * minutes * 60
        assert missing <= alarm["Period"] * alarm["EvaluationPeriods"] < missing + 86_400
        assert alarm["Period"] == min(missing, 86_400)
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 86_400
        assert alarm["Period"] % 60 == 0
        assert (alarm["Namespace"], metrics(alarm), alarm["Statistic"]) == ("Trailwatch", ["Heartbeats"], "Sum")
        assert alarm["Dimensions"] == [{"Name": "Pipeline", "Value": "n" * 30}]
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1.0)
        assert alarm["TreatMissingData"] == "breaching"
        assert "ansible-playbook trailwatch.aws." in alarm["AlarmDescription"]
        assert len(alarm["AlarmDescription"]) <= 1024


def test_each_rule_has_an_alarm() -> None:
    actions = tuple(f"iam:{'Action' * 8}{number}" for number in range(80))
    assert {"rule-failures", "rule-failures-2"} <= set(alarms(actions=actions))
    metric = alarms(actions=actions)["rule-failures-2"]["Metrics"][1]["MetricStat"]["Metric"]
    assert metric["Dimensions"] == [{"Name": "RuleName", "Value": "iam-alerting-2"}]


def test_an_alarm_is_silent_without_data_and_says_what_to_do() -> None:
    for alarm in alarms(group_seconds=300, name="n" * 30).values():
        assert alarm["TreatMissingData"] == "notBreaching"
        assert "ansible-playbook trailwatch.aws." in alarm["AlarmDescription"]
        assert "111111111111" in alarm["AlarmDescription"]
        assert len(alarm["AlarmDescription"]) <= 1024


def test_of_an_alarm_with_expressions_one_gives_the_data_and_all_that_is_named_is_there() -> None:
    for alarm in alarms().values():
        queries = alarm.get("Metrics", [])
        names = {query["Id"] for query in queries}
        assert sum(query["ReturnData"] for query in queries) == bool(queries)
        for query in queries:
            assert set(re.findall(r"\b[a-z]+\b", query.get("Expression", ""))) <= names


ALARM_ARNS = "arn:aws:cloudwatch:us-east-1:111111111111:alarm:iam-alerting/*"
TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
ELSEWHERE = "arn:aws:sns:us-east-1:222222222222:on-call"


@pytest.mark.parametrize(
    ("fallback", "actions", "state"),
    [
        ("", [TOPIC], "absent"),
        ("on-call@example.com", [TOPIC, f"{TOPIC}-fallback"], "present"),
        (ELSEWHERE, [TOPIC, ELSEWHERE], "absent"),
    ],
)
def test_alarms_are_told_to_the_fallback_too(fallback: str, actions: list[str], state: str) -> None:
    documents = stack(fallback=fallback)
    assert all(alarm["AlarmActions"] == actions for alarm in documents["alarms"]["Alarms"])
    assert documents["fallback_topic"]["State"] == state


def test_to_the_fallback_only_our_alarms_publish() -> None:
    document = stack(fallback="on-call@example.com")["fallback_topic"]
    deny = statement(document["Policy"], "NobodyElsePublishes")
    assert deny["Condition"] == {"ArnNotLike": {"aws:SourceArn": ALARM_ARNS}}
    allowed = [each for each in document["Policy"]["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert document["Subscriptions"] == [{"protocol": "email", "endpoint": "on-call@example.com"}]
    assert document["KmsMasterKeyId"] == ""


def test_without_alarms_nothing_of_them_is_left() -> None:
    documents = stack(alarms=False, fallback="on-call@example.com")
    assert [documents[name]["State"] for name in ("alarms", "fallback_topic")] == ["absent"] * 2
    assert "cloudwatch" not in json.dumps(documents["topic"])


@pytest.mark.parametrize("seconds", [0, 300])
def test_all_rules_lead_to_the_same_place(seconds: int) -> None:
    documents = stack(group_seconds=seconds, heartbeat_minutes=15)
    (target,) = documents["rule"]["Targets"]
    assert documents["tampering_rule"]["Targets"] == [target]
    assert documents["heartbeat_rule"]["Targets"] == [{**target, "input": '{"trailwatch": "heartbeat"}'}]


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


KEY = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize("name", ["iam-alerting", "a" * 34])
def test_whoever_touches_the_key_is_told_of(name: str) -> None:
    """As soon as its ARN is known, also where that is longer than the alias that stands for it before."""
    documents = key.resolved(stack(customer_key=True, name=name), {"Arn": KEY})
    patterns = documents["tampering_rule"]["EventPatterns"]
    assert [KEY] in [branch["resources"]["ARN"] for branch in _branches(patterns) if "resources" in branch]
    assert all(len(render(pattern)) <= 2048 for pattern in patterns)
    assert documents["function"]["Environment"]["KEY_ARN"] == KEY


def _branches(patterns: list[Any]) -> list[Any]:
    return [branch for pattern in patterns for branch in pattern["detail"].get("$or", [pattern["detail"]])]


OF_ORGANIZATION = {
    "trail": "organization",
    "organization": Organization("o-abcdefghij", "999999999999"),
    "customer_key": True,
}


def test_the_organizations_trail_is_the_management_accounts_wherever_it_is_made() -> None:
    documents = stack(**OF_ORGANIZATION)
    arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/iam-alerting"
    assert documents["trail"]["TrailARN"] == arn
    assert documents["trail"]["IsOrganizationTrail"] is True
    assert documents["trail"]["S3BucketName"] == "iam-alerting-111111111111-us-east-1"
    policies = [documents[name]["Policy"] for name in ("bucket", "key")]
    conditions = [
        each["Condition"]["StringEquals"]["aws:SourceArn"]
        for policy in policies
        for each in policy["Statement"]
        if each["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
    ]
    assert conditions == [arn] * 6
    assert documents["function"]["Environment"]["TRAIL_ARN"] == arn
    assert any(arn in render(pattern) for pattern in documents["tampering_rule"]["EventPatterns"])


def test_its_log_files_come_into_the_folders_of_management_account_and_organization() -> None:
    policy = stack(**OF_ORGANIZATION)["bucket"]["Policy"]
    bucket = "arn:aws:s3:::iam-alerting-111111111111-us-east-1"
    assert statement(policy, "CloudTrailWritesLogFiles")["Resource"] == f"{bucket}/AWSLogs/999999999999/*"
    assert statement(policy, "CloudTrailWritesLogFilesOfMembers")["Resource"] == f"{bucket}/AWSLogs/o-abcdefghij/*"


def test_without_an_organization_nothing_of_it_is_named() -> None:
    documents = stack()
    assert "TRAIL_ARN" not in documents["function"]["Environment"]
    assert [each["Sid"] for each in documents["bucket"]["Policy"]["Statement"]] == [
        "CloudTrailReadsAcl",
        "CloudTrailWritesLogFiles",
        "TlsOnly",
    ]
