#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: s3_bucket_lifecycle
short_description: Manage the lifecycle configuration of an S3 bucket as a whole
version_added: 0.1.0
description:
  - Makes O(rules) the lifecycle configuration of an Amazon S3 bucket. Rules that are there and not in O(rules) go.
  - Rules are compared by what they mean. Their order, the prefix in C(Filter) or outside of it, and what S3 adds by
    itself are no change.
  - A configuration that is as asked for costs one read.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
  state:
    description:
      - V(present) makes O(rules) the configuration.
      - V(absent) takes the configuration from the bucket; no object expires any more.
    type: str
    choices: [present, absent]
    default: present
  rules:
    description:
      - All rules of the bucket, 1 to 1000, in the shape and with the names of the API (Amazon S3 API Reference,
        "PutBucketLifecycleConfiguration" and "LifecycleRule"), C(ID), C(Status), C(Filter), and the actions
        C(Expiration), C(Transitions), C(NoncurrentVersionExpiration), C(NoncurrentVersionTransitions) and
        C(AbortIncompleteMultipartUpload).
      - Each needs an C(ID) of its own. A rule without C(Filter) is for the whole bucket.
      - Names and values are checked before any call.
      - Required if O(state=present).
    type: list
    elements: dict
  transition_default_minimum_object_size:
    description:
      - From what size on objects are moved to other storage classes, for rules that do not say it in their filter.
      - Not touched if not set.
    type: str
    choices: [all_storage_classes_128K, varies_by_storage_class]
notes:
  - S3 may take some minutes to apply a changed configuration everywhere. A run right after another one may still read
    the old one, and put the new one again.
  - Needs C(s3:GetLifecycleConfiguration) and, to write, C(s3:PutLifecycleConfiguration).
  - A bucket that does not exist is an error. In check mode it counts as one that the play has yet to create, and the
    configuration as to be changed.
attributes:
  diff_mode:
    description: Returns the rules before and after, in one order and one form.
    support: full
seealso:
  - module: amazon.aws.s3_bucket
  - name: Amazon S3 API Reference, LifecycleRule
    description: The shape of a rule.
    link: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Log files go after a year, overwritten versions and broken uploads earlier
  trailwatch.aws.s3_bucket_lifecycle:
    name: logs-111111111111
    region: us-east-1
    rules:
      - ID: expire-log-files
        Status: Enabled
        Filter: {Prefix: AWSLogs/}
        Expiration: {Days: 365}
        NoncurrentVersionExpiration: {NoncurrentDays: 30}
      - ID: abort-uploads
        Status: Enabled
        Filter: {Prefix: ""}
        AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}

- name: Nothing expires
  trailwatch.aws.s3_bucket_lifecycle:
    name: logs-111111111111
    region: us-east-1
    state: absent
"""

RETURN = r"""
name:
  description: Name of the bucket.
  type: str
  returned: success
rules:
  description:
    - The rules of the bucket after the run, in AWS's own shape, in one order and one form.
    - In check mode, as they would be.
  type: list
  elements: dict
  returned: success
  sample:
    - ID: expire-log-files
      Status: Enabled
      Filter: {Prefix: AWSLogs/}
      Expiration: {Days: 365}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import lifecycle
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import reported

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "rules": {"type": "list", "elements": "dict"},
    "transition_default_minimum_object_size": {
        "type": "str",
        "choices": ["all_storage_classes_128K", "varies_by_storage_class"],
    },
}


def asked_for(params: dict[str, Any], client: Any) -> Document:
    """The desired configuration, of what the options set.

    Raises:
        InvalidValueError: an option has a value that S3 could not accept.
    """
    lifecycle.checked_name(params["name"])
    if params["state"] == "absent":
        return {"Rules": []}
    size = params["transition_default_minimum_object_size"]
    sizes = {"TransitionDefaultMinimumObjectSize": size} if size else {}
    return {"Rules": lifecycle.checked_rules(client, params["rules"]), **sizes}


def live_configuration(module: AnsibleAWSModule, client: Any, name: str) -> Document:
    """The configuration that is there; of a bucket that is not there, an empty one where that is no error.

    Raises:
        AnsibleAWSError: the read failed, or there is no bucket to configure.
    """
    try:
        return lifecycle.describe(client, name)
    except is_ansible_aws_error_code(lifecycle.NO_BUCKET) as error:
        if module.check_mode or module.params["state"] == "absent":
            return {"Rules": []}
        raise AnsibleAWSError(
            message=f"There is no bucket {name} to configure. Create it first, for example with amazon.aws.s3_bucket",
            exception=error.exception,
        ) from error


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Make the configuration as desired, unless in check mode, and tell what differed."""
    name, client = module.params["name"], module.client("s3")
    desired = asked_for(module.params, client)
    live = live_configuration(module, client, name)
    change = lifecycle.difference(live, desired)
    if change and not module.check_mode:
        lifecycle.apply(client, name, live, desired)
    return change, {"name": name, "rules": lifecycle.shown(desired["Rules"])}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ["rules"])],
        supports_check_mode=True,
    )
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
