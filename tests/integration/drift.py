"""Everything that a hand can change about a deployed account: one row for each attribute that the role manages.

Rows share an account, so that few accounts are deployed, but for those that hide others.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.integration import deeds
from tests.integration.hands import (
    AES,
    ALIAS,
    ANY,
    DENY_QUEUE,
    FORWARDER,
    FORWARDING_REGION,
    HEARTBEAT,
    KMS,
    LOGS,
    NAME,
    ONE,
    OPEN,
    OWNED,
    PUBLIC,
    ROLE,
    SHORT,
    TAMPERING,
    TRUST,
    Hand,
    alarm,
    alarms,
    arn,
    event_queue,
    event_queue_url,
    fallback,
    forwarder,
    forwarder_role,
    function,
    key,
    lambda_,
    mapping,
    permission_goes,
    queue,
    queue_url,
    role,
    rule,
    rule_goes,
    rule_is_disabled,
    rule_loses_tags,
    rule_loses_target,
    s3,
    selectors,
    surplus_shard,
    table,
    target,
    target_is_the_function,
    topic,
    trail,
)


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


TAMPERING_PERMISSIONS = tuple(f"tampering_rule {TAMPERING}{number} permissions" for number in ("", "-2", "-3"))
ROWS = (
    Row("bucket", "Policy", deeds.bucket_policy_grows),
    Row("bucket", "PublicAccessBlock", s3("put_public_access_block", PublicAccessBlockConfiguration=PUBLIC)),
    Row("bucket", "PublicAccessBlock", s3("delete_public_access_block")),
    Row("bucket", "ObjectOwnership", s3("put_bucket_ownership_controls", OwnershipControls=OWNED)),
    Row("bucket", "Encryption", s3("put_bucket_encryption", ServerSideEncryptionConfiguration=KMS)),
    Row("bucket", "Versioning", s3("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})),
    Row("bucket", "LifecycleRules", s3("put_bucket_lifecycle_configuration", LifecycleConfiguration=SHORT)),
    Row("bucket", "LifecycleRules", s3("delete_bucket_lifecycle")),
    Row("bucket", "Tags", s3("delete_bucket_tagging")),
    Row("bucket", "", deeds.bucket_goes),
    Row("trail", "S3BucketName", deeds.trail_logs_elsewhere, alone=True),
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
    Row("trail", "Tags", deeds.tags_of_trail_go),
    Row("trail", "", trail("delete_trail")),
    Row("topic", "DisplayName", topic("DisplayName", "other")),
    Row("topic", "Policy", topic("Policy", OPEN)),
    Row("topic", "Subscriptions", deeds.subscription_goes),
    Row("topic", "Subscriptions", deeds.subscription_comes),
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
    Row("function", "DeadLetterConfig", deeds.dead_letters_twice),
    Row("function", "Runtime", function(Runtime="python3.12")),
    Row("function", "Handler", function(Handler="other.handler")),
    Row("function", "Architecture", deeds.architecture_changes),
    Row("function", "Timeout", function(Timeout=3)),
    Row("function", "MemorySize", function(MemorySize=256)),
    Row("function", "Role", deeds.other_role, alone=True),
    Row("function", "Description", function(Description="other")),
    Row("function", "EventInvokeConfig", lambda_("delete_function_event_invoke_config")),
    Row("function", "EventInvokeConfig", lambda_("put_function_event_invoke_config", MaximumRetryAttempts=0)),
    Row("function", "Environment", function(Environment={"Variables": {"TOPIC_ARN": "arn:aws:sns:eu-west-1:1:x"}})),
    Row("function", "Layers", deeds.layer),
    Row(
        "function",
        "ReservedConcurrentExecutions",
        lambda_("put_function_concurrency", ReservedConcurrentExecutions=0),
    ),
    Row("function", "CodeSha256", deeds.code_is_replaced),
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
    Row("execution_role", "AttachedPolicies", deeds.attached_policy),
    Row("execution_role", "PermissionsBoundary", deeds.boundary),
    Row("execution_role", "Tags", role("untag_role", TagKeys=["trailwatch"])),
    Row("execution_role", "", deeds.role_goes, also=("function Role",)),
    Row("rule", f"{NAME} state", rule_is_disabled(NAME)),
    Row(
        "rule",
        f"{NAME} event_pattern",
        rule(EventPattern='{"source": ["aws.iam"]}'),
        also=(f"rule {NAME} actions",),
    ),
    Row("rule", f"{NAME} description", rule(Description="other")),
    Row("rule", f"{NAME} targets", deeds.second_target),
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
    Row("alarms", f"{NAME}/unheard Metrics", deeds.other_expression),
    Row("alarms", f"{NAME}/unheard", alarms("delete_alarms", "unheard"), alone=True),
    Row("alarms", f"{NAME}/old", deeds.alarm_too_many),
    Row(
        "alarms",
        f"{NAME}/unheard Tags",
        lambda account: account.client("cloudwatch").untag_resource(
            ResourceARN=arn(account, "cloudwatch", f"alarm:{NAME}/unheard"), TagKeys=["trailwatch"]
        ),
    ),
    Row("alarms", "", deeds.no_alarms),
    Row("fallback_topic", "DisplayName", fallback("DisplayName", "other")),
    Row("fallback_topic", "Policy", fallback("Policy", OPEN.replace(f"ACCOUNT:{NAME}", f"ACCOUNT:{NAME}-fallback"))),
    Row("fallback_topic", "KmsMasterKeyId", fallback("KmsMasterKeyId", "alias/aws/sns")),
    Row("fallback_topic", "Subscriptions", deeds.somebody_else_hears_the_fallback),
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
    Row("event_source_mapping", "Tags", deeds.tags_of_mapping_go),
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
    Row("rule", "OtherPermissions", deeds.rule_invokes_again),
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
    Row("forwarders", "", deeds.forwarder_goes),
    Row("bucket", "Encryption", s3("put_bucket_encryption", ServerSideEncryptionConfiguration=AES)),
    Row("bucket", "Encryption", deeds.bucket_key_goes),
    Row("trail", "KmsKeyId", trail("update_trail", KmsKeyId="")),
    Row("topic", "KmsMasterKeyId", topic("KmsMasterKeyId", "")),
    Row(
        "queue",
        "KmsMasterKeyId",
        queue(KmsMasterKeyId="", SqsManagedSseEnabled="true"),
        also=("queue SqsManagedSseEnabled",),
    ),
    # Last, as a key that is not enabled lets little else be done.
    Row("key", "Policy", deeds.key_policy_shrinks),
    Row("key", "Description", key("update_key_description", Description="other")),
    Row("key", "KeyRotationEnabled", key("disable_key_rotation")),
    Row("key", "Tags", key("untag_resource", TagKeys=["trailwatch"])),
    Row("key", "AliasName", lambda account: account.client("kms").delete_alias(AliasName=ALIAS), alone=True),
    Row("key", "KeyState", key("disable_key")),
    Row("key", "KeyState", key("schedule_key_deletion"), also=("key KeyRotationEnabled",)),
)
