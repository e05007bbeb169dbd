#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: s3_bucket_empty
short_description: Delete every version of every object in an S3 bucket
version_added: 0.2.0
description:
  - Deletes all that is in an Amazon S3 bucket, every version and every delete marker, so that it can be deleted.
  - This includes the versions V(null) of objects that came while versioning was off or suspended, which
    C(force) of M(amazon.aws.s3_bucket) leaves behind in a bucket whose versioning is on again.
  - What was deleted is gone for good.
  - A bucket that is empty or is not there is no change.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
notes:
  - Goes by 1000 versions a call. Run it again if it was broken off.
  - Needs C(s3:ListBucketVersions), C(s3:DeleteObject) and C(s3:DeleteObjectVersion).
  - Fails at a version that S3 keeps, as for Object Lock or MFA delete; others may be deleted by then.
attributes:
  check_mode:
    description: Reads, deletes nothing, and tells whether there is something to delete.
    support: full
  diff_mode:
    description: There may be millions of versions; they are not listed.
    support: none
seealso:
  - module: amazon.aws.s3_bucket
  - name: Amazon S3 User Guide, Deleting object versions from a versioning-enabled bucket
    description: Versions, delete markers and the version null.
    link: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Delete all log files
  trailwatch.aws.s3_bucket_empty:
    name: logs-111111111111
    region: us-east-1
"""

RETURN = r"""
name:
  description: Name of the bucket.
  type: str
  returned: success
deleted:
  description: How many versions and delete markers were deleted. In check mode, V(0).
  type: int
  returned: success
  sample: 3
"""

from collections.abc import Iterator
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import lifecycle
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call


def versions(client: Any, name: str) -> Iterator[list[Document]]:
    """Versions and delete markers by the page, for as long as there are any.

    Raises:
        AnsibleAWSError: they could not be listed.
    """
    # Always the first page: those of before are deleted by the time of the next.
    while True:
        answer = call(f"list what is in bucket {name}", client.list_object_versions, Bucket=name)
        found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        if not found:
            return
        yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]


def delete(client: Any, name: str, objects: list[Document]) -> None:
    """Delete these versions.

    Raises:
        AnsibleAWSError: S3 deleted not all of them.
    """
    purpose = f"delete what is in bucket {name}"
    answer = call(purpose, client.delete_objects, Bucket=name, Delete={"Objects": objects, "Quiet": True})
    for error in answer.get("Errors", []):
        raise AnsibleAWSError(
            message=f"Failed to {purpose}: {error['Key']} in version {error.get('VersionId')}: "
            f"{error.get('Code')}: {error.get('Message')}. Lift what keeps it (a policy, Object Lock, MFA delete), "
            "and run this again"
        )


def empty(client: Any, name: str, *, check: bool) -> tuple[bool, int]:
    """Delete all, or only see (C(check)) whether there is anything, and tell how many it were."""
    deleted = 0
    try:
        for page in versions(client, name):
            if check:
                return True, 0
            delete(client, name, page)
            deleted += len(page)
    except is_ansible_aws_error_code(lifecycle.NO_BUCKET):
        return False, 0
    return deleted > 0, deleted


def main() -> None:
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    try:
        name = lifecycle.checked_name(module.params["name"])
        changed, deleted = empty(module.client("s3"), name, check=module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=changed, name=name, deleted=deleted)


if __name__ == "__main__":
    main()
