"""Everything that a hand can change about a deployed account: one row for each attribute that the role manages.

Rows share an account, so that few accounts are deployed, but for those that hide others.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

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


@dataclass(frozen=True)
class Row:
    """One change by hand, and how the plan has to name it.

    Attributes:
        attribute: of the component; empty if the component as a whole is gone or too many.
        also: what besides has to be named, as the change takes it along.
        alone: whether it hides other changes of the component, as the loss of tags does: by them ours are known.
    """

    component: str
    attribute: str
    hand: Hand
    also: tuple[str, ...] = ()
    alone: bool = False

    @property
    def named(self) -> set[str]:
        return {f"{self.component} {self.attribute}".strip(), *self.also}

    @property
    def hides(self) -> bool:
        return self.alone or not self.attribute or self.attribute.lower().endswith("tags")

    @property
    def touched(self) -> set[str]:
        """The components that it is seen in."""
        return {named.split()[0] for named in self.named}

    def goes_with(self, other: Row) -> bool:
        """Whether both changes can be seen in one account."""
        hidden = (self.hides and self.component in other.touched) or (other.hides and other.component in self.touched)
        return not hidden and (self.component, self.attribute) != (other.component, other.attribute)


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


def forwarder_goes(account: Account) -> None:
    forwarder("remove_targets", Rule=FORWARDER, Ids=["home"])(account)
    forwarder("delete_rule", Name=FORWARDER)(account)


def forwarder_role(operation: str, **arguments: Any) -> Hand:
    return lambda account: getattr(account.client("iam"), operation)(RoleName=FORWARDER, **arguments)


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
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", "def lambda_handler(event, context):\n    pass\n")
    account.client("lambda").update_function_code(FunctionName=NAME, ZipFile=package.getvalue())


def architecture_changes(account: Account) -> None:
    client = account.client("lambda")
    code = client.get_function(FunctionName=NAME)["Code"]["Location"]
    client.update_function_code(FunctionName=NAME, ZipFile=download(code), Architectures=["arm64"])


def download(url: str) -> bytes:
    import urllib.request

    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


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


def fallback(name: str, value: str) -> Hand:
    return lambda account: account.client("sns").set_topic_attributes(
        TopicArn=arn(account, "sns", f"{NAME}-fallback"),
        AttributeName=name,
        AttributeValue=value.replace("ACCOUNT", account.id),
    )


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


def permission_goes(*rules: str) -> Hand:
    def remove(account: Account) -> None:
        client = account.client("lambda")
        for statement in json.loads(client.get_policy(FunctionName=NAME)["Policy"])["Statement"]:
            sources = statement.get("Condition", {}).get("ArnLike", {"AWS:SourceArn": ""})
            if sources["AWS:SourceArn"].rpartition("/")[2] in rules:
                client.remove_permission(FunctionName=NAME, StatementId=statement["Sid"])

    return remove


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


def target_is_the_function(name: str) -> Hand:
    return lambda account: target(name, Arn=arn(account, "lambda", f"function:{NAME}"))(account)


def surplus_shard(name: str, number: int) -> Hand:
    tags = [{"Key": "trailwatch:shard-of", "Value": name}, {"Key": "trailwatch", "Value": NAME}]
    return lambda account: account.client("events").put_rule(
        Name=f"{name}-{number}", EventPattern='{"source": ["aws.ec2"]}', Tags=tags
    )


def second_target(account: Account) -> None:
    more = [{"Id": "copy", "Arn": arn(account, "sqs", f"{NAME}-dlq")}]
    account.client("events").put_targets(Rule=NAME, Targets=more)


def rule_goes(name: str) -> Hand:
    def remove(account: Account) -> None:
        rule_loses_target(name)(account)
        account.client("events").delete_rule(Name=name)

    return remove


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

TAMPERING_PERMISSIONS = tuple(f"tampering_rule {TAMPERING}{number} permissions" for number in ("", "-2", "-3"))

ROWS = (
    Row("bucket", "Policy", bucket_policy_grows),
    Row("bucket", "PublicAccessBlock", s3("put_public_access_block", PublicAccessBlockConfiguration=PUBLIC)),
    Row("bucket", "PublicAccessBlock", s3("delete_public_access_block")),
    Row("bucket", "ObjectOwnership", s3("put_bucket_ownership_controls", OwnershipControls=OWNED)),
    Row("bucket", "Encryption", s3("put_bucket_encryption", ServerSideEncryptionConfiguration=KMS)),
    Row("bucket", "Versioning", s3("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})),
    Row("bucket", "LifecycleRules", s3("put_bucket_lifecycle_configuration", LifecycleConfiguration=SHORT)),
    Row("bucket", "LifecycleRules", s3("delete_bucket_lifecycle")),
    Row("bucket", "Tags", s3("delete_bucket_tagging")),
    Row("bucket", "", bucket_goes),
    Row("trail", "S3BucketName", trail_logs_elsewhere, alone=True),
    Row("trail", "IsMultiRegionTrail", trail("update_trail", IsMultiRegionTrail=False)),
    Row(
        "trail",
        "IncludeGlobalServiceEvents",
        trail("update_trail", IncludeGlobalServiceEvents=False, IsMultiRegionTrail=False),
        also=("trail IsMultiRegionTrail",),
        alone=True,
    ),
    Row("trail", "LogFileValidationEnabled", trail("update_trail", EnableLogFileValidation=False)),
    Row("trail", "IsLogging", trail("stop_logging")),
    Row("trail", "EventSelectors", selectors(ReadWriteType="ReadOnly")),
    Row("trail", "EventSelectors", selectors(ExcludeManagementEventSources=["kms.amazonaws.com"])),
    Row("trail", "Tags", tags_of_trail_go),
    Row("trail", "", trail("delete_trail")),
    Row("topic", "DisplayName", topic("DisplayName", "other")),
    Row("topic", "Policy", topic("Policy", OPEN)),
    Row("topic", "Subscriptions", subscription_goes),
    Row("topic", "Subscriptions", subscription_comes),
    Row(
        "topic",
        "Tags",
        lambda account: account.client("sns").untag_resource(
            ResourceArn=arn(account, "sns", NAME), TagKeys=["trailwatch"]
        ),
    ),
    Row("topic", "", lambda account: account.client("sns").delete_topic(TopicArn=arn(account, "sns", NAME))),
    Row("queue", "MessageRetentionPeriod", queue(MessageRetentionPeriod="60")),
    Row("queue", "SqsManagedSseEnabled", queue(SqsManagedSseEnabled="false")),
    Row("queue", "Policy", queue(Policy=DENY_QUEUE)),
    Row(
        "queue",
        "Tags",
        lambda account: account.client("sqs").untag_queue(QueueUrl=queue_url(account), TagKeys=["trailwatch"]),
    ),
    Row("queue", "", lambda account: account.client("sqs").delete_queue(QueueUrl=queue_url(account))),
    Row(
        "log_group",
        "retentionInDays",
        lambda account: account.client("logs").put_retention_policy(logGroupName=LOGS, retentionInDays=1),
    ),
    Row(
        "log_group",
        "retentionInDays",
        lambda account: account.client("logs").delete_retention_policy(logGroupName=LOGS),
    ),
    Row(
        "log_group",
        "tags",
        lambda account: account.client("logs").untag_resource(
            resourceArn=arn(account, "logs", f"log-group:{LOGS}"), tagKeys=["trailwatch"]
        ),
    ),
    Row("log_group", "", lambda account: account.client("logs").delete_log_group(logGroupName=LOGS)),
    # Before the role, as Lambda checks its permissions.
    Row("function", "DeadLetterConfig", dead_letters_twice),
    Row("function", "Runtime", function(Runtime="python3.12")),
    Row("function", "Handler", function(Handler="other.handler")),
    Row("function", "Architecture", architecture_changes),
    Row("function", "Timeout", function(Timeout=3)),
    Row("function", "MemorySize", function(MemorySize=256)),
    Row("function", "Role", other_role, alone=True),
    Row("function", "Description", function(Description="other")),
    Row("function", "EventInvokeConfig", lambda_("delete_function_event_invoke_config")),
    Row("function", "EventInvokeConfig", lambda_("put_function_event_invoke_config", MaximumRetryAttempts=0)),
    Row("function", "Environment", function(Environment={"Variables": {"TOPIC_ARN": "arn:aws:sns:eu-west-1:1:x"}})),
    Row("function", "Layers", layer),
    Row(
        "function",
        "ReservedConcurrentExecutions",
        lambda_("put_function_concurrency", ReservedConcurrentExecutions=0),
    ),
    Row("function", "CodeSha256", code_is_replaced),
    Row(
        "function",
        "Tags",
        lambda account: account.client("lambda").untag_resource(
            Resource=arn(account, "lambda", f"function:{NAME}"), TagKeys=["trailwatch"]
        ),
    ),
    Row("function", "", lambda_("delete_function"), also=(f"rule {NAME} permissions", *TAMPERING_PERMISSIONS)),
    Row("execution_role", "Description", role("update_role", Description="other")),
    Row("execution_role", "AssumeRolePolicyDocument", role("update_assume_role_policy", PolicyDocument=TRUST)),
    Row("execution_role", "PolicyDocument", role("put_role_policy", PolicyName=ROLE, PolicyDocument=ANY)),
    Row("execution_role", "PolicyDocument", role("delete_role_policy", PolicyName=ROLE)),
    Row("execution_role", "OtherInlinePolicies", role("put_role_policy", PolicyName="more", PolicyDocument=ANY)),
    # A name that is known to the role, but in this account is nobody's.
    Row(
        "execution_role",
        "OtherInlinePolicies",
        role("put_role_policy", PolicyName=f"{NAME}-grouping", PolicyDocument=ANY),
    ),
    Row("execution_role", "AttachedPolicies", attached_policy),
    Row("execution_role", "PermissionsBoundary", boundary),
    Row("execution_role", "Tags", role("untag_role", TagKeys=["trailwatch"])),
    Row("execution_role", "", role_goes),
    Row("rule", f"{NAME} state", rule_is_disabled(NAME)),
    Row(
        "rule",
        f"{NAME} event_pattern",
        rule(EventPattern='{"source": ["aws.iam"]}'),
        also=(f"rule {NAME} actions",),
    ),
    Row("rule", f"{NAME} description", rule(Description="other")),
    Row("rule", f"{NAME} targets", second_target),
    Row("rule", f"{NAME} targets", target(Input="{}")),
    Row("rule", f"{NAME} targets", target(DeadLetterConfig={}, RetryPolicy={"MaximumRetryAttempts": 0})),
    Row("rule", f"{NAME} permissions", permission_goes(NAME)),
    Row("rule", f"{NAME}-2", surplus_shard(NAME, 2)),
    Row(
        "rule",
        "OtherPermissions",
        lambda_("add_permission", StatementId="others", Action="lambda:InvokeFunction", Principal="123456789012"),
    ),
    Row("rule", f"{NAME} tags", rule_loses_tags(NAME)),
    Row("rule", "", rule_goes(NAME)),
    Row("tampering_rule", f"{TAMPERING} state", rule_is_disabled(TAMPERING)),
    Row(
        "tampering_rule",
        f"{TAMPERING} event_pattern",
        rule(TAMPERING, EventPattern='{"source": ["aws.iam"]}'),
        also=(f"tampering_rule {TAMPERING} actions",),
    ),
    Row("tampering_rule", f"{TAMPERING} description", rule(TAMPERING, Description="other")),
    Row("tampering_rule", f"{TAMPERING}-2 targets", rule_loses_target(f"{TAMPERING}-2")),
    Row("tampering_rule", f"{TAMPERING} targets", target(TAMPERING, DeadLetterConfig={})),
    Row("tampering_rule", f"{TAMPERING} permissions", permission_goes(TAMPERING)),
    Row("tampering_rule", f"{TAMPERING} tags", rule_loses_tags(TAMPERING)),
    Row("tampering_rule", f"{TAMPERING}-4", surplus_shard(TAMPERING, 4)),
    Row("tampering_rule", "", rule_goes(f"{TAMPERING}-2")),
    Row("alarms", f"{NAME}/dead-letters AlarmActions", alarm("dead-letters", AlarmActions=[])),
    Row("alarms", f"{NAME}/dead-letters Threshold", alarm("dead-letters", Threshold=1000.0)),
    Row("alarms", f"{NAME}/dead-letters TreatMissingData", alarm("dead-letters", TreatMissingData="ignore")),
    Row("alarms", f"{NAME}/function-errors DatapointsToAlarm", alarm("function-errors", DatapointsToAlarm=5)),
    Row("alarms", f"{NAME}/unheard ActionsEnabled", alarms("disable_alarm_actions", "unheard")),
    Row("alarms", f"{NAME}/unheard Metrics", other_expression),
    Row("alarms", f"{NAME}/unheard", alarms("delete_alarms", "unheard"), alone=True),
    Row("alarms", f"{NAME}/old", alarm_too_many),
    Row(
        "alarms",
        f"{NAME}/unheard Tags",
        lambda account: account.client("cloudwatch").untag_resource(
            ResourceARN=arn(account, "cloudwatch", f"alarm:{NAME}/unheard"), TagKeys=["trailwatch"]
        ),
    ),
    Row("alarms", "", no_alarms),
    Row("fallback_topic", "DisplayName", fallback("DisplayName", "other")),
    Row("fallback_topic", "Policy", fallback("Policy", OPEN.replace(f"ACCOUNT:{NAME}", f"ACCOUNT:{NAME}-fallback"))),
    Row("fallback_topic", "KmsMasterKeyId", fallback("KmsMasterKeyId", "alias/aws/sns")),
    Row("fallback_topic", "Subscriptions", somebody_else_hears_the_fallback),
    Row(
        "fallback_topic",
        "Tags",
        lambda account: account.client("sns").untag_resource(
            ResourceArn=arn(account, "sns", f"{NAME}-fallback"), TagKeys=["trailwatch"]
        ),
    ),
    Row(
        "fallback_topic",
        "",
        lambda account: account.client("sns").delete_topic(TopicArn=arn(account, "sns", f"{NAME}-fallback")),
    ),
)

# Of accounts with a customer's key and a heartbeat, whose alerts are grouped.
GROUPING_ROWS = (
    Row("table", "BillingMode", table("update_table", BillingMode="PROVISIONED", ProvisionedThroughput=ONE)),
    Row("table", "SSESpecification", table("update_table", SSESpecification={"Enabled": False})),
    Row("table", "DeletionProtectionEnabled", table("update_table", DeletionProtectionEnabled=True)),
    Row(
        "table",
        "TimeToLiveSpecification",
        table("update_time_to_live", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}),
    ),
    Row(
        "table",
        "Tags",
        lambda account: account.client("dynamodb").untag_resource(
            ResourceArn=arn(account, "dynamodb", f"table/{NAME}-groups"), TagKeys=["trailwatch"]
        ),
    ),
    Row("table", "", table("delete_table")),
    Row("event_queue", "VisibilityTimeout", event_queue(VisibilityTimeout="60")),
    Row("event_queue", "MessageRetentionPeriod", event_queue(MessageRetentionPeriod="60")),
    Row("event_queue", "RedrivePolicy", event_queue(RedrivePolicy="")),
    Row(
        "event_queue",
        "KmsMasterKeyId",
        event_queue(KmsMasterKeyId="", SqsManagedSseEnabled="true"),
        also=("event_queue SqsManagedSseEnabled",),
    ),
    Row("event_queue", "Policy", event_queue(Policy="")),
    Row(
        "event_queue",
        "Tags",
        lambda account: account.client("sqs").untag_queue(QueueUrl=event_queue_url(account), TagKeys=["trailwatch"]),
    ),
    Row("event_queue", "", lambda account: account.client("sqs").delete_queue(QueueUrl=event_queue_url(account))),
    Row("event_source_mapping", "BatchSize", mapping("update_event_source_mapping", BatchSize=1)),
    Row(
        "event_source_mapping",
        "MaximumBatchingWindowInSeconds",
        mapping("update_event_source_mapping", MaximumBatchingWindowInSeconds=300),
    ),
    Row("event_source_mapping", "ScalingConfig", mapping("update_event_source_mapping", ScalingConfig={})),
    Row(
        "event_source_mapping",
        "FunctionResponseTypes",
        mapping("update_event_source_mapping", FunctionResponseTypes=[]),
    ),
    Row(
        "event_source_mapping",
        "FilterCriteria",
        mapping("update_event_source_mapping", FilterCriteria={"Filters": [{"Pattern": '{"body": ["x"]}'}]}),
    ),
    Row("event_source_mapping", "Enabled", mapping("update_event_source_mapping", Enabled=False)),
    Row("event_source_mapping", "Tags", tags_of_mapping_go),
    Row(
        "event_source_mapping",
        "PolicyDocument",
        role("put_role_policy", PolicyName=f"{NAME}-grouping", PolicyDocument=ANY),
    ),
    Row("event_source_mapping", "PolicyDocument", role("delete_role_policy", PolicyName=f"{NAME}-grouping")),
    Row(
        "event_source_mapping",
        "",
        mapping("delete_event_source_mapping"),
    ),
    Row("execution_role", "OtherInlinePolicies", role("put_role_policy", PolicyName="more", PolicyDocument=ANY)),
    Row("function", "Environment", function(Environment={"Variables": {"GROUP_SECONDS": "1"}})),
    Row("function", "ReservedConcurrentExecutions", lambda_("delete_function_concurrency")),
    Row("rule", "OtherPermissions", rule_invokes_again),
    Row("rule", f"{NAME} targets", target_is_the_function(NAME)),
    Row("tampering_rule", f"{TAMPERING} targets", target_is_the_function(TAMPERING)),
    Row("heartbeat_rule", f"{HEARTBEAT} state", rule_is_disabled(HEARTBEAT)),
    Row("heartbeat_rule", f"{HEARTBEAT} schedule_expression", rule(HEARTBEAT, ScheduleExpression="rate(1 day)")),
    Row("heartbeat_rule", f"{HEARTBEAT} description", rule(HEARTBEAT, Description="other")),
    Row("heartbeat_rule", f"{HEARTBEAT} targets", target(HEARTBEAT, Input='{"trailwatch":"something else"}')),
    Row("heartbeat_rule", f"{HEARTBEAT} targets", target(HEARTBEAT, DeadLetterConfig={})),
    Row("heartbeat_rule", f"{HEARTBEAT} targets", target_is_the_function(HEARTBEAT)),
    Row("heartbeat_rule", f"{HEARTBEAT} tags", rule_loses_tags(HEARTBEAT)),
    Row("heartbeat_rule", "", rule_goes(HEARTBEAT)),
    Row("forwarders", f"{FORWARDING_REGION} {FORWARDER} state", forwarder("disable_rule", Name=FORWARDER)),
    Row(
        "forwarders",
        f"{FORWARDING_REGION} {FORWARDER} targets",
        forwarder("remove_targets", Rule=FORWARDER, Ids=["home"]),
    ),
    Row(
        "forwarders",
        "PolicyDocument",
        forwarder_role("put_role_policy", PolicyName=FORWARDER, PolicyDocument=ANY),
    ),
    Row(
        "forwarders",
        "OtherInlinePolicies",
        forwarder_role("put_role_policy", PolicyName="more", PolicyDocument=ANY),
    ),
    Row("forwarders", "Description", forwarder_role("update_role", Description="other")),
    Row("forwarders", "", forwarder_goes),
    Row("bucket", "Encryption", s3("put_bucket_encryption", ServerSideEncryptionConfiguration=AES)),
    Row("bucket", "Encryption", bucket_key_goes),
    Row("trail", "KmsKeyId", trail("update_trail", KmsKeyId="")),
    Row("topic", "KmsMasterKeyId", topic("KmsMasterKeyId", "")),
    Row(
        "queue",
        "KmsMasterKeyId",
        queue(KmsMasterKeyId="", SqsManagedSseEnabled="true"),
        also=("queue SqsManagedSseEnabled",),
    ),
    # Last, as a key that is not enabled lets little else be done.
    Row("key", "Policy", key_policy_shrinks),
    Row("key", "Description", key("update_key_description", Description="other")),
    Row("key", "KeyRotationEnabled", key("disable_key_rotation")),
    Row("key", "Tags", key("untag_resource", TagKeys=["trailwatch"])),
    Row("key", "AliasName", lambda account: account.client("kms").delete_alias(AliasName=ALIAS), alone=True),
    Row("key", "KeyState", key("disable_key")),
    Row("key", "KeyState", key("schedule_key_deletion"), also=("key KeyRotationEnabled",)),
)
