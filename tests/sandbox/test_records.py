"""CloudTrail records of calls: who, what, how it ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.small_pipeline import NAME, connect, packed


def last(sandbox, account, **wanted):
    return sandbox.calls(account.id, **wanted)[-1]


def test_assume_role_is_recorded_on_both_sides(account, sandbox):
    account.client("iam").list_users()
    [entered] = [call for call in sandbox.calls(account.id) if call["eventName"] == "AssumeRole"]
    assert entered["userIdentity"]["type"] == "AWSAccount"
    assert entered["userIdentity"]["accountId"] == sandbox.management_account
    [asked] = [
        call
        for call in sandbox.calls(sandbox.management_account)
        if call.get("sharedEventID") == entered["sharedEventID"]
    ]
    assert asked["userIdentity"]["type"] == "Root"
    assert asked["readOnly"] is True
    assert "secretAccessKey" not in asked["responseElements"]["credentials"]
    assert asked["responseElements"]["credentials"]["sessionToken"]


def test_user_with_access_key(account, sandbox):
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    created = last(sandbox, account)
    assert created["responseElements"]["accessKey"]["accessKeyId"] == key["AccessKeyId"]
    assert "secretAccessKey" not in created["responseElements"]["accessKey"]
    alice = connect(sandbox, "iam", key["AccessKeyId"], key["SecretAccessKey"])
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.list_users()
    denied = last(sandbox, account)
    assert denied["errorCode"] == "AccessDenied"
    assert (denied["userIdentity"]["type"], denied["userIdentity"]["userName"]) == ("IAMUser", "alice")


def test_failed_call_has_an_error_code(account, sandbox):
    with pytest.raises(ClientError):
        account.client("iam").delete_user(UserName="nobody")
    failed = last(sandbox, account, writes=True)
    assert failed["errorCode"] == "NoSuchEntityException"
    assert failed["errorMessage"]
    assert failed["responseElements"] is None


def test_every_protocol_is_understood(account, sandbox):
    account.client("sqs").create_queue(QueueName="q", Attributes={"DelaySeconds": "3"})
    assert last(sandbox, account)["requestParameters"] == {"queueName": "q", "attributes": {"DelaySeconds": "3"}}
    account.client("s3").create_bucket(Bucket=f"b-{account.id}")
    account.client("s3").put_public_access_block(
        Bucket=f"b-{account.id}", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    record = last(sandbox, account)
    assert (record["eventSource"], record["eventName"]) == ("s3.amazonaws.com", "PutBucketPublicAccessBlock")
    assert record["requestParameters"]["bucketName"] == f"b-{account.id}"
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="a",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1.0,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
    )
    record = last(sandbox, account)
    assert (record["eventSource"], record["requestParameters"]["alarmName"]) == ("monitoring.amazonaws.com", "a")


def test_lambda_records_hide_code_and_environment(account, sandbox):
    account.client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=account.make_role(),
        Handler="handler.lambda_handler",
        Code={"ZipFile": packed("")},
        Environment={"Variables": {"SECRET": "x"}},
    )
    record = last(sandbox, account)
    assert record["eventName"] == "CreateFunction20150331"
    assert record["requestParameters"]["functionName"] == NAME
    assert "SECRET" not in str(record)


def test_record_has_the_request_id_that_the_caller_was_told(account, sandbox):
    answer = account.client("iam").create_user(UserName="alice")
    assert last(sandbox, account)["requestID"] == answer["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError) as refused:
        account.client("sqs").get_queue_url(QueueName="none")
    assert last(sandbox, account)["requestID"] == refused.value.response["ResponseMetadata"]["RequestId"]


def test_event_history_needs_no_trail(account):
    iam, trail = account.client("iam"), account.client("cloudtrail")
    before = datetime.now(UTC) - timedelta(seconds=1)
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    found = trail.lookup_events(LookupAttributes=wanted, StartTime=before)["Events"]
    names = [json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for event in found]
    assert names == ["bob", "alice"]
    assert trail.lookup_events(LookupAttributes=wanted, EndTime=before)["Events"] == []


def test_clear(account, sandbox):
    account.client("iam").create_user(UserName="alice")
    assert sandbox.calls(account.id)
    sandbox.clear_calls(account.id)
    assert sandbox.calls(account.id) == []
