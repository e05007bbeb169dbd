"""Which IAM actions a recorded call needs: that of its operation, and those that its parameters ask for besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.denied import action

# Operations that have another name in CloudTrail's records than in the API.
_OPERATIONS = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
}
# The version of the API, which CloudTrail puts behind the names of Lambda's older operations.
_VERSION = re.compile(r"20150331(v2)?$")

# What a call needs besides, if it has this parameter. To tag a resource when it is made needs the permission to tag it.
_BESIDES = {
    ("cloudtrail:CreateTrail", "tagsList"): "cloudtrail:AddTags",
    ("cloudwatch:PutMetricAlarm", "tags"): "cloudwatch:TagResource",
    ("dynamodb:CreateTable", "tags"): "dynamodb:TagResource",
    ("events:CreateEventBus", "tags"): "events:TagResource",
    ("events:PutRule", "tags"): "events:TagResource",
    ("iam:CreateRole", "tags"): "iam:TagRole",
    ("iam:CreateUser", "tags"): "iam:TagUser",
    ("kms:CreateKey", "tags"): "kms:TagResource",
    ("lambda:CreateEventSourceMapping", "tags"): "lambda:TagResource",
    ("lambda:CreateFunction", "role"): "iam:PassRole",
    ("lambda:CreateFunction", "tags"): "lambda:TagResource",
    ("lambda:UpdateFunctionConfiguration", "role"): "iam:PassRole",
    ("logs:CreateLogGroup", "tags"): "logs:TagResource",
    ("s3:DeleteObject", "delete"): "s3:DeleteObjectVersion",
    ("sns:CreateTopic", "tags"): "sns:TagResource",
    ("sqs:CreateQueue", "tags"): "sqs:TagQueue",
}

# No policy is asked.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}


def actions_of(record: Mapping[str, Any]) -> Iterator[str]:
    """The actions that a recorded call needs, none if anybody may make it."""
    service = record["eventSource"].removesuffix(".amazonaws.com")
    name = _VERSION.sub("", record["eventName"])
    needed = action(service, _OPERATIONS.get(name, name))
    if needed in _ALWAYS_ALLOWED:
        return
    yield needed
    for (asked, parameter), besides in _BESIDES.items():
        if asked == needed and parameter in (record["requestParameters"] or {}):
            yield besides
