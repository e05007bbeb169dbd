#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: iam_event_rule
short_description: Watch for IAM and other AWS actions with EventBridge
version_added: 0.1.0
description:
  - Makes an EventBridge rule that matches the CloudTrail events of a list of actions, and of no others, and hands them
    to its targets. Deletes it, too.
  - Actions are written as CloudTrail records them, such as C(iam:CreateUser), for most services as in IAM policies. A
    name that is not known fails, with the nearest names, before anything is written.
  - A list that is too long for one event pattern is split over several rules, its shards. The first has the name of
    O(name), the others C(<name>-2) and so on. An action stays in the shard where it is, so that adding one changes one
    rule.
  - Lambda functions among the targets get the permission that lets the rule invoke them.
  - An option that is not set is not touched. A new shard takes it over from the first. If all is as asked for, AWS is
    only read.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the rule, 1 to 64 letters, digits, C(.), C(-) and C(_) (Amazon EventBridge API Reference, "PutRule").
      - The names of further shards have to be as short, so leave room for C(-2) if the list is long.
    type: str
    required: true
  actions:
    description:
      - The actions to match, each as C(service:Action). Needed unless O(state=absent).
      - The service is what the event's C(eventSource) has before C(.amazonaws.com), such as V(iam), V(sts), V(signin),
        V(sso) or V(organizations). The rest is its C(eventName); upper and lower case matter. For most
        services both are as in IAM policies, but CloudWatch, for example, is V(monitoring).
      - C(*) in the action stands for any characters, none included, and for all actions that it matches, also those
        that only read. V(iam:*) is every action of IAM.
      - If an action that only reads is listed, or matched by a C(*), the rule that has it gets the state
        C(ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS), as no such event would reach it otherwise (Amazon EventBridge
        User Guide, "AWS service events delivered via AWS CloudTrail"). The trail must record read events, too.
      - Actions that are listed twice, or covered by a C(*) of another entry, count once. The order has no meaning.
      - Lambda's older actions are recorded with a version in their name. Write V(lambda:CreateFunction20150331) or
        V(lambda:CreateFunction*). Some of S3 have another name, such as V(s3:PutBucketPublicAccessBlock) and
        V(s3:PutAccountPublicAccessBlock). What would never match is refused, with what to write.
      - A C(*) in the middle, or two of them, needs EventBridge's wildcard filter. Only 30 rules of a bus can have one
        (Amazon EventBridge User Guide, "Amazon EventBridge quotas").
    type: list
    elements: str
  validate_actions:
    description:
      - Check that each action is known, offline, with the service models of the installed botocore and a list of
        events that no model has, such as V(signin:ConsoleLogin). A C(*) has to match at least one known action.
      - Set to V(false) for an action that is newer than botocore. The form of the entries is checked nevertheless.
    type: bool
    default: true
  max_pattern_size:
    description:
      - The longest event pattern of one rule, in characters, at most 4096.
      - The default is AWS's own quota. It can be raised (Amazon EventBridge User Guide, "Amazon EventBridge quotas").
    type: int
    default: 2048
notes:
  - IAM's events reach EventBridge in one region of the partition, C(us-east-1) in the commercial one. They need a trail
    there that records management events.
  - The shards after the first have the tag C(trailwatch:shard-of) with the name of the first. A rule without it is
    never taken for a shard, whatever its name. If one has the name that the next shard would have, its number is left
    out.
  - The pattern matches only events with C(aws.<service>) as C(source), which nobody but AWS can send.
  - A run that was broken off can be repeated; it does what is left. While a list is split anew, an action can be in
    two shards for a moment, but never in none.
  - Needs C(events:ListRules), C(events:ListTagsForResource), C(events:ListTargetsByRule), C(events:DescribeEventBus),
    and C(lambda:GetPolicy) for functions; to write, C(events:PutRule), C(events:TagResource), C(events:UntagResource),
    C(events:PutTargets), C(events:RemoveTargets), C(events:DisableRule), C(events:DeleteRule),
    C(lambda:AddPermission), C(lambda:RemovePermission), and C(iam:PassRole) for roles of targets.
attributes:
  diff_mode:
    description: Returns what differs by rule, before and after, patterns as documents.
    support: full
seealso:
  - module: amazon.aws.cloudwatchevent_rule
  - name: Amazon EventBridge User Guide
    description: Which CloudTrail events reach EventBridge, and how patterns match.
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - trailwatch.aws.event_rule
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Hand critical actions to a function
  trailwatch.aws.iam_event_rule:
    name: iam-alerting
    region: us-east-1
    description: Critical IAM actions
    actions:
      - iam:CreateUser
      - iam:CreateAccessKey
      - iam:Attach*Policy
      - signin:ConsoleLogin
      - cloudtrail:StopLogging
    targets:
      - arn: arn:aws:lambda:us-east-1:111111111111:function:iam-alerting
        dead_letter_arn: arn:aws:sqs:us-east-1:111111111111:iam-alerting-dlq
        maximum_retry_attempts: 10
        maximum_event_age_in_seconds: 3600
    tags:
      team: security

- name: Everything that IAM does, reads included, to a queue
  trailwatch.aws.iam_event_rule:
    name: iam-everything
    region: us-east-1
    actions:
      - iam:*
    targets:
      - id: archive
        arn: arn:aws:sqs:us-east-1:111111111111:archive

- name: Other actions, with targets, description and tags as they are
  trailwatch.aws.iam_event_rule:
    name: iam-alerting
    region: us-east-1
    actions:
      - iam:CreateUser
      - iam:DeleteUser

- name: An action that the installed botocore does not know
  trailwatch.aws.iam_event_rule:
    name: iam-news
    region: us-east-1
    actions:
      - iam:BrandNewAction
    validate_actions: false

- name: Pause
  trailwatch.aws.iam_event_rule:
    name: iam-alerting
    region: us-east-1
    state: disabled
    actions:
      - iam:CreateUser
      - iam:DeleteUser

- name: No rule
  trailwatch.aws.iam_event_rule:
    name: iam-alerting
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
      sample: Critical IAM actions
    actions:
      description: The actions that this rule matches, sorted.
      type: list
      elements: str
      returned: always
      sample: ["iam:CreateUser"]
    event_pattern:
      description: The event pattern, as a document.
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
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    ActionError,
    UnknownActionError,
    parse_actions,
    parse_format,
)

ARGUMENTS: dict[str, Any] = {
    **event_rule_module.ARGUMENTS,
    "actions": {"type": "list", "elements": "str"},
    "validate_actions": {"type": "bool", "default": True},
    "max_pattern_size": {"type": "int", "default": 2048},
}


def actions_of(params: dict[str, Any]) -> tuple[Action, ...]:
    """The actions to match.

    Raises:
        ActionError: one of them cannot be.
    """
    try:
        return (parse_actions if params["validate_actions"] else parse_format)(params["actions"])
    except UnknownActionError as error:
        raise ActionError(f"actions: {error} To match it all the same, set validate_actions to false.") from error
    except ActionError as error:
        raise ActionError(f"actions: {error}") from error


def trigger_of(params: dict[str, Any]) -> dict[str, Any]:
    """What the rule waits for, as event_rule.Options has it.

    Raises:
        ActionError: one of the actions cannot be.
    """
    return {"actions": actions_of(params), "max_pattern_size": params["max_pattern_size"]}


def main() -> None:
    needs_actions = [("state", state, ["actions"]) for state in ("present", "disabled")]
    event_rule_module.run(trigger_of, argument_spec=ARGUMENTS, required_if=needs_actions)


if __name__ == "__main__":
    main()
