"""What hands do to a deployed account: the calls by which anything of it can be changed, and what they need."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

from tests.integration.live import Account

Hand = Callable[[Account], Any]
NAME = "iam-alerting"
ROLE = f"{NAME}-function"
LOGS = f"/aws/lambda/{NAME}"
ALIAS = f"alias/{NAME}"
TAMPERING = f"{NAME}-tampering"
HEARTBEAT = f"{NAME}-heartbeat"
FORWARDER = f"{NAME}-forwarder"
FORWARDING_REGION = "eu-west-1"


def bucket(account: Account) -> str:
    return f"{NAME}-{account.id}-us-east-1"


def arn(account: Account, service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{account.id}:{resource}"


def queue_url(account: Account) -> str:
    return str(account.client("sqs").get_queue_url(QueueName=f"{NAME}-dlq")["QueueUrl"])


def s3(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("s3"), operation)(Bucket=bucket(account), **arguments)


def trail(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("cloudtrail"), operation)(Name=NAME, **arguments)


def selectors(**arguments: Any) -> Hand:
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, **arguments}
    return lambda account: account.client("cloudtrail").put_event_selectors(TrailName=NAME, EventSelectors=[selector])


def topic(name: str, value: str) -> Hand:
    return lambda account: account.client("sns").set_topic_attributes(
        TopicArn=arn(account, "sns", NAME), AttributeName=name, AttributeValue=value.replace("ACCOUNT", account.id)
    )


def queue(**attributes: str) -> Hand:
    return lambda account: account.client("sqs").set_queue_attributes(
        QueueUrl=queue_url(account),
        Attributes={name: value.replace("ACCOUNT", account.id) for name, value in attributes.items()},
    )


def key(operation: str, **arguments: Any) -> Hand:
    def act(account: Account) -> None:
        client = account.client("kms")
        there = client.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
        getattr(client, operation)(KeyId=there, **arguments)

    return act


def event_queue(**attributes: str) -> Hand:
    return lambda account: account.client("sqs").set_queue_attributes(
        QueueUrl=event_queue_url(account), Attributes=attributes
    )


def event_queue_url(account: Account) -> str:
    return str(account.client("sqs").get_queue_url(QueueName=f"{NAME}-events")["QueueUrl"])


def table(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("dynamodb"), operation)(TableName=f"{NAME}-groups", **arguments)


def mapping(operation: str, **arguments: Any) -> Hand:
    def act(account: Account) -> None:
        client = account.client("lambda")
        (there,) = client.list_event_source_mappings(FunctionName=NAME)["EventSourceMappings"]
        getattr(client, operation)(UUID=there["UUID"], **arguments)

    return act


def role(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("iam"), operation)(RoleName=ROLE, **arguments)


def function(**arguments: Any) -> Hand:
    return lambda account: account.client("lambda").update_function_configuration(FunctionName=NAME, **arguments)


def code(statement: str) -> Hand:
    """The function then does this and nothing else."""

    def act(account: Account) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("handler.py", f"def lambda_handler(event, context):\n    {statement}\n")
        account.client("lambda").update_function_code(FunctionName=NAME, ZipFile=package.getvalue())

    return act


def lambda_(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("lambda"), operation)(FunctionName=NAME, **arguments)


def rule(name: str = NAME, **arguments: Any) -> Hand:
    def put(account: Account) -> None:
        events = account.client("events")
        now = events.describe_rule(Name=name)
        kept = ("Name", "EventPattern", "ScheduleExpression", "State", "Description")
        events.put_rule(**{**{key: now[key] for key in kept if now.get(key)}, **arguments})

    return put


def target(name: str = NAME, **arguments: Any) -> Hand:
    def put(account: Account) -> None:
        events = account.client("events")
        (now,) = events.list_targets_by_rule(Rule=name)["Targets"]
        events.put_targets(Rule=name, Targets=[{**now, **arguments}])

    return put


def rule_is_disabled(name: str) -> Hand:
    return lambda account: account.client("events").disable_rule(Name=name)


def rule_loses_target(name: str) -> Hand:
    return lambda account: account.client("events").remove_targets(Rule=name, Ids=["function"])


def rule_loses_tags(name: str) -> Hand:
    return lambda account: account.client("events").untag_resource(
        ResourceARN=arn(account, "events", f"rule/{name}"), TagKeys=["trailwatch"]
    )


def forwarder(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("events", FORWARDING_REGION), operation)(**arguments)


def forwarder_role(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("iam"), operation)(RoleName=FORWARDER, **arguments)


def download(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def alarm(name: str, **other: Any) -> Hand:
    def put(account: Account) -> None:
        cloudwatch = account.client("cloudwatch")
        (now,) = cloudwatch.describe_alarms(AlarmNames=[f"{NAME}/{name}"])["MetricAlarms"]
        given = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        # A list that is not used comes back empty, and may not be given.
        kept = {key: value for key, value in now.items() if key in given and value != []}
        cloudwatch.put_metric_alarm(**{**kept, **other})

    return put


def alarms(operation: str, *names: str) -> Hand:
    full = [f"{NAME}/{name}" for name in names]
    return lambda account: getattr(account.client("cloudwatch"), operation)(AlarmNames=full)


def fallback(name: str, value: str) -> Hand:
    return lambda account: account.client("sns").set_topic_attributes(
        TopicArn=arn(account, "sns", f"{NAME}-fallback"),
        AttributeName=name,
        AttributeValue=value.replace("ACCOUNT", account.id),
    )


def permission_goes(*rules: str) -> Hand:
    def remove(account: Account) -> None:
        client = account.client("lambda")
        for statement in json.loads(client.get_policy(FunctionName=NAME)["Policy"])["Statement"]:
            sources = statement.get("Condition", {}).get("ArnLike", {"AWS:SourceArn": ""})
            if sources["AWS:SourceArn"].rpartition("/")[2] in rules:
                client.remove_permission(FunctionName=NAME, StatementId=statement["Sid"])

    return remove


def target_is_the_function(name: str) -> Hand:
    return lambda account: target(name, Arn=arn(account, "lambda", f"function:{NAME}"))(account)


def surplus_shard(name: str, number: int) -> Hand:
    tags = [{"Key": "trailwatch:shard-of", "Value": name}, {"Key": "trailwatch", "Value": NAME}]
    return lambda account: account.client("events").put_rule(
        Name=f"{name}-{number}", EventPattern='{"source": ["aws.ec2"]}', Tags=tags
    )


def rule_goes(name: str) -> Hand:
    def remove(account: Account) -> None:
        rule_loses_target(name)(account)
        account.client("events").delete_rule(Name=name)

    return remove


def _empty(client: Any, name: str) -> None:
    versions = client.list_object_versions(Bucket=name)
    for each in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])


def tidy(account: Account) -> None:
    """Remove what hands made beside our resources, and what the role has no business with."""
    s3_client, sqs, iam = (account.client(service) for service in ("s3", "sqs", "iam"))
    for each in s3_client.list_buckets(Prefix="elsewhere-")["Buckets"]:
        _empty(s3_client, each["Name"])
        s3_client.delete_bucket(Bucket=each["Name"])
    for url in sqs.list_queues(QueueNamePrefix="listener").get("QueueUrls", []):
        sqs.delete_queue(QueueUrl=url)
    if any(each["RoleName"] == "other" for each in iam.list_roles()["Roles"]):
        iam.delete_role_policy(RoleName="other", PolicyName="sqs")
        iam.delete_role(RoleName="other")


PUBLIC = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": True,
}
OPEN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Open",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "SNS:Publish",
                "Resource": f"arn:aws:sns:us-east-1:ACCOUNT:{NAME}",
            }
        ],
    }
)
DENY_QUEUE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Closed",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:ReceiveMessage",
                "Resource": f"arn:aws:sqs:us-east-1:ACCOUNT:{NAME}-dlq",
            }
        ],
    }
)
ANY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
KMS = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
AES = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
SHORT = {
    "Rules": [{"ID": "expire-log-files", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
}
ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
OWNED = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
