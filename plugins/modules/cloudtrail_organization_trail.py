#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudtrail_organization_trail
short_description: Manage the CloudTrail trail of an organization
version_added: 0.2.0
description:
  - Creates, changes and deletes a trail that logs the events of all accounts of an organization.
  - It is for the organization's management account, and for delegated administrators of CloudTrail.
    M(amazon.aws.cloudtrail) makes trails of one account only.
  - A trail of the management account alone becomes the organization's. CloudTrail lets only the management account do
    that.
  - A trail that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  trail_arn:
    description:
      - ARN of the trail, in its home region. The account id in it is the management account's, also if a delegated
        administrator makes the trail (CloudTrail User Guide, "Organization delegated administrator").
    type: str
    required: true
  state:
    description:
      - V(present) makes the trail as asked for.
      - V(absent) deletes it, for all accounts of the organization. Log files stay.
    type: str
    choices: [present, absent]
    default: present
  s3_bucket_name:
    description:
      - Bucket for the log files. Its policy has to let CloudTrail write into the folders of the management account and
        of the organization (CloudTrail User Guide, "Creating a trail for an organization with the AWS CLI").
      - Needed if O(state=present).
    type: str
  kms_key_id:
    description:
      - ARN of the KMS key that encrypts the log files. Empty for none; if it is not set, it is not touched.
    type: str
  is_multi_region_trail:
    description: Whether the trail logs all Regions, or only its own.
    type: bool
    default: true
  include_global_events:
    description: Whether the trail logs the events of global services such as IAM.
    type: bool
    default: true
  enable_log_file_validation:
    description: Whether digests prove the integrity of the log files.
    type: bool
    default: true
  enable_logging:
    description: Whether the trail logs.
    type: bool
    default: true
notes:
  - Needs C(cloudtrail:DescribeTrails), C(cloudtrail:GetTrailStatus) and, with O(tags), C(cloudtrail:ListTags); to
    write, C(cloudtrail:CreateTrail), C(cloudtrail:UpdateTrail), C(cloudtrail:StartLogging), C(cloudtrail:StopLogging),
    C(cloudtrail:AddTags), C(cloudtrail:RemoveTags), C(cloudtrail:DeleteTrail).
  - CloudTrail wants the caller to have C(organizations:DescribeOrganization), C(organizations:ListAccounts),
    C(organizations:ListAWSServiceAccessForOrganization), C(iam:GetRole) and C(iam:CreateServiceLinkedRole), too.
  - The organization has to have all features, and to trust CloudTrail
    (C(aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com)).
  - Event selectors are what M(trailwatch.aws.cloudtrail_event_selectors) is for.
attributes:
  diff_mode:
    description: Returns what differs, before and after.
    support: full
seealso:
  - module: amazon.aws.cloudtrail
  - module: trailwatch.aws.cloudtrail_event_selectors
  - name: CloudTrail User Guide
    description: Creating a trail for an organization.
    link: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: All accounts of the organization
  trailwatch.aws.cloudtrail_organization_trail:
    trail_arn: arn:aws:cloudtrail:us-east-1:999999999999:trail/organization
    region: us-east-1
    s3_bucket_name: organization-logs-999999999999
    tags:
      team: security

- name: No longer
  trailwatch.aws.cloudtrail_organization_trail:
    trail_arn: arn:aws:cloudtrail:us-east-1:999999999999:trail/organization
    region: us-east-1
    state: absent
"""

RETURN = r"""
trail:
  description: What is managed of the trail, in AWS's own names, after the run. In check mode, as it would be.
  type: dict
  returned: when O(state=present)
  sample:
    S3BucketName: organization-logs-999999999999
    IsMultiRegionTrail: true
    IsOrganizationTrail: true
    IncludeGlobalServiceEvents: true
    LogFileValidationEnabled: true
    IsLogging: true
"""

import re
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import organization_trail
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, InvalidValueError, merged
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

ARGUMENTS: dict[str, Any] = {
    "trail_arn": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "s3_bucket_name": {"type": "str"},
    "kms_key_id": {"type": "str"},
    "is_multi_region_trail": {"type": "bool", "default": True},
    "include_global_events": {"type": "bool", "default": True},
    "enable_log_file_validation": {"type": "bool", "default": True},
    "enable_logging": {"type": "bool", "default": True},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
OPTIONS = {
    "S3BucketName": "s3_bucket_name",
    "KmsKeyId": "kms_key_id",
    "IsMultiRegionTrail": "is_multi_region_trail",
    "IncludeGlobalServiceEvents": "include_global_events",
    "LogFileValidationEnabled": "enable_log_file_validation",
    "IsLogging": "enable_logging",
    "Tags": "tags",
}
_ARN = re.compile(r"arn:[a-z-]+:cloudtrail:(?P<region>[a-z0-9-]+):\d{12}:trail/[A-Za-z0-9._-]{3,128}")


def check(arn: str, region: str) -> None:
    """Refuse an ARN that is none, or is not of the region.

    Raises:
        InvalidValueError: it is.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        raise InvalidValueError(
            f"trail_arn: {arn} is no ARN of a trail. Give one such as "
            "arn:aws:cloudtrail:us-east-1:999999999999:trail/organization."
        )
    if match["region"] != region:
        raise InvalidValueError(f"trail_arn: {arn} is not of region {region}. Take its home region as region.")


def asked_for(params: dict[str, Any]) -> Document:
    """The desired trail, of what the options set."""
    asked = {name: params[option] for name, option in OPTIONS.items() if params[option] is not None}
    return {"IsOrganizationTrail": True, **asked}


def ensure_present(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Make the trail as desired, unless in check mode, and tell what differed and how it is now."""
    arn, desired = module.params["trail_arn"], asked_for(module.params)
    purge = {"Tags"} if module.params["purge_tags"] else set()
    live = organization_trail.describe(client, arn, desired.get("Tags"))
    change = organization_trail.difference(live, desired, purge)
    if change and not module.check_mode:
        organization_trail.apply(client, arn, live, desired, purge)
    return change, {"trail": merged(live, desired, purge)}


def ensure_absent(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Delete the trail, unless in check mode, and tell how it was."""
    live = organization_trail.describe(client, module.params["trail_arn"], None)
    return removed(module, live, lambda _found: organization_trail.delete(client, module.params["trail_arn"]))


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Bring the trail into the state that is asked for, unless in check mode, and tell what differed."""
    check(module.params["trail_arn"], module.region)
    ensure_state = ensure_present if module.params["state"] == "present" else ensure_absent
    return ensure_state(module, module.client("cloudtrail"))


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, required_if=[("state", "present", ["s3_bucket_name"])]
    )
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
