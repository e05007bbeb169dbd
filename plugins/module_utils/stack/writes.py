# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions a change of a component certainly needs, so that their want can be told before the first write."""

from __future__ import annotations

NEW, GONE = "new", "gone"
_CONFIGURATION = dict.fromkeys(
    ("Description", "Runtime", "Handler", "Timeout", "MemorySize", "DeadLetterConfig", "Environment"),
    ("lambda:UpdateFunctionConfiguration",),
)
_QUEUE = {
    NEW: ("sqs:CreateQueue", "sqs:TagQueue"),
    **dict.fromkeys(
        ("MessageRetentionPeriod", "SqsManagedSseEnabled", "Policy", "VisibilityTimeout", "RedrivePolicy"),
        ("sqs:SetQueueAttributes",),
    ),
    "Tags": ("sqs:TagQueue",),
    GONE: ("sqs:DeleteQueue",),
}
_TOPIC = {
    NEW: ("sns:CreateTopic", "sns:TagResource"),
    "DisplayName": ("sns:SetTopicAttributes",),
    "Policy": ("sns:SetTopicAttributes",),
    "Tags": ("sns:TagResource",),
    GONE: ("sns:DeleteTopic",),
}
# By component: what is needed to make it, to mend each attribute, and to remove it. Only what certainly is: whoever
# lacks one of these cannot deploy. Left out is what depends on more than the plan knows, and CloudWatch Logs, where a
# permission on a log group can be written in two ways (with :* and without).
WRITES: dict[str, dict[str, tuple[str, ...]]] = {
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
            ("S3BucketName", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "LogFileValidationEnabled"),
            ("cloudtrail:UpdateTrail",),
        ),
        "IsLogging": ("cloudtrail:StartLogging",),
        "EventSelectors": ("cloudtrail:PutEventSelectors",),
        "Tags": ("cloudtrail:AddTags",),
        GONE: ("cloudtrail:DeleteTrail",),
    },
    "topic": _TOPIC,
    "fallback_topic": _TOPIC,
    "queue": _QUEUE,
    "event_queue": _QUEUE,
    "execution_role": {
        NEW: ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"),
        "AssumeRolePolicyDocument": ("iam:UpdateAssumeRolePolicy",),
        "PolicyDocument": ("iam:PutRolePolicy",),
        "OtherInlinePolicies": ("iam:DeleteRolePolicy",),
        "AttachedPolicies": ("iam:DetachRolePolicy",),
        "PermissionsBoundary": ("iam:DeleteRolePermissionsBoundary",),
        "Tags": ("iam:TagRole",),
        GONE: ("iam:DeleteRole", "iam:DeleteRolePolicy"),
    },
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
    "function": {
        NEW: ("lambda:CreateFunction", "lambda:TagResource", "lambda:PutFunctionEventInvokeConfig", "iam:PassRole"),
        **_CONFIGURATION,
        "Role": ("lambda:UpdateFunctionConfiguration", "iam:PassRole"),
        "Layers": ("lambda:UpdateFunctionConfiguration",),
        "EventInvokeConfig": ("lambda:PutFunctionEventInvokeConfig",),
        "CodeSha256": ("lambda:UpdateFunctionCode",),
        "Architecture": ("lambda:UpdateFunctionCode",),
        "Tags": ("lambda:TagResource",),
        GONE: ("lambda:DeleteFunction",),
    },
    "event_source_mapping": {
        NEW: ("iam:PutRolePolicy",),
        "PolicyDocument": ("iam:PutRolePolicy",),
        GONE: ("iam:DeleteRolePolicy",),
    },
    "alarms": {
        NEW: ("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        GONE: ("cloudwatch:DeleteAlarms",),
    },
    "rule": {
        NEW: ("events:PutRule", "events:TagResource", "events:PutTargets"),
        GONE: ("events:RemoveTargets", "events:DeleteRule"),
    },
}
