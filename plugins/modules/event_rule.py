#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: event_rule
short_description: Manage EventBridge rules for given patterns, or for a schedule
version_added: 0.2.0
description:
  - Makes an EventBridge rule for events that a pattern matches, or for the times of a schedule, with its targets.
    Deletes it, too.
  - For the CloudTrail events of a list of actions, M(trailwatch.aws.iam_event_rule) writes the pattern.
  - Lambda functions among the targets get the permission that lets the rule invoke them.
  - An option that is not set is not touched. If all is as asked for, AWS is only read.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the rule, 1 to 64 letters, digits, C(.), C(-) and C(_) (Amazon EventBridge API Reference, "PutRule").
      - The names of further rules have to be as short, so leave room for C(-2) if there are several patterns.
    type: str
    required: true
  event_patterns:
    description:
      - What to match, as documents. Unless O(state=absent), this or O(schedule_expression) is needed.
      - There is a rule for each. The first has the name of O(name), the others C(<name>-2) and so on.
      - A pattern has at most 4096 characters as JSON. AWS's own quota is 2048, and can be raised (Amazon EventBridge
        User Guide, "Amazon EventBridge quotas").
      - The order inside of lists has no meaning.
    type: list
    elements: dict
  read_only_events:
    description:
      - Whether O(event_patterns) also match management events of CloudTrail that only read. On no event bus they do
        otherwise (Amazon EventBridge User Guide, "Read-only management events from AWS services").
    type: bool
    default: false
  schedule_expression:
    description:
      - When to fire, as C(rate(15 minutes)), C(rate(1 hour)) or C(cron(0 12 * * ? *)), in UTC.
      - Only rules of the event bus V(default) can have a schedule.
    type: str
notes:
  - The rules after the first have the tag C(trailwatch:shard-of) with the name of the first. A rule without it is never
    taken for one of them, whatever its name. If one has the name that the next would have, its number is left out.
  - A run that was broken off can be repeated; it does what is left.
  - Needs the same permissions as M(trailwatch.aws.iam_event_rule).
attributes:
  diff_mode:
    description: Returns what differs by rule, before and after, patterns as documents.
    support: full
seealso:
  - module: trailwatch.aws.iam_event_rule
  - module: amazon.aws.cloudwatchevent_rule
  - name: Amazon EventBridge User Guide
    description: How patterns match, and what schedules there are.
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - trailwatch.aws.event_rule
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Hand what happens to one bucket to a queue
  trailwatch.aws.event_rule:
    name: bucket-policy
    region: us-east-1
    event_patterns:
      - source: [aws.s3]
        detail-type: [AWS API Call via CloudTrail]
        detail:
          eventName: [PutBucketPolicy, DeleteBucketPolicy]
          requestParameters:
            bucketName: [audit]
    targets:
      - arn: arn:aws:sqs:us-east-1:111111111111:archive
    tags:
      team: security

- name: Invoke a function every quarter of an hour, always with the same document
  trailwatch.aws.event_rule:
    name: heartbeat
    region: us-east-1
    schedule_expression: rate(15 minutes)
    targets:
      - arn: arn:aws:lambda:us-east-1:111111111111:function:iam-alerting
        dead_letter_arn: arn:aws:sqs:us-east-1:111111111111:iam-alerting-dlq
        input:
          hello: world

- name: No rule
  trailwatch.aws.event_rule:
    name: heartbeat
    region: us-east-1
    state: absent
"""

RETURN = r"""
rules:
  description:
    - The rule and its shards after the run, the first one first; in check mode, as they would be.
    - Empty if O(state=absent).
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the rule.
      type: str
      returned: always
      sample: iam-alerting
    arn:
      description: ARN of the rule.
      type: str
      returned: always
      sample: arn:aws:events:us-east-1:111111111111:rule/iam-alerting
    state:
      description: State of the rule, in AWS's words.
      type: str
      returned: always
      sample: ENABLED
    description:
      description: Description of the rule; empty if there is none.
      type: str
      returned: always
      sample: Changes of the bucket's policy
    actions:
      description: The actions that the pattern names, sorted, as far as it pairs services with event names.
      type: list
      elements: str
      returned: always
      sample: ["iam:CreateUser"]
    schedule_expression:
      description: The schedule.
      type: str
      returned: when the rule has one
      sample: rate(15 minutes)
    event_pattern:
      description: The event pattern, as a document; empty if there is none.
      type: dict
      returned: always
      sample:
        detail: {eventName: [CreateUser], eventSource: [iam.amazonaws.com]}
        detail-type: [AWS API Call via CloudTrail]
        source: [aws.iam]
    targets:
      description: The targets, as in O(targets), with defaults filled in.
      type: list
      elements: dict
      returned: always
      sample:
        - id: archive
          arn: arn:aws:sqs:us-east-1:111111111111:archive
          role_arn: null
          dead_letter_arn: null
          maximum_retry_attempts: 185
          maximum_event_age_in_seconds: 86400
          input: null
    tags:
      description: The tags of the rule.
      type: dict
      returned: always
      sample: {team: security}
"""

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule_module

ARGUMENTS: dict[str, Any] = {
    **event_rule_module.ARGUMENTS,
    "event_patterns": {"type": "list", "elements": "dict"},
    "read_only_events": {"type": "bool", "default": False},
    "schedule_expression": {"type": "str"},
}


def trigger_of(params: dict[str, Any]) -> dict[str, Any]:
    """What the rule waits for, as event_rule.Options has it."""
    return {
        "event_patterns": tuple(params["event_patterns"] or ()),
        "read_only_events": params["read_only_events"],
        "schedule_expression": params["schedule_expression"] or "",
    }


def main() -> None:
    triggers = ["event_patterns", "schedule_expression"]
    needs_trigger = [("state", state, triggers, True) for state in ("present", "disabled")]
    event_rule_module.run(trigger_of, argument_spec=ARGUMENTS, required_if=needs_trigger, mutually_exclusive=[triggers])


if __name__ == "__main__":
    main()
