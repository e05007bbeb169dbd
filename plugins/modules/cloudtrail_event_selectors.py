#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudtrail_event_selectors
short_description: Let a CloudTrail trail record every management event
version_added: 0.1.0
description:
  - Gives a trail the event selectors that a new trail has, so that it records every management event, reads and writes,
    of every service. Data events cost extra and are recorded only if O(data_resources) names them.
  - Whoever wants to act unseen can take management events, all writes, or a service such as KMS from a trail that goes
    on logging. M(amazon.aws.cloudtrail) neither shows nor mends that.
  - Advanced event selectors are replaced.
author:
  - Trailwatch contributors (@trailwatch)
options:
  trail:
    description: Name or ARN of the trail.
    type: str
    required: true
  data_resources:
    description:
      - Resources whose data events are recorded too, each with C(Type) and C(Values) in the shape of the API
        (CloudTrail API Reference, "DataResource").
    type: list
    elements: dict
    default: []
notes:
  - Needs C(cloudtrail:GetEventSelectors) and, to write, C(cloudtrail:PutEventSelectors).
  - A trail that does not exist is an error. In check mode it counts as one that the play has yet to create.
attributes:
  diff_mode:
    description: Returns the selectors before and after.
    support: full
seealso:
  - module: amazon.aws.cloudtrail
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Nothing is left out
  trailwatch.aws.cloudtrail_event_selectors:
    trail: iam-alerting
    region: us-east-1

- name: And what is written to one bucket
  trailwatch.aws.cloudtrail_event_selectors:
    trail: iam-alerting
    region: us-east-1
    data_resources:
      - Type: AWS::S3::Object
        Values: ["arn:aws:s3:::payroll/"]
"""

RETURN = r"""
event_selectors:
  description: The selectors after the run, in AWS's own shape. In check mode, as they would be.
  type: list
  elements: dict
  returned: success
  sample:
    - ReadWriteType: All
      IncludeManagementEvents: true
      DataResources: []
      ExcludeManagementEventSources: []
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import event_selectors
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document

ARGUMENTS: dict[str, Any] = {
    "trail": {"type": "str", "required": True},
    "data_resources": {"type": "list", "elements": "dict", "default": []},
}


def live_selectors(module: AnsibleAWSModule, client: Any) -> list[Document]:
    """The selectors that are there; in check mode, those of a new trail if there is none yet.

    Raises:
        AnsibleAWSError: the read failed, or there is no trail.
    """
    try:
        return event_selectors.describe(client, module.params["trail"])
    except is_ansible_aws_error_code("TrailNotFoundException"):
        if module.check_mode:
            return []
        raise


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    desired = [{**event_selectors.ALL_MANAGEMENT_EVENTS[0], "DataResources": module.params["data_resources"]}]
    try:
        client = module.client("cloudtrail")
        live = live_selectors(module, client)
        if live != desired and not module.check_mode:
            event_selectors.put(client, module.params["trail"], desired)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    shown = {"before": {"event_selectors": live}, "after": {"event_selectors": desired}}
    diff = {"diff": shown} if module._diff else {}
    module.exit_json(changed=live != desired, event_selectors=desired, **diff)


if __name__ == "__main__":
    main()
