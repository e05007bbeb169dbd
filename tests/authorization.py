"""Which IAM actions a recorded call needs: the AWS Service Authorization Reference, where it is not the call's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# What CloudTrail calls a service, and what IAM does.
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "resourcegroupstaggingapi": "tag"}

_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}

# What a call needs besides, if it has this parameter. To tag a resource when it is made needs the permission to tag it.
_BESIDES = {
    ("cloudtrail:CreateTrail", "tagsList"): "cloudtrail:AddTags",
    ("dynamodb:CreateTable", "tags"): "dynamodb:TagResource",
    ("events:PutRule", "tags"): "events:TagResource",
    ("iam:CreateRole", "tags"): "iam:TagRole",
    ("iam:CreateUser", "tags"): "iam:TagUser",
    ("lambda:CreateEventSourceMapping", "tags"): "lambda:TagResource",
    ("lambda:CreateFunction", "role"): "iam:PassRole",
    ("lambda:CreateFunction", "tags"): "lambda:TagResource",
    ("lambda:UpdateFunctionConfiguration", "role"): "iam:PassRole",
    ("logs:CreateLogGroup", "tags"): "logs:TagResource",
    ("s3:DeleteObjects", "delete"): "s3:DeleteObjectVersion",
    ("sns:CreateTopic", "tags"): "sns:TagResource",
    ("sqs:CreateQueue", "tags"): "sqs:TagQueue",
}

# No policy is asked.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}


def action_of(service: str, operation: str) -> str:
    """The action of an operation, or of its name in CloudTrail's records."""
    name = re.sub(r"2015\d{4}(v2)?$", "", operation)
    call = f"{_PREFIXES.get(service, service)}:{name}"
    return _ACTIONS.get(call, call)


def actions_of(record: Mapping[str, Any]) -> Iterator[str]:
    """The actions that a recorded call needs, none if anybody may make it."""
    service = record["eventSource"].removesuffix(".amazonaws.com")
    action = action_of(service, record["eventName"])
    if action in _ALWAYS_ALLOWED:
        return
    yield action
    call = f"{service}:{re.sub(r'2015[0-9]{4}(v2)?$', '', record['eventName'])}"
    for (name, parameter), besides in _BESIDES.items():
        if name == call and parameter in (record["requestParameters"] or {}):
            yield besides
