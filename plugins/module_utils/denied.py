# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a call that AWS denies: the permission that it lacks, by IAM's name for it."""

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
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
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
_CALLER = re.compile(r"User: (arn:[\w-]+:\w+::([0-9]{12}):\S+) is not authorized")


class DeniedError(AnsibleAWSError):
    """AWS does not let the caller do something for want of a permission, which the text names."""

    def __init__(self, purpose: str, permission: str, exception: Exception) -> None:
        super().__init__(message=f"Failed to {purpose}: {permission} is not allowed", exception=exception)
        self.purpose, self.permission = purpose, permission

    def told(self, caller: str, account_id: str) -> str:
        """Who may not do what in which account: as AWS says it, else C(caller), in C(account_id)."""
        said = _CALLER.search(str(self.exception))
        caller, account_id = said.groups() if said else (caller, account_id)
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
    said = says_permission(error)
    if said:
        return said
    model = getattr(getattr(client, "meta", None), "service_model", None)
    return action(model.signing_name, error.operation_name) if model else ""


def says_permission(error: Any) -> str:
    """The permission that AWS itself names in its denial; empty if it names none."""
    said = _SAID.search(error.response["Error"].get("Message", ""))
    return said.group(1) if said else ""


def action(signing_name: str, operation: str) -> str:
    """The permission for an operation of a service, such as C(iam:GetRole)."""
    name = f"{_PREFIXES.get(signing_name, signing_name)}:{operation}"
    return _ACTIONS.get(name, name)
