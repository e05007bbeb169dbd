"""Who is let down by a customer's key that does not know them: mostly without a word, as in AWS."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.small_pipeline import NAME, allow, connect, policy
from tests.sandbox.test_strict import refused

QUIET = 0.6
ENCRYPT = ["kms:GenerateDataKey*", "kms:Decrypt"]


def make_key(account, *statements):
    """A key that the account administers, with further statements; its ARN."""
    root = {"AWS": f"arn:aws:iam::{account.id}:root"}
    administers = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    made = account.client("kms").create_key(Policy=policy(administers, *statements))
    return made["KeyMetadata"]["Arn"]


def encrypt_queue(account, name, key):
    sqs = account.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], Attributes={"KmsMasterKeyId": key})


def rules_of(account, queue):
    """The statement that lets the rules of the account send to the queue."""
    condition = {"aws:SourceAccount": account.id, "kms:EncryptionContext:aws:sqs:arn": account.arn("sqs", queue)}
    return allow("events.amazonaws.com", ENCRYPT, "*", StringEquals=condition)


@pytest.mark.parametrize(("queue", "arrives"), [("seen", True), ("other", False)])
def test_a_rule_sends_to_an_encrypted_queue_only_if_the_key_knows_it(account, messages, queue, arrives):
    account.make_trail()
    account.watch()
    encrypt_queue(account, "seen", make_key(account, rules_of(account, queue)))
    account.client("iam").create_user(UserName="mallory")
    assert bool(messages(account, "seen", 10 if arrives else QUIET)) is arrives


def test_log_files_are_written_only_while_cloudtrail_may_use_the_key(account, eventually):
    trail = account.arn("cloudtrail", f"trail/{NAME}")
    context = {"aws:SourceArn": trail, "kms:EncryptionContext:aws:cloudtrail:arn": trail}
    encrypts = allow("cloudtrail.amazonaws.com", "kms:GenerateDataKey*", "*", StringEquals=context)
    describes = allow("cloudtrail.amazonaws.com", "kms:DescribeKey", "*")
    key = make_key(account, encrypts, describes)
    account.make_trail(KmsKeyId=key)
    cloudtrail, iam = account.client("cloudtrail"), account.client("iam")

    def said(name):
        iam.list_users()
        return cloudtrail.get_trail_status(Name=NAME).get(name)

    assert eventually(lambda: said("LatestDeliveryTime"))
    account.client("kms").disable_key(KeyId=key)
    assert eventually(lambda: said("LatestDeliveryError")) == "KMSAccessDenied"


@pytest.mark.parametrize("left", ["kms:GenerateDataKey*", "kms:DescribeKey"])
def test_a_trail_is_refused_if_cloudtrail_may_not_use_its_key(account, left):
    key = make_key(account, allow("cloudtrail.amazonaws.com", left, "*"))
    assert refused(account.make_trail, KmsKeyId=key) == "InsufficientEncryptionPolicyException"


def test_a_trail_to_a_bucket_with_a_bucket_key_needs_decrypt(account):
    key = make_key(account, allow("cloudtrail.amazonaws.com", ["kms:GenerateDataKey*", "kms:DescribeKey"], "*"))
    account.make_trail()
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    account.client("s3").put_bucket_encryption(
        Bucket=f"trail-{account.id}", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    update = account.client("cloudtrail").update_trail
    assert refused(update, Name=NAME, KmsKeyId=key) == "InsufficientEncryptionPolicyException"


def test_queue_and_table_with_a_key_ask_for_it(account, sandbox):
    key = make_key(account)
    url = account.client("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    account.client("dynamodb").create_table(
        TableName="groups",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    account.client("sqs").send_message(QueueUrl=url, MessageBody="by an administrator")
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    may = policy({"Effect": "Allow", "Action": ["sqs:*", "dynamodb:*"], "Resource": "*"})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=may)
    given = iam.create_access_key(UserName="alice")["AccessKey"]
    sqs, dynamodb = (
        connect(sandbox, service, given["AccessKeyId"], given["SecretAccessKey"]) for service in ("sqs", "dynamodb")
    )
    assert "Kms" in refused(sqs.send_message, QueueUrl=url, MessageBody="by alice")
    assert "Kms" in refused(sqs.receive_message, QueueUrl=url)
    assert refused(dynamodb.get_item, TableName="groups", Key={"id": {"S": "1"}}) == "AccessDeniedException"


@pytest.mark.parametrize(("known", "arrives"), [(True, True), (False, False)])
def test_an_alarm_publishes_to_an_encrypted_topic_only_if_the_key_knows_it(account, sandbox, known, arrives):
    topic = account.make_topic()
    condition = {"kms:EncryptionContext:aws:sns:topicArn": topic, "aws:SourceAccount": account.id}
    alarms = allow("cloudwatch.amazonaws.com", ENCRYPT, "*", StringEquals=condition)
    sns, cloudwatch = account.client("sns"), account.client("cloudwatch")
    key = make_key(account, *([alarms] if known else []))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        AlarmActions=[topic],
        MetricName="m",
        Namespace="n",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    assert bool(sandbox.wait_for_mails(account.address, 1, 10 if arrives else QUIET)) is arrives


def test_a_key_that_is_to_be_deleted_takes_nothing_but_to_be_kept(account):
    kms = account.client("kms")
    key = make_key(account)
    kms.enable_key_rotation(KeyId=key)
    kms.schedule_key_deletion(KeyId=key)
    assert refused(kms.enable_key, KeyId=key) == "KMSInvalidStateException"
    assert refused(kms.create_alias, AliasName="alias/a", TargetKeyId=key) == "KMSInvalidStateException"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.cancel_key_deletion(KeyId=key)
    assert refused(kms.enable_key_rotation, KeyId=key) == "DisabledException"
    kms.enable_key(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


def test_the_evaluator_can_be_asked(account, sandbox):
    statement = allow("events.amazonaws.com", "kms:Decrypt", "*", StringEquals={"aws:SourceAccount": account.id})
    document = json.loads(policy(statement))
    key, keys = account.arn("kms", "key/1"), {"aws:SourceAccount": account.id}
    assert sandbox.allows(document, "kms:Decrypt", key, service="events.amazonaws.com", keys=keys)
    assert not sandbox.allows(document, "kms:Decrypt", key, service="sns.amazonaws.com", keys=keys)
    assert not sandbox.allows(document, "kms:Decrypt", key, service="events.amazonaws.com")
    role = f"arn:aws:iam::{account.id}:role/any"
    assert not sandbox.allows(document, "kms:Decrypt", key, role=role, keys=keys)
