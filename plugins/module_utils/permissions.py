# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What IAM calls the permission for a call, and which permissions the components need to be deployed."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "403",
)

# Service Authorization Reference: services whose prefix is not the name they are signed for, ...
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
# ... and operations whose permission has another name.
_ACTIONS = {
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
_SAID = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")

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


class DeniedError(AnsibleAWSError):
    """AWS does not let the caller do something for want of a permission, which the text names."""

    def __init__(self, purpose: str, permission: str, exception: Exception) -> None:
        super().__init__(message=f"Failed to {purpose}: {permission} is not allowed", exception=exception)
        self.purpose, self.permission = purpose, permission

    def told(self, caller: str, account_id: str) -> str:
        """Who may not do what in which account."""
        return (
            f"{caller} may not {self.purpose} in account {account_id}: it lacks the permission {self.permission}. "
            f"{self.exception}"
        )


def failure(purpose: str, client: Any, error: Exception) -> AnsibleAWSError:
    """What to raise of a call that failed, with the permission that it takes if it was for want of it."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    permission = _permission(client, error) if code in DENIED else ""
    if permission:
        return DeniedError(purpose, permission, error)
    return AnsibleAWSError(message=f"Failed to {purpose}", exception=error)


def _permission(client: Any, error: Any) -> str:
    """As AWS says it, which may be another one than that of the call; else by the call."""
    said = _SAID.search(error.response["Error"].get("Message", ""))
    if said:
        return said.group(1)
    model = getattr(getattr(client, "meta", None), "service_model", None)
    return action(model.signing_name, error.operation_name) if model else ""


def action(signing_name: str, operation: str) -> str:
    """The permission for an operation of a service, such as C(iam:GetRole)."""
    name = f"{_PREFIXES.get(signing_name, signing_name)}:{operation}"
    return _ACTIONS.get(name, name)
