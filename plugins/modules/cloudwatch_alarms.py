#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarms
short_description: Manage a set of CloudWatch alarms whose names begin alike
version_added: 0.2.0
description:
  - Creates, changes and deletes Amazon CloudWatch metric alarms, all of a set at once, with tags and with alarms that
    watch a math expression.
  - Alarms that are as asked for cost reads only, one for all of them and one each for their tags.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name_prefix:
    description: What the names of all alarms of the set begin with, and of no others.
    type: str
    required: true
  state:
    description:
      - V(present) makes the alarms as asked for.
      - V(absent) deletes those named in O(alarms).
    type: str
    choices: [present, absent]
    default: present
  alarms:
    description:
      - The alarms, each in the shape and with the names of the API (Amazon CloudWatch API Reference, "PutMetricAlarm"),
        C(AlarmName), C(AlarmDescription), C(ActionsEnabled), C(AlarmActions), C(OKActions), C(InsufficientDataActions),
        C(EvaluationPeriods), C(DatapointsToAlarm), C(Threshold), C(ComparisonOperator), C(TreatMissingData), and either
        C(Namespace), C(MetricName), C(Dimensions), C(Statistic), C(Period) or C(Metrics).
      - Each is set as a whole. What is left out is CloudWatch's default.
      - Tags are not part of an alarm here, but in O(tags).
    type: list
    elements: dict
    required: true
  purge_tagged:
    description:
      - Alarms whose names begin with O(name_prefix), that have all of these tags and are not in O(alarms), are deleted.
      - Without it, no other alarm is touched.
    type: dict
  tags:
    description: The tags of each alarm. Not touched if not set.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Remove tags that are not in O(tags). Nothing happens if that is not set.
    type: bool
    default: true
notes:
  - Needs C(cloudwatch:DescribeAlarms), and C(cloudwatch:ListTagsForResource) for O(tags) and O(purge_tagged); to write,
    C(cloudwatch:PutMetricAlarm), C(cloudwatch:TagResource), C(cloudwatch:UntagResource), C(cloudwatch:DeleteAlarms).
  - A topic that is an action must let C(cloudwatch.amazonaws.com) publish. CloudWatch does not check it.
  - Composite alarms are not looked at.
  - A run that was broken off can be repeated; it does what is left.
attributes:
  diff_mode:
    description: Returns what differs, by alarm and attribute, before and after.
    support: full
seealso:
  - module: amazon.aws.cloudwatch_metric_alarm
  - name: Amazon CloudWatch API Reference
    description: What an alarm is made of.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Messages in a dead-letter queue, and a rate of errors
  trailwatch.aws.cloudwatch_alarms:
    name_prefix: shop-
    region: us-east-1
    alarms:
      - AlarmName: shop-dead-letters
        AlarmDescription: Orders could not be delivered. Look into the queue shop-dead.
        Namespace: AWS/SQS
        MetricName: ApproximateNumberOfMessagesVisible
        Dimensions:
          - {Name: QueueName, Value: shop-dead}
        Statistic: Maximum
        Period: 60
        EvaluationPeriods: 1
        Threshold: 0
        ComparisonOperator: GreaterThanThreshold
        TreatMissingData: notBreaching
        AlarmActions:
          - arn:aws:sns:us-east-1:111111111111:on-call
      - AlarmName: shop-error-rate
        Metrics:
          - Id: rate
            Expression: errors / runs
          - Id: errors
            ReturnData: false
            MetricStat:
              Metric:
                Namespace: AWS/Lambda
                MetricName: Errors
                Dimensions:
                  - {Name: FunctionName, Value: shop}
              Period: 300
              Stat: Sum
          - Id: runs
            ReturnData: false
            MetricStat:
              Metric:
                Namespace: AWS/Lambda
                MetricName: Invocations
                Dimensions:
                  - {Name: FunctionName, Value: shop}
              Period: 300
              Stat: Sum
        EvaluationPeriods: 2
        Threshold: 0.01
        ComparisonOperator: GreaterThanThreshold
    tags:
      application: shop
    purge_tagged:
      application: shop

- name: No alarms any more
  trailwatch.aws.cloudwatch_alarms:
    name_prefix: shop-
    region: us-east-1
    alarms: []
    purge_tagged:
      application: shop
"""

RETURN = r"""
alarm_names:
  description: The names of the alarms of the set after the run, without those that were left alone.
  type: list
  elements: str
  returned: success
  sample: [shop-dead-letters, shop-error-rate]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import alarms
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import reported

ARGUMENTS: dict[str, Any] = {
    "name_prefix": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "alarms": {"type": "list", "elements": "dict", "required": True},
    "purge_tagged": {"type": "dict"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def of_the_set(client: Any, params: dict[str, Any], named: set[str]) -> dict[str, Document]:
    """The alarms that are there and are ours to look at: those named, and those that are purged if they are not.

    Their tags are read only if they are asked for.
    """
    found = alarms.describe(client, params["name_prefix"])
    if params["tags"] is None and params["purge_tagged"] is None:
        return {name: {**alarm, "Tags": {}} for name, alarm in found.items() if name in named}
    if params["purge_tagged"] is None:
        found = {name: alarm for name, alarm in found.items() if name in named}
    tagged = alarms.with_tags(found, lambda arn: alarms.read_tags(client, arn))
    ours = {key: str(value) for key, value in (params["purge_tagged"] or {}).items()}
    return {name: alarm for name, alarm in tagged.items() if name in named or ours.items() <= alarm["Tags"].items()}


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Make the set of alarms as asked for, unless in check mode, and tell what differed."""
    params = module.params
    purge = {"Tags"} if params["tags"] is not None and params["purge_tags"] else set()
    asked = alarms.checked(params["alarms"], params["name_prefix"])
    client = module.client("cloudwatch")
    live = of_the_set(client, params, {alarm["AlarmName"] for alarm in asked})
    desired = asked if params["state"] == "present" else []
    change = alarms.difference(live, desired, params["tags"] or {}, purge)
    if change and not module.check_mode:
        alarms.apply(client, live, desired, params["tags"] or {}, purge)
    return change, {"alarm_names": sorted(alarm["AlarmName"] for alarm in desired)}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
