"""What CloudTrail and EventBridge deliver, and what they do not."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.sandbox.small_pipeline import NAME

QUIET = 0.6


def test_nothing_without_a_logging_trail(account, messages):
    account.make_trail()
    account.watch()
    account.client("cloudtrail").stop_logging(Name=NAME)
    account.client("iam").create_user(UserName="unseen")
    assert messages(account, "seen", QUIET) is None
    account.client("cloudtrail").start_logging(Name=NAME)
    account.client("iam").create_user(UserName="seen")
    event, _ = messages(account, "seen")
    assert event["detail"]["requestParameters"] == {"userName": "seen"}


def test_event_has_the_shape_of_aws(account, messages):
    account.make_trail()
    account.watch()
    account.client("iam", "eu-west-1").create_user(UserName="mallory")
    event, _ = messages(account, "seen")
    assert (event["source"], event["detail-type"]) == ("aws.iam", "AWS API Call via CloudTrail")
    assert (event["account"], event["region"], event["resources"]) == (account.id, "us-east-1", [])
    detail = event["detail"]
    assert detail["awsRegion"] == "us-east-1"
    assert detail["responseElements"]["user"]["userName"] == "mallory"
    assert detail["userIdentity"]["type"] == "AssumedRole"
    assert detail["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "OrganizationAccountAccessRole"
    assert not detail["readOnly"]


@pytest.mark.parametrize(
    ("state", "seen"), [("ENABLED", False), ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", True)]
)
def test_read_only_events_need_the_special_state(account, messages, state, seen):
    account.make_trail()
    account.watch({"detail": {"eventName": ["ListUsers"]}}, state)
    account.client("iam").list_users()
    assert bool(messages(account, "seen", 10 if seen else QUIET)) is seen


def test_disabled_rule_matches_nothing(account, messages):
    account.make_trail()
    account.watch(state="DISABLED")
    account.client("iam").create_user(UserName="unseen")
    assert messages(account, "seen", QUIET) is None


def test_events_stay_in_their_region(account, messages):
    account.make_trail()
    account.watch({"source": ["aws.sqs"], "detail": {"eventName": ["CreateQueue"]}})
    account.client("sqs", "eu-west-1").create_queue(QueueName="elsewhere")
    assert messages(account, "seen", QUIET) is None
    account.client("sqs").create_queue(QueueName="here")
    event, _ = messages(account, "seen")
    assert event["detail"]["requestParameters"]["queueName"] == "here"


def test_single_region_trail_elsewhere_misses_global_events(account, messages):
    account.client("s3").create_bucket(Bucket=f"trail-{account.id}")
    away = account.bucket_policy().replace(":us-east-1:", ":eu-west-1:")
    account.client("s3").put_bucket_policy(Bucket=f"trail-{account.id}", Policy=away)
    trail = account.client("cloudtrail", "eu-west-1")
    trail.create_trail(Name=NAME, S3BucketName=f"trail-{account.id}")
    trail.start_logging(Name=NAME)
    account.watch()
    account.client("iam").create_user(UserName="unseen")
    assert messages(account, "seen", QUIET) is None


def test_write_only_selector_leaves_reads_out(account, messages):
    account.make_trail()
    account.client("cloudtrail").put_event_selectors(
        TrailName=NAME, EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    )
    account.watch(state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    account.client("iam").list_users()
    account.client("iam").create_user(UserName="mallory")
    event, _ = messages(account, "seen")
    assert event["detail"]["eventName"] == "CreateUser"


def test_data_events_are_recorded_but_not_delivered(account, sandbox, messages):
    account.make_trail()
    account.watch({"source": ["aws.s3"]})
    account.client("s3").put_object(Bucket=f"trail-{account.id}", Key="a", Body=b"x")
    assert messages(account, "seen", QUIET) is None
    assert "PutObject" in [call["eventName"] for call in sandbox.calls(account.id, writes=True)]


def test_log_file_in_the_bucket(account, eventually):
    account.make_trail()
    account.client("iam").create_user(UserName="mallory")
    s3, bucket = account.client("s3"), f"trail-{account.id}"
    prefix = f"AWSLogs/{account.id}/CloudTrail/us-east-1/"

    def records():
        files = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        texts = [gzip.decompress(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in files]
        return [record["eventName"] for text in texts for record in json.loads(text)["Records"]]

    assert eventually(lambda: "CreateUser" in records())
    status = account.client("cloudtrail").get_trail_status(Name=NAME)
    assert status["LatestDeliveryTime"]
    assert "LatestDeliveryError" not in status


def test_no_log_file_once_the_bucket_policy_is_gone(account, eventually):
    account.make_trail()
    account.client("s3").delete_bucket_policy(Bucket=f"trail-{account.id}")
    account.client("iam").create_user(UserName="mallory")
    trail = account.client("cloudtrail")
    assert eventually(lambda: trail.get_trail_status(Name=NAME).get("LatestDeliveryError") == "AccessDenied")


def test_console_sign_in_can_be_put(account, sandbox, messages):
    account.make_trail()
    account.watch({"detail-type": ["AWS Console Sign In via CloudTrail"]})
    record = {
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "recipientAccountId": account.id,
        "managementEvent": True,
        "readOnly": False,
    }
    assert sandbox.put_record(record, "AWS Console Sign In via CloudTrail")
    event, _ = messages(account, "seen")
    assert event["source"] == "aws.signin"
