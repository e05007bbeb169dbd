"""Single deeds of a hand in a deployed account that take more than one call."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile

from botocore.exceptions import ClientError

from tests.integration.hands import (
    ALIAS,
    FORWARDER,
    NAME,
    ROLE,
    _empty,
    alarm,
    arn,
    bucket,
    code,
    download,
    forwarder,
    function,
    role,
)
from tests.integration.live import Account


def forwarder_goes(account: Account) -> None:
    forwarder("remove_targets", Rule=FORWARDER, Ids=["home"])(account)
    forwarder("delete_rule", Name=FORWARDER)(account)


def bucket_policy_grows(account: Account) -> None:
    s3_client = account.client("s3")
    policy = json.loads(s3_client.get_bucket_policy(Bucket=bucket(account))["Policy"])
    resource = f"arn:aws:s3:::{bucket(account)}/*"
    other = {"AWS": "arn:aws:iam::123456789012:root"}
    policy["Statement"].append({"Effect": "Allow", "Principal": other, "Action": "s3:GetObject", "Resource": resource})
    s3_client.put_bucket_policy(Bucket=bucket(account), Policy=json.dumps(policy))


def bucket_key_goes(account: Account) -> None:
    client = account.client("s3")
    (rule_,) = client.get_bucket_encryption(Bucket=bucket(account))["ServerSideEncryptionConfiguration"]["Rules"]
    rules = {"Rules": [{**rule_, "BucketKeyEnabled": False}]}
    client.put_bucket_encryption(Bucket=bucket(account), ServerSideEncryptionConfiguration=rules)


def key_policy_shrinks(account: Account) -> None:
    """What would keep every event from the queue, without a word."""
    client = account.client("kms")
    there = client.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
    policy = json.loads(client.get_key_policy(KeyId=there, PolicyName="default")["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "RulesSendToTheQueues"]
    client.put_key_policy(KeyId=there, PolicyName="default", Policy=json.dumps(policy))


def trail_logs_elsewhere(account: Account) -> None:
    s3_client, name = account.client("s3"), f"elsewhere-{account.id}"
    policy = s3_client.get_bucket_policy(Bucket=bucket(account))["Policy"].replace(bucket(account), name)
    s3_client.create_bucket(Bucket=name)
    s3_client.put_bucket_policy(Bucket=name, Policy=policy)
    account.client("cloudtrail").update_trail(Name=NAME, S3BucketName=name)


def tags_of_trail_go(account: Account) -> None:
    tags = [{"Key": "trailwatch"}]
    account.client("cloudtrail").remove_tags(ResourceId=arn(account, "cloudtrail", f"trail/{NAME}"), TagsList=tags)


def code_is_replaced(account: Account) -> None:
    code("pass")(account)


def architecture_changes(account: Account) -> None:
    client = account.client("lambda")
    code = client.get_function(FunctionName=NAME)["Code"]["Location"]
    client.update_function_code(FunctionName=NAME, ZipFile=download(code), Architectures=["arm64"])


def dead_letters_twice(account: Account) -> None:
    function(DeadLetterConfig={"TargetArn": arn(account, "sqs", f"{NAME}-dlq")})(account)


def other_role(account: Account) -> None:
    trust = account.client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    made = account.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(trust))
    sqs = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
    account.client("iam").put_role_policy(RoleName="other", PolicyName="sqs", PolicyDocument=sqs)
    function(Role=made["Role"]["Arn"])(account)


def layer(account: Account) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/sitecustomize.py", "")
    client = account.client("lambda")
    made = client.publish_layer_version(LayerName="shadow", Content={"ZipFile": package.getvalue()})
    client.update_function_configuration(FunctionName=NAME, Layers=[made["LayerVersionArn"]])


def other_expression(account: Account) -> None:
    metric = {"Namespace": "AWS/SNS", "MetricName": "NumberOfMessagesPublished"}
    query = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}
    alarm("unheard", Metrics=[query])(account)


def alarm_too_many(account: Account) -> None:
    """One that an older version made, say."""
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}/old",
        Namespace="AWS/SNS",
        MetricName="PublishSize",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "trailwatch", "Value": NAME}],
    )


def no_alarms(account: Account) -> None:
    cloudwatch = account.client("cloudwatch")
    names = [each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"]]
    cloudwatch.delete_alarms(AlarmNames=names)


def somebody_else_hears_the_fallback(account: Account) -> None:
    endpoint = arn(account, "sqs", f"{NAME}-dlq")
    account.client("sns").subscribe(TopicArn=arn(account, "sns", f"{NAME}-fallback"), Protocol="sqs", Endpoint=endpoint)


def boundary(account: Account) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}]}
    made = account.client("iam").create_policy(PolicyName="mute", PolicyDocument=json.dumps(document))
    role("put_role_permissions_boundary", PermissionsBoundary=made["Policy"]["Arn"])(account)


def attached_policy(account: Account) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    made = account.client("iam").create_policy(PolicyName="more", PolicyDocument=json.dumps(document))
    role("attach_role_policy", PolicyArn=made["Policy"]["Arn"])(account)


def subscription_goes(account: Account) -> None:
    sns = account.client("sns")
    for each in sns.list_subscriptions_by_topic(TopicArn=arn(account, "sns", NAME))["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def subscription_comes(account: Account) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    endpoint = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    account.client("sns").subscribe(TopicArn=arn(account, "sns", NAME), Protocol="sqs", Endpoint=endpoint)


def tags_of_mapping_go(account: Account) -> None:
    client = account.client("lambda")
    (there,) = client.list_event_source_mappings(FunctionName=NAME)["EventSourceMappings"]
    client.untag_resource(Resource=there["EventSourceMappingArn"], TagKeys=["trailwatch"])


def rule_invokes_again(account: Account) -> None:
    """What a run that was broken off would leave: the queue is target, and the rule may invoke the function."""
    account.client("lambda").add_permission(
        FunctionName=NAME,
        StatementId="by-hand",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn(account, "events", f"rule/{NAME}"),
    )


def second_target(account: Account) -> None:
    more = [{"Id": "copy", "Arn": arn(account, "sqs", f"{NAME}-dlq")}]
    account.client("events").put_targets(Rule=NAME, Targets=more)


def role_goes(account: Account) -> None:
    role("delete_role_policy", PolicyName=ROLE)(account)
    role("delete_role")(account)


def bucket_goes(account: Account) -> None:
    """The trail goes on writing to it, so that it may take more than one try."""
    client = account.client("s3")
    for _try in range(20):
        _empty(client, bucket(account))
        with contextlib.suppress(ClientError):
            client.delete_bucket(Bucket=bucket(account))
            return
    raise AssertionError("the bucket is never empty")
