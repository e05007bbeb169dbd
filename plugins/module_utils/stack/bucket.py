# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The S3 bucket that keeps the trail's log files for investigation."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# Versions that were overwritten or deleted stay this long, so that a deletion can be undone.
NONCURRENT_DAYS = 30
ABORT_UPLOAD_DAYS = 7


def desired(settings: Settings) -> dict[str, Any]:
    """The bucket: private, encrypted, versioned, TLS only, written by this account's trail alone."""
    return {
        "Name": names.bucket_name(settings),
        "Arn": names.bucket_arn(settings),
        "Policy": _policy(settings),
        "LifecycleRules": _lifecycle(settings.log_retention_days),
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    # CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail": aws:SourceArn keeps other accounts' trails out.
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    our_trail = {"aws:SourceArn": names.trail_arn(settings)}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CloudTrailReadsAcl",
                "Effect": "Allow",
                "Principal": cloudtrail,
                "Action": "s3:GetBucketAcl",
                "Resource": names.bucket_arn(settings),
                "Condition": {"StringEquals": our_trail},
            },
            {
                "Sid": "CloudTrailWritesLogFiles",
                "Effect": "Allow",
                "Principal": cloudtrail,
                "Action": "s3:PutObject",
                "Resource": f"{names.bucket_arn(settings)}/AWSLogs/{settings.account_id}/*",
                "Condition": {"StringEquals": {**our_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
            },
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
