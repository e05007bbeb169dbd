"""What is really in an account, read with boto3: the second pair of eyes beside the collection's own."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

ADMIN_ROLE = "OrganizationAccountAccessRole"
Document = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """One account of an emulator, entered as its administrator."""

    id: str
    environment: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(self.id)

    @functools.cached_property
    def session(self) -> boto3.session.Session:
        caller = boto3.session.Session(
            self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
        )
        role = f"arn:aws:iam::{self.id}:role/{ADMIN_ROLE}"
        sts = caller.client("sts", endpoint_url=self.environment["AWS_ENDPOINT_URL"])
        keys = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
        return boto3.session.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1"
        )

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return self.session.client(service, region_name=region, endpoint_url=self.environment["AWS_ENDPOINT_URL"])


class Management(Account):
    """The account of the caller, which enters the others."""

    @functools.cached_property
    def session(self) -> boto3.session.Session:
        keys = [self.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
        return boto3.session.Session(*keys, region_name="us-east-1")


def resources(account: Account) -> Document:
    """Everything in the account of the kinds that the role makes, by kind and name."""
    return {
        "keys": keys(account.client("kms")),
        "buckets": buckets(account.client("s3")),
        "trails": trails(account.client("cloudtrail")),
        "topics": topics(account.client("sns")),
        "queues": queues(account.client("sqs")),
        "log groups": log_groups(account.client("logs")),
        "roles": roles(account.client("iam")),
        "functions": functions(account.client("lambda")),
        "tables": tables(account.client("dynamodb")),
        "event source mappings": mappings(account.client("lambda")),
        "event buses": event_buses(account.client("events")),
        "rules": rules(account.client("events")),
        "alarms": alarms(account.client("cloudwatch")),
    }


def waiting(account: Account, queue: str) -> int:
    """How many messages are in a queue, whoever may receive them now."""
    sqs = account.client("sqs")
    states = ("", "NotVisible", "Delayed")
    names = [f"ApproximateNumberOfMessages{state}" for state in states]
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def keys(kms: Any) -> Document:
    """The keys by alias, as each that the role makes has one; by id if it has none."""
    aliases = {alias["TargetKeyId"]: alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    ids = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    return {aliases.get(key, key): _key(kms, key) for key in ids}


def _key(kms: Any, key: str) -> Document:
    known = kms.describe_key(KeyId=key)["KeyMetadata"]
    return {
        "arn": known["Arn"],
        "state": known["KeyState"],
        "description": known["Description"],
        "policy": json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
        "renewed": kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
        "tags": {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]},
    }


def buckets(s3: Any) -> Document:
    return {bucket["Name"]: _bucket(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]}


def _bucket(s3: Any, name: str) -> Document:
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    return {
        "policy": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
        "public access block": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "encryption": encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "key": encryption["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"),
        "bucket key": encryption.get("BucketKeyEnabled", False),
        "versioning": s3.get_bucket_versioning(Bucket=name)["Status"],
        "expires after days": [rule["Expiration"]["Days"] for rule in lifecycle],
        "tags": _tags(s3.get_bucket_tagging(Bucket=name)["TagSet"]),
    }


def trails(cloudtrail: Any) -> Document:
    """Those of the account; of the organization's it has shadows."""
    own = cloudtrail.describe_trails(includeShadowTrails=False)["trailList"]
    return {trail["Name"]: _trail(cloudtrail, trail) for trail in own}


def _trail(cloudtrail: Any, trail: Document) -> Document:
    tags = cloudtrail.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"][0]["TagsList"]
    return {
        "bucket": trail["S3BucketName"],
        "key": trail.get("KmsKeyId"),
        "all regions": trail["IsMultiRegionTrail"],
        "all accounts": trail["IsOrganizationTrail"],
        "global services": trail["IncludeGlobalServiceEvents"],
        "validation": trail["LogFileValidationEnabled"],
        "logging": cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"],
        "tags": _tags(tags),
    }


def event_buses(events: Any) -> Document:
    """Those of the account's own, by name, each with its rules."""
    named = [bus["Name"] for bus in events.list_event_buses()["EventBuses"] if bus["Name"] != "default"]
    return {name: _event_bus(events, name) for name in named}


def _event_bus(events: Any, name: str) -> Document:
    bus = events.describe_event_bus(Name=name)
    return {
        "policy": json.loads(bus.get("Policy") or "{}"),
        "rules": [rule["Name"] for rule in events.list_rules(EventBusName=name)["Rules"]],
        "tags": _tags(events.list_tags_for_resource(ResourceARN=bus["Arn"])["Tags"]),
    }


def topics(sns: Any) -> Document:
    arns = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    return {arn.rpartition(":")[2]: _topic(sns, arn) for arn in arns}


def _topic(sns: Any, arn: str) -> Document:
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    return {
        "display name": attributes["DisplayName"],
        "key": attributes.get("KmsMasterKeyId", ""),
        "policy": json.loads(attributes["Policy"]),
        "subscriptions": [(entry["Protocol"], entry["Endpoint"]) for entry in subscriptions],
        "tags": _tags(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]),
    }


def queues(sqs: Any) -> Document:
    urls = sqs.list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2]: _queue(sqs, url) for url in urls}


def _queue(sqs: Any, url: str) -> Document:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {
        "policy": json.loads(attributes["Policy"]),
        "retention": int(attributes["MessageRetentionPeriod"]),
        "encrypted": attributes["SqsManagedSseEnabled"],
        "key": attributes.get("KmsMasterKeyId"),
        "hidden for": int(attributes["VisibilityTimeout"]),
        "dead letters": json.loads(attributes.get("RedrivePolicy", "{}")),
        "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
    }


