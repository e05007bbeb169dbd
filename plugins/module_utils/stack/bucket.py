# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The S3 bucket that keeps the trail's log files for investigation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import lifecycle
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    ForeignResourceError,
    changed,
    tags_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import ABSENT, Settings

# Versions that were overwritten or deleted stay this long, so that a deletion can be undone.
NONCURRENT_DAYS = 30
ABORT_UPLOAD_DAYS = 7

ATTRIBUTES = ("Policy", "PublicAccessBlock", "ObjectOwnership", "Encryption", "Versioning", "LifecycleRules", "Tags")
_CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
_REFUSED = ["AccessDenied", "AllAccessDisabled", "403"]


def desired(settings: Settings) -> dict[str, Any]:
    """The bucket: private, encrypted, versioned, TLS only, written by our trail alone."""
    return {
        "State": settings.state_of_trail,
        "Name": names.bucket_name(settings),
        "Arn": names.bucket_arn(settings),
        "Owner": settings.account_id,
        "Policy": _policy(settings),
        "PublicAccessBlock": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
        "ObjectOwnership": "BucketOwnerEnforced",
        "Encryption": _encryption(settings),
        "Versioning": "Enabled",
        "LifecycleRules": _lifecycle(settings.log_retention_days),
        "Tags": settings.tags,
    }


def _encryption(settings: Settings) -> dict[str, Any]:
    """By the customer's key with a Bucket Key, so that S3 asks KMS seldom; else by S3's own."""
    if not settings.customer_key:
        return {"SSEAlgorithm": "AES256"}
    return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": names.key_alias_arn(settings), "BucketKeyEnabled": True}


def _policy(settings: Settings) -> dict[str, Any]:
    # CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail": aws:SourceArn keeps other accounts' trails out.
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CloudTrailReadsAcl",
                "Effect": "Allow",
                "Principal": _CLOUDTRAIL,
                "Action": "s3:GetBucketAcl",
                "Resource": names.bucket_arn(settings),
                "Condition": {"StringEquals": {"aws:SourceArn": names.trail_arn(settings)}},
            },
            *_of_writers(settings),
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [names.bucket_arn(settings), f"{names.bucket_arn(settings)}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _of_writers(settings: Settings) -> list[dict[str, Any]]:
    """Where CloudTrail writes: into the folder of the trail's owner, and of the organization if the trail is its.

    AWS wants both for an organization's trail (CloudTrail User Guide, "Creating a trail for an organization with the
    AWS CLI").
    """
    folders = {"CloudTrailWritesLogFiles": settings.trail_owner}
    if settings.organization:
        folders["CloudTrailWritesLogFilesOfMembers"] = settings.organization.id
    condition = {"aws:SourceArn": names.trail_arn(settings), "s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": _CLOUDTRAIL,
            "Action": "s3:PutObject",
            "Resource": f"{names.bucket_arn(settings)}/AWSLogs/{folder}/*",
            "Condition": {"StringEquals": condition},
        }
        for sid, folder in folders.items()
    ]


def _lifecycle(retention_days: int) -> list[dict[str, Any]]:
    return [
        {
            "ID": "expire-log-files",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": retention_days},
            "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOAD_DAYS},
        }
    ]


def left(account: Account, desired: Document) -> bool:
    """Not even if it is there: a deployment never removes what may be evidence."""
    return False


def kept(account: Account, desired: Document) -> list[str]:
    """The bucket of a trail that we had, if it is wanted no more and the tagging service knows of it."""
    is_left = desired["State"] == ABSENT and desired["Arn"] in account.tagged
    return [desired["Name"]] if is_left else []


def live(account: Account, desired: Document) -> Document | None:
    """The bucket as it is; None if there is none.

    Raises:
        ForeignResourceError: it is another account's, or nothing of it may be read.
        AnsibleAWSError: a read failed.
    """
    s3 = account.clients["s3"]
    # Names of buckets are shared by all accounts: with the owner's id, S3 refuses when the bucket is another one's.
    whose = {"Bucket": desired["Name"], "ExpectedBucketOwner": desired["Owner"]}
    try:
        policy = _part("policy", s3.get_bucket_policy, "NoSuchBucketPolicy", whose)
    except is_ansible_aws_error_code("NoSuchBucket"):
        return None
    # pylint takes the two calls for one class; each gives a class of its own for its codes.
    except is_ansible_aws_error_code(_REFUSED) as error:  # pylint: disable=duplicate-except
        raise ForeignResourceError(message=_foreign(desired), exception=error.exception) from error
    return {
        "Policy": json.loads(policy["Policy"]) if policy else {},
        **_settings(s3, whose),
        "LifecycleRules": lifecycle.describe(s3, desired["Name"])["Rules"],
        "Tags": account.tags(desired["Arn"], desired["Tags"], lambda: _tags(s3, whose)),
    }


def _foreign(desired: Document) -> str:
    return (
        f"S3 does not let bucket {desired['Name']} be read. Either it belongs to another account than "
        f"{desired['Owner']}: then choose another iam_alerting_name, from which the bucket's is made. Or the deploying "
        "role lacks s3:GetBucketPolicy on it. Nothing was changed"
    )


def _settings(s3: Any, whose: Document) -> Document:
    access = _part("public access", s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration", whose)
    ownership = _part("ownership", s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError", whose)
    encryption = _part("encryption", s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", whose)
    versioning = _part("versioning", s3.get_bucket_versioning, "", whose)
    owners = ownership.get("OwnershipControls", {}).get("Rules", [])
    encryptions = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    return {
        "PublicAccessBlock": access.get("PublicAccessBlockConfiguration", {}),
        "ObjectOwnership": next((rule["ObjectOwnership"] for rule in owners), None),
        "Encryption": next((_default_encryption(rule) for rule in encryptions), {}),
        "Versioning": versioning.get("Status"),
    }


def _default_encryption(rule: Document) -> Document:
    """The default encryption; a Bucket Key means something with KMS only."""
    default: Document = rule.get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") == "aws:kms":
        return {**default, "BucketKeyEnabled": rule.get("BucketKeyEnabled", False)}
    return default


def _tags(s3: Any, whose: Document) -> dict[str, str]:
    return tags_of(_part("tags", s3.get_bucket_tagging, "NoSuchTagSet", whose).get("TagSet", []))


def _part(name: str, operation: Callable[..., Any], absent: str, whose: Document) -> Document:
    """A part of the bucket's configuration; empty if the bucket has none, which S3 says by the error C(absent)."""
    try:
        answer: Document = call(f"read the {name} of bucket {whose['Bucket']}", operation, **whose)
    except is_ansible_aws_error_code([absent]):
        return {}
    return answer


def difference(live: Document | None, desired: Document) -> Change:
    """What of the bucket differs."""
    wanted = {**desired, "LifecycleRules": lifecycle.shown(desired["LifecycleRules"])}
    there = {**live, "LifecycleRules": lifecycle.shown(live["LifecycleRules"])} if live else None
    return changed(there, wanted, ATTRIBUTES)
