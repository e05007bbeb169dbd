# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of an account that is not as it is to be, and the account that cannot be planned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail

from ansible_collections.trailwatch.aws.plugins.action import account_session, stack_plan, stack_redrive, stack_status
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.deployed import EVERYTHING, deploy
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import run, settings
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.test_in_an_account import HERE, written
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error, recorded

PLAIN = settings(role="Deployer", subscribers=["secops@example.com"])
BUCKET = "iam-alerting-123456789012-us-east-1"
IN_CHECK_MODE = {"check": True, "settings": PLAIN}


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where sessions and packages are handed on."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_in_an_empty_account_all_is_new_and_nothing_is_written(empty: Any) -> None:
    with recorded() as calls:
        result = run(stack_plan, check=True, settings=EVERYTHING)
    assert list(result["differences"]) == HERE
    assert result["summary"] == f"would change: {', '.join(HERE)}"
    assert result["changed"]
    assert not written(calls)
    # An entry of the diff is what is to be there, with nothing before.
    assert {entry["before"] for entry in result["diff"]} == {""}


def test_what_was_changed_by_hand_is_told_by_component_and_attribute(empty: Any) -> None:
    for components in (["key"], []):
        deploy(empty, run(stack_plan, settings=EVERYTHING, components=components))
    _change_by_hand(empty)
    result = run(stack_plan, check=True, settings=EVERYTHING)
    assert {name: list(attributes) for name, attributes in result["differences"].items()} == {
        "key": ["KeyRotationEnabled"],
        "bucket": ["Encryption", "LifecycleRules", "Policy", "PublicAccessBlock", "Versioning"],
        "trail": ["IsLogging"],
        "topic": ["DisplayName"],
        "fallback_topic": ["DisplayName"],
        "queue": ["MessageRetentionPeriod", "Policy"],
        "log_group": ["retentionInDays"],
        "execution_role": ["AttachedPolicies", "OtherInlinePolicies"],
        "table": ["DeletionProtectionEnabled"],
        "event_queue": ["Policy", "VisibilityTimeout"],
        "function": ["ReservedConcurrentExecutions", "Timeout"],
        "event_source_mapping": ["BatchSize", "PolicyDocument"],
        "rule": ["iam-alerting state"],
        "heartbeat_rule": ["iam-alerting-heartbeat"],
        "alarms": ["iam-alerting/dead-letters"],
        "tampering_rule": ["iam-alerting-tampering state"],
    }


def _change_by_hand(clients: Any) -> None:
    bucket = {"Bucket": BUCKET}
    queues = {name: clients["sqs"].get_queue_url(QueueName=f"iam-alerting-{name}") for name in ("dlq", "events")}
    (mapping,) = clients["lambda"].list_event_source_mappings()["EventSourceMappings"]
    topic = "arn:aws:sns:us-east-1:123456789012:iam-alerting"
    function, role = {"FunctionName": "iam-alerting"}, {"RoleName": "iam-alerting-function"}
    allow = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    anything = json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    clients["kms"].disable_key_rotation(KeyId=clients["kms"].list_keys()["Keys"][0]["KeyId"])
    clients["s3"].put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    for part in ("policy", "lifecycle", "encryption"):
        getattr(clients["s3"], f"delete_bucket_{part}")(**bucket)
    clients["s3"].delete_public_access_block(**bucket)
    clients["cloudtrail"].stop_logging(Name="iam-alerting")
    for arn in (topic, f"{topic}-fallback"):
        clients["sns"].set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="other")
    clients["sqs"].set_queue_attributes(
        **_url(queues["dlq"]), Attributes={"MessageRetentionPeriod": "60", "Policy": ""}
    )
    clients["sqs"].set_queue_attributes(**_url(queues["events"]), Attributes={"VisibilityTimeout": "1", "Policy": ""})
    clients["logs"].put_retention_policy(logGroupName="/aws/lambda/iam-alerting", retentionInDays=1)
    theirs = clients["iam"].create_policy(PolicyName="theirs", PolicyDocument=anything)["Policy"]
    clients["iam"].attach_role_policy(**role, PolicyArn=theirs["Arn"])
    clients["iam"].put_role_policy(**role, PolicyName="more", PolicyDocument=anything)
    clients["iam"].delete_role_policy(**role, PolicyName="iam-alerting-grouping")
    clients["dynamodb"].update_table(TableName="iam-alerting-groups", DeletionProtectionEnabled=True)
    clients["lambda"].update_function_configuration(**function, Timeout=3)
    clients["lambda"].put_function_concurrency(**function, ReservedConcurrentExecutions=1)
    clients["lambda"].update_event_source_mapping(UUID=mapping["UUID"], BatchSize=1)
    for name in ("iam-alerting", "iam-alerting-tampering"):
        clients["events"].disable_rule(Name=name)
    clients["events"].remove_targets(Rule="iam-alerting-heartbeat", Ids=_target_ids(clients, "iam-alerting-heartbeat"))
    clients["events"].delete_rule(Name="iam-alerting-heartbeat")
    clients["cloudwatch"].delete_alarms(AlarmNames=["iam-alerting/dead-letters"])