def log_groups(logs: Any) -> Document:
    return {
        group["logGroupName"]: {
            "retention": group.get("retentionInDays"),
            "tags": logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"],
        }
        for group in logs.describe_log_groups()["logGroups"]
    }


def roles(iam: Any) -> Document:
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    return {name: _role(iam, name) for name in names if name != ADMIN_ROLE}


def _role(iam: Any, name: str) -> Document:
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    role = iam.get_role(RoleName=name)["Role"]
    return {
        "trust": role["AssumeRolePolicyDocument"],
        "inline": {policy: _inline(iam, name, policy) for policy in inline},
        "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
        "tags": _tags(iam.list_role_tags(RoleName=name)["Tags"]),
    }


def _inline(iam: Any, role: str, policy: str) -> Document:
    document: Document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    return document


def functions(lambda_: Any) -> Document:
    return {
        function["FunctionName"]: _function(lambda_, function["FunctionName"])
        for function in lambda_.list_functions()["Functions"]
    }


def _function(lambda_: Any, name: str) -> Document:
    answer = lambda_.get_function(FunctionName=name)
    configuration = answer["Configuration"]
    return {
        "runtime": configuration["Runtime"],
        "handler": configuration["Handler"],
        "architectures": configuration["Architectures"],
        "timeout": configuration["Timeout"],
        "memory": configuration["MemorySize"],
        "role": configuration["Role"],
        "dead letters": configuration.get("DeadLetterConfig") or {},
        "invoked": _invoked(lambda_, name),
        "at most": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "environment": configuration["Environment"]["Variables"],
        "may be invoked by": _invokers(lambda_, name),
        "tags": answer["Tags"],
    }


def _invoked(lambda_: Any, name: str) -> Document:
    found = lambda_.get_function_event_invoke_config(FunctionName=name)
    destinations = found["DestinationConfig"]
    return {
        "retries": found["MaximumRetryAttempts"],
        "seconds": found["MaximumEventAgeInSeconds"],
        "failed": destinations["OnFailure"].get("Destination"),
        "succeeded": destinations.get("OnSuccess", {}).get("Destination"),
    }


def _invokers(lambda_: Any, name: str) -> list[tuple[str, str]]:
    try:
        policy = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return sorted(
        (statement["Principal"]["Service"], statement["Condition"]["ArnLike"]["AWS:SourceArn"])
        for statement in policy["Statement"]
    )


def tables(dynamodb: Any) -> Document:
    return {name: _table(dynamodb, name) for name in dynamodb.list_tables()["TableNames"]}


def _table(dynamodb: Any, name: str) -> Document:
    table = dynamodb.describe_table(TableName=name)["Table"]
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    encryption = table.get("SSEDescription", {})
    return {
        "keys": [key["AttributeName"] for key in table["KeySchema"]],
        "billing": table["BillingModeSummary"]["BillingMode"],
        "key": encryption.get("KMSMasterKeyArn") if encryption.get("Status") == "ENABLED" else None,
        "protected": table["DeletionProtectionEnabled"],
        "expires by": (expiry["TimeToLiveStatus"], expiry.get("AttributeName")),
        "tags": _tags(dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]),
    }


def mappings(lambda_: Any) -> Document:
    return {
        mapping["EventSourceArn"].rpartition(":")[2]: _mapping(lambda_, mapping)
        for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]
    }


def _mapping(lambda_: Any, mapping: Document) -> Document:
    return {
        "function": mapping["FunctionArn"],
        "state": mapping["State"],
        "batch": (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]),
        "at once": mapping["ScalingConfig"]["MaximumConcurrency"],
        "answers": mapping["FunctionResponseTypes"],
        "filters": mapping.get("FilterCriteria") or {},
        "tags": lambda_.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"],
    }


def rules(events: Any) -> Document:
    return {rule["Name"]: _rule(events, rule) for rule in events.list_rules()["Rules"]}


def _rule(events: Any, rule: Document) -> Document:
    return {
        "state": rule["State"],
        "pattern": json.loads(rule.get("EventPattern") or "{}"),
        "schedule": rule.get("ScheduleExpression", ""),
        "targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"],
        "tags": _tags(events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]),
    }


def alarms(cloudwatch: Any) -> Document:
    return {alarm["AlarmName"]: _alarm(cloudwatch, alarm) for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}


def _alarm(cloudwatch: Any, alarm: Document) -> Document:
    return {
        "watches": _watched(alarm) or [expression for each in alarm["Metrics"] for expression in _query(each)],
        "more than": alarm["Threshold"],
        "of": (alarm["ComparisonOperator"], alarm.get("DatapointsToAlarm"), alarm["EvaluationPeriods"]),
        "without data": alarm["TreatMissingData"],
        "tells": alarm["AlarmActions"] if alarm["ActionsEnabled"] else [],
        "tells when over": alarm["OKActions"],
        "tags": _tags(cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]),
    }


def _watched(alarm: Document) -> list[Any]:
    if "MetricName" not in alarm:
        return []
    (dimension,) = alarm["Dimensions"]
    return [(alarm["MetricName"], dimension["Value"], alarm["Statistic"], alarm["Period"])]


def _query(query: Document) -> list[Any]:
    if "MetricStat" not in query:
        return [query["Expression"]] if query["ReturnData"] else []
    stat = query["MetricStat"]
    (dimension,) = stat["Metric"]["Dimensions"]
    return [(stat["Metric"]["MetricName"], dimension["Value"], stat["Stat"], stat["Period"])]


def _tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}
