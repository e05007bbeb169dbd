# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions a change of a component certainly needs, so that their want can be told before the first write."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils import alarms, stack_set

NEW, GONE = "new", "gone"
# What depends on more than the plan knows.
_UNCERTAIN: tuple[str, ...] = ()
_CONFIGURATION = dict.fromkeys(
    (
        "Description",
        "Runtime",
        "Handler",
        "Timeout",
        "MemorySize",
        "DeadLetterConfig",
        "Environment",
        "Layers",
    ),
    ("lambda:UpdateFunctionConfiguration",),
)
_QUEUE = {
    NEW: ("sqs:CreateQueue", "sqs:TagQueue"),
    **dict.fromkeys(
        (
            "MessageRetentionPeriod",
            "VisibilityTimeout",
            "SqsManagedSseEnabled",
            "KmsMasterKeyId",
            "Policy",
            "RedrivePolicy",
        ),
        ("sqs:SetQueueAttributes",),
    ),
    "Tags": ("sqs:TagQueue",),
    GONE: ("sqs:DeleteQueue",),
}
_TOPIC = {
    NEW: ("sns:CreateTopic", "sns:TagResource"),
    **dict.fromkeys(("DisplayName", "Policy", "KmsMasterKeyId"), ("sns:SetTopicAttributes",)),
    # One comes, or goes, or is to hear other alerts.
    "Subscriptions": _UNCERTAIN,
    "Tags": ("sns:TagResource",),
    GONE: ("sns:DeleteTopic",),
}
_ROLE = {
    NEW: ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"),
    "Description": ("iam:UpdateRole",),
    "AssumeRolePolicyDocument": ("iam:UpdateAssumeRolePolicy",),
    "PolicyDocument": ("iam:PutRolePolicy",),
    "OtherInlinePolicies": ("iam:DeleteRolePolicy",),
    "AttachedPolicies": ("iam:DetachRolePolicy",),
    "PermissionsBoundary": ("iam:DeleteRolePermissionsBoundary",),
    "Tags": ("iam:TagRole",),
    GONE: ("iam:DeleteRole", "iam:DeleteRolePolicy"),
}
_RULE = {
    NEW: ("events:PutRule", "events:TagResource", "events:PutTargets"),
    **dict.fromkeys(
        ("state", "description", "event_pattern", "schedule_expression", "actions"),
        ("events:PutRule",),
    ),
    # One is put or removed.
    "targets": _UNCERTAIN,
    "permissions": _UNCERTAIN,
    "tags": ("events:TagResource",),
    GONE: ("events:RemoveTargets", "events:DeleteRule"),
}
# By component: what is needed to make it, to mend each attribute, and to remove it. Only what certainly is: whoever
# lacks one of these cannot deploy. Of rules and alarms there are several: what is said here is said of each.
WRITES: dict[str, dict[str, tuple[str, ...]]] = {
    "key": {
        NEW: ("kms:CreateKey", "kms:CreateAlias"),
        "AliasName": ("kms:CreateAlias",),
        # The key's own policy may give it, which IAM's simulation does not look at.
        **dict.fromkeys(("KeyState", "Policy", "Description", "KeyRotationEnabled", "Tags", GONE), _UNCERTAIN),
    },
    "bucket": {
        NEW: (
            "s3:CreateBucket",
            "s3:PutBucketPolicy",
            "s3:PutBucketVersioning",
            "s3:PutBucketTagging",
            "s3:PutLifecycleConfiguration",
        ),
        "Policy": ("s3:PutBucketPolicy",),
        "PublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
        "ObjectOwnership": ("s3:PutBucketOwnershipControls",),
        "Encryption": ("s3:PutEncryptionConfiguration",),
        "Versioning": ("s3:PutBucketVersioning",),
        "LifecycleRules": ("s3:PutLifecycleConfiguration",),
        "Tags": ("s3:PutBucketTagging",),
        GONE: ("s3:DeleteBucket",),
    },
    "trail": {
        NEW: ("cloudtrail:CreateTrail", "cloudtrail:StartLogging", "cloudtrail:AddTags"),
        **dict.fromkeys(
            (
                "S3BucketName",
                "KmsKeyId",
                "IsMultiRegionTrail",
                "IsOrganizationTrail",
                "IncludeGlobalServiceEvents",
                "LogFileValidationEnabled",
            ),
            ("cloudtrail:UpdateTrail",),
        ),
        "IsLogging": ("cloudtrail:StartLogging",),
        "EventSelectors": ("cloudtrail:PutEventSelectors",),
        "Tags": ("cloudtrail:AddTags",),
        GONE: ("cloudtrail:DeleteTrail",),
    },
    "topic": _TOPIC,
    # It always has a subscriber.
    "fallback_topic": {**_TOPIC, NEW: (*_TOPIC[NEW], "sns:Subscribe")},
    "queue": _QUEUE,
    # A permission on a log group can be written in two ways, with :* and without, and either may do.
    "log_group": dict.fromkeys((NEW, "retentionInDays", "tags", GONE), _UNCERTAIN),
    "execution_role": _ROLE,
    "table": {
        NEW: ("dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:UpdateTimeToLive"),
        **dict.fromkeys(
            ("BillingMode", "SSESpecification", "DeletionProtectionEnabled"),
            ("dynamodb:UpdateTable",),
        ),
        "TimeToLiveSpecification": ("dynamodb:UpdateTimeToLive",),
        "Tags": ("dynamodb:TagResource",),
        GONE: ("dynamodb:DeleteTable",),
    },
    "event_queue": _QUEUE,
    "function": {
        NEW: ("lambda:CreateFunction", "lambda:TagResource", "lambda:PutFunctionEventInvokeConfig", "iam:PassRole"),
        **_CONFIGURATION,
        "Role": ("lambda:UpdateFunctionConfiguration", "iam:PassRole"),
        "EventInvokeConfig": ("lambda:PutFunctionEventInvokeConfig",),
        # A limit is put or deleted.
        "ReservedConcurrentExecutions": _UNCERTAIN,
        "CodeSha256": ("lambda:UpdateFunctionCode",),
        "Architecture": ("lambda:UpdateFunctionCode",),
        "Tags": ("lambda:TagResource",),
        GONE: ("lambda:DeleteFunction",),
    },
    "event_source_mapping": {
        NEW: ("iam:PutRolePolicy", "lambda:CreateEventSourceMapping"),
        "PolicyDocument": ("iam:PutRolePolicy",),
        # What a mapping is between differs only if the policy is there without it.
        **dict.fromkeys(("FunctionName", "EventSourceArn"), ("lambda:CreateEventSourceMapping",)),
        # Then the others differ, too, and of one that is there Lambda chose the id.
        **dict.fromkeys(
            (
                "BatchSize",
                "MaximumBatchingWindowInSeconds",
                "ScalingConfig",
                "FunctionResponseTypes",
                "FilterCriteria",
                "Enabled",
                "Tags",
            ),
            _UNCERTAIN,
        ),
        GONE: ("iam:DeleteRolePolicy",),
    },
    "event_bus": {
        NEW: ("events:CreateEventBus", "events:TagResource", "events:PutPermission"),
        "Policy": ("events:PutPermission",),
        "Tags": ("events:TagResource",),
        GONE: ("events:DeleteEventBus",),
    },
    "members_rule": _RULE,
    "forwarding_role": _ROLE,
    "forwarders": {
        **_ROLE,
        "RoleName": _ROLE[GONE],
        # In which regions the caller may act, its policies may say in other ways than by the rules' ARNs.
        **dict.fromkeys(("Regions", "Rule", "rule", *_RULE), _UNCERTAIN),
        NEW: _ROLE[NEW],
        GONE: _ROLE[GONE],
    },
    # That somebody else may invoke the function goes.
    "rule": {**_RULE, "OtherPermissions": ("lambda:RemovePermission",)},
    "heartbeat_rule": _RULE,
    "tampering_rule": _RULE,
    "alarms": {
        NEW: ("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        **dict.fromkeys(alarms.ATTRIBUTES, ("cloudwatch:PutMetricAlarm",)),
        "Tags": ("cloudwatch:TagResource",),
        GONE: ("cloudwatch:DeleteAlarms",),
    },
    # A stack set belongs to the management account, whoever made it, so its ARN is not known here.
    "member_stack_set": dict.fromkeys(
        (NEW, *stack_set.ATTRIBUTES, stack_set.UNITS, stack_set.OUTDATED, GONE), _UNCERTAIN
    ),
}