def _url(queue: dict[str, str]) -> dict[str, str]:
    return {"QueueUrl": queue["QueueUrl"]}


def _target_ids(clients: Any, rule: str) -> list[str]:
    return [target["Id"] for target in clients["events"].list_targets_by_rule(Rule=rule)["Targets"]]


def _topic(clients: Any) -> None:
    clients["sns"].create_topic(Name="iam-alerting", Attributes={"DisplayName": "theirs"})


def _queue(clients: Any) -> None:
    clients["sqs"].create_queue(QueueName="iam-alerting-dlq")


def _role(clients: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    clients["iam"].create_role(RoleName="iam-alerting-function", AssumeRolePolicyDocument=document)


def _alias(clients: Any) -> None:
    key = clients["kms"].create_key(Description="theirs")["KeyMetadata"]["KeyId"]
    clients["kms"].create_alias(AliasName="alias/iam-alerting", TargetKeyId=key)


@pytest.mark.parametrize(
    ("make", "component", "what"),
    [
        (_topic, "topic", "topic iam-alerting"),
        (_queue, "queue", "queue iam-alerting-dlq"),
        (_role, "execution_role", "role iam-alerting-function"),
        (_alias, "key", "alias alias/iam-alerting"),
    ],
)
def test_what_is_somebody_elses_is_refused(empty: Any, make: Callable[[Any], None], component: str, what: str) -> None:
    make(empty)
    with pytest.raises(AnsibleActionFail, match=f"{what} .*that is not ours.*Nothing was changed") as raised:
        run(stack_plan, check=True, settings={**PLAIN, "customer_key": True}, components=[component])
    assert raised.value.result["entered"]


@pytest.mark.parametrize("code", ["AccessDenied", "AllAccessDisabled"])
def test_a_bucket_of_another_account_is_refused(empty: Any, code: str) -> None:
    with (
        answering(GetBucketPolicy=error(code)),
        pytest.raises(AnsibleActionFail, match="iam-alerting-123456789012-us-east-1.*Nothing was changed"),
    ):
        run(stack_plan, **IN_CHECK_MODE, components=["bucket"])


def test_who_may_not_read_is_told_what_it_takes(empty: Any) -> None:
    with (
        answering(GetTopicAttributes=error("AuthorizationError", "GetTopicAttributes")),
        pytest.raises(AnsibleActionFail, match="sns:GetTopicAttributes") as raised,
    ):
        run(stack_plan, **IN_CHECK_MODE, components=["topic"])
    assert raised.value.result["entered"]


def test_what_the_deployment_may_not_write_is_told_before_the_first_write(empty: Any) -> None:
    clients = empty["iam"]
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    clients.create_role(RoleName="Deployer", AssumeRolePolicyDocument=document)
    denied = {"EvalActionName": "sns:CreateTopic", "EvalDecision": "implicitDeny"}
    with (
        answering(SimulatePrincipalPolicy={"EvaluationResults": [denied]}),
        pytest.raises(AnsibleActionFail, match=r"lacks permissions .*sns:CreateTopic on .*Nothing was changed"),
    ):
        run(stack_plan, **IN_CHECK_MODE, components=["topic"])


@pytest.mark.parametrize("plugin", [stack_plan, stack_redrive])
def test_credentials_of_another_account_are_refused_before_any_read(empty: Any, plugin: Any) -> None:
    elsewhere = settings(account_id="999999999999")
    with recorded() as calls, pytest.raises(AnsibleActionFail, match="belongs to account 123456789012") as raised:
        run(plugin, settings=elsewhere)
    assert not raised.value.result["entered"]
    assert calls == ["GetCallerIdentity"]


@pytest.mark.parametrize("plugin", [stack_plan, stack_status, stack_redrive])
def test_a_setting_that_cannot_be_used_is_refused_before_any_call(empty: Any, plugin: Any) -> None:
    with recorded() as calls, pytest.raises(AnsibleActionFail, match="iam_alerting_name is 'A_B'"):
        run(plugin, settings=settings(name="A_B"))
    assert calls == []


def test_where_nothing_was_deployed_there_is_nothing_to_redrive_or_remove(empty: Any) -> None:
    with pytest.raises(AnsibleActionFail, match="There is no queue iam-alerting-dlq. Deploy first"):
        run(stack_redrive, settings=PLAIN)
    result = run(stack_plan, settings=PLAIN, state="absent")
    assert (result["changed"], result["summary"]) == (False, "nothing to remove")


def test_what_is_applied_is_proved_with_the_session_that_it_was_applied_with(
    empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(stack_plan.time, "sleep", pauses.append)
    first = run(stack_plan, settings=PLAIN, components=["queue"])
    assert Path(first["session_file"]).stat().st_mode & 0o077 == 0
    with recorded() as calls:
        left = run(stack_plan, settings=PLAIN, components=["queue"], applied=["queue"])
    assert "AssumeRole" not in calls
    assert left["failed"]
    assert "What was deployed is not what is there: queue " in left["msg"]
    assert len(pauses) == stack_plan.REREADS
    deploy(empty, first)
    proved = run(stack_plan, settings=PLAIN, components=["queue"], applied=["queue"])
    assert (proved["changed"], proved["summary"]) == (False, "changed: queue")


MEMBER = {**PLAIN, "topology": "member", "hub": "999999999999"}


def test_a_member_has_only_what_sends_its_events_to_the_hub(empty: Any) -> None:
    result = run(stack_plan, check=True, settings=MEMBER)
    assert set(result["differences"]) == {"bucket", "trail", "queue", "forwarding_role", "rule", "tampering_rule"}


def test_what_a_member_has_already_is_in_sync(empty: Any) -> None:
    deploy(empty, run(stack_plan, settings=MEMBER))
    assert run(stack_plan, check=True, settings=MEMBER)["summary"] == "in sync"
    status = run(stack_status, settings=MEMBER)["account"]
    assert [problem["kind"] for problem in status["problems"]] == []


@pytest.mark.parametrize(("grouping", "gone", "noted"), [(0, False, True), (300, False, True), (0, True, False)])
def test_a_member_that_alerted_by_itself_goes_on_so_until_it_is_moved(
    empty: Any, grouping: int, gone: bool, noted: bool
) -> None:
    before = {**PLAIN, "group_seconds": grouping}
    first = run(stack_plan, settings=before)
    deploy(empty, first)
    if gone:
        empty["lambda"].delete_function(FunctionName="iam-alerting")
    result = run(stack_plan, check=True, settings=MEMBER)
    told = "alerts itself beside the hub until it is moved by: trailwatch.aws.migrate"
    assert (told in result["notes"]) is noted
    desired = run(stack_plan, settings=MEMBER, components=["rule"])["desired"]
    own = "sqs" if grouping else "lambda"
    arns = [target["arn"] for target in desired["rule"]["Targets"]]
    assert any(f":{own}:us-east-1:123456789012:" in arn for arn in arns) is noted


def test_the_bucket_of_a_trail_that_was_ours_is_kept_and_named(empty: Any) -> None:
    deploy(empty, run(stack_plan, settings=PLAIN, components=["bucket", "trail"]))
    empty["cloudtrail"].create_trail(Name="theirs", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    all_events = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
    empty["cloudtrail"].put_event_selectors(TrailName="theirs", EventSelectors=all_events)
    empty["cloudtrail"].start_logging(Name="theirs")
    existing = {**PLAIN, "trail": "existing"}
    result = run(stack_plan, check=True, settings=existing, components=["bucket", "trail"])
    assert f"kept the log files of a former trail in bucket: {BUCKET}" in result["notes"]
    assert "bucket" not in result["differences"]


def test_who_has_not_confirmed_is_in_the_notes(empty: Any) -> None:
    given = {**PLAIN, "fallback": "on-call@example.com"}
    components = ["topic", "fallback_topic"]
    deploy(empty, run(stack_plan, settings=given, components=components))
    pending = [
        {"Protocol": "email", "Endpoint": f"{who}@example.com", "SubscriptionArn": "PendingConfirmation"}
        for who in ("secops", "on-call")
    ]
    with answering(ListSubscriptionsByTopic={"Subscriptions": pending}):
        notes = run(stack_plan, check=True, settings=given, components=components)["notes"]
    assert "not confirmed yet: secops@example.com" in notes
    assert "fallback not confirmed yet: on-call@example.com" in notes


def test_of_a_member_by_cloudformation_a_difference_is_a_failure_that_says_who_mends_it(empty: Any) -> None:
    result = run(
        stack_plan, settings={**MEMBER, "member_engine": "stackset", "trail": "existing"}, components=["queue"]
    )
    assert result["failed"]
    assert "queue is not there" in result["msg"]
    assert not result["to_apply"]


def test_a_session_is_for_the_account_and_its_secrets_are_not_shown(empty: Any) -> None:
    result = run(account_session, account_id="123456789012", region="us-east-1", role="Deployer")
    assert result["arn"] == "arn:aws:sts::123456789012:assumed-role/Deployer/trailwatch"
    assert result["_ansible_no_log"]
    assert result["secret_key"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"account_id": "999999999999", "region": "us-east-1"}, "belongs to account 123456789012"),
        ({"account_id": "123456789012", "region": "mars-north-1"}, "mars-north-1"),
    ],
)
def test_no_session_for_another_account_or_a_region_that_is_none(empty: Any, given: dict[str, str], told: str) -> None:
    with pytest.raises(AnsibleActionFail, match=told):
        run(account_session, **given)
