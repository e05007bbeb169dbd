#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lambda_event_source_mapping
short_description: Manage what hands an SQS queue's messages to a Lambda function
version_added: 0.1.0
description:
  - Creates, changes and deletes the event source mapping between an SQS queue and an AWS Lambda function, with the
    limit of concurrency that M(amazon.aws.lambda_event) does not know.
  - Queue and function tell which mapping it is. Its id is not needed.
  - An option that is not set is not touched.
  - A mapping that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  function_name:
    description:
      - Name or ARN of the function, of a version or alias if the mapping is to be for that.
      - Its role must be allowed C(sqs:ReceiveMessage), C(sqs:DeleteMessage) and C(sqs:GetQueueAttributes) on the queue.
    type: str
    required: true
  event_source_arn:
    description:
      - ARN of the queue.
      - Its visibility timeout must not be shorter than the function's timeout. Six times as long is recommended (AWS
        Lambda Developer Guide, "Using Lambda with Amazon SQS").
    type: str
    required: true
  state:
    description:
      - V(present) makes the mapping as asked for.
      - V(absent) deletes it. Messages that it has not handed on stay in the queue.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description: Whether messages are handed on.
    type: bool
    default: true
  batch_size:
    description:
      - How many messages the function gets at once at most, 1 to 10000.
      - More than 10 need a O(maximum_batching_window_in_seconds) of at least 1.
    type: int
  maximum_batching_window_in_seconds:
    description: For how long messages are gathered before the function gets them, 0 to 300 seconds.
    type: int
  maximum_concurrency:
    description:
      - How many instances of the function the mapping keeps busy at once at most, 2 to 1000; V(0) for no limit.
    type: int
  function_response_types:
    description:
      - With V(ReportBatchItemFailures) the function says by its answer which messages of a batch have failed. Without,
        all of them have if it fails.
    type: list
    elements: str
    choices: [ReportBatchItemFailures]
  filter_criteria:
    description:
      - Which messages are handed on, as in AWS, a dictionary with C(Filters). All others are deleted.
      - An empty dictionary takes the filters away.
    type: dict
notes:
  - Lambda works on a mapping after it has answered. The module waits for it, at most five minutes.
  - Needs C(lambda:ListEventSourceMappings), and C(lambda:ListTags) if O(tags) is set; to write,
    C(lambda:CreateEventSourceMapping), C(lambda:UpdateEventSourceMapping), C(lambda:GetEventSourceMapping),
    C(lambda:DeleteEventSourceMapping), C(lambda:TagResource), C(lambda:UntagResource).
  - A run that was broken off can be repeated; it does what is left.
attributes:
  check_mode:
    description: Reads, writes nothing, and tells what it would change. Queue and function may be missing yet.
    support: full
  diff_mode:
    description: Returns what differs, before and after.
    support: full
seealso:
  - module: amazon.aws.lambda_event
  - module: trailwatch.aws.sqs_queue
  - name: AWS Lambda Developer Guide
    description: How Lambda reads from a queue.
    link: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let the function work on the tickets, two batches at once
  trailwatch.aws.lambda_event_source_mapping:
    function_name: helpdesk
    event_source_arn: arn:aws:sqs:us-east-1:123456789012:tickets
    region: us-east-1
    batch_size: 10
    maximum_concurrency: 2
    function_response_types:
      - ReportBatchItemFailures

- name: Pause
  trailwatch.aws.lambda_event_source_mapping:
    function_name: helpdesk
    event_source_arn: arn:aws:sqs:us-east-1:123456789012:tickets
    region: us-east-1
    enabled: false

- name: No mapping
  trailwatch.aws.lambda_event_source_mapping:
    function_name: helpdesk
    event_source_arn: arn:aws:sqs:us-east-1:123456789012:tickets
    region: us-east-1
    state: absent
"""

RETURN = r"""
uuid:
  description: Id of the mapping.
  type: str
  returned: when O(state=present), in check mode only if the mapping exists
  sample: 14e0db71-0e4c-4d5b-9e1f-1f2a3b4c5d6e
event_source_mapping_arn:
  description: ARN of the mapping.
  type: str
  returned: when O(state=present), in check mode only if the mapping exists
  sample: arn:aws:lambda:us-east-1:123456789012:event-source-mapping:14e0db71-0e4c-4d5b-9e1f-1f2a3b4c5d6e
tags:
  description: The tags of the mapping after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import event_source_mapping as mapping
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, merged
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

ARGUMENTS: dict[str, Any] = {
    "function_name": {"type": "str", "required": True},
    "event_source_arn": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "enabled": {"type": "bool", "default": True},
    "batch_size": {"type": "int"},
    "maximum_batching_window_in_seconds": {"type": "int"},
    "maximum_concurrency": {"type": "int"},
    "function_response_types": {"type": "list", "elements": "str", "choices": ["ReportBatchItemFailures"]},
    "filter_criteria": {"type": "dict"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
OPTIONS = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
    "FunctionResponseTypes": "function_response_types",
    "FilterCriteria": "filter_criteria",
    "Enabled": "enabled",
    "Tags": "tags",
}


def ends(params: dict[str, Any]) -> Document:
    """Which mapping it is about.

    Raises:
        InvalidValueError: the source is not a queue.
    """
    return {
        "FunctionName": params["function_name"],
        "EventSourceArn": mapping.checked_queue(params["event_source_arn"]),
    }


def asked_for(params: dict[str, Any]) -> Document:
    """The desired mapping, of what the options set.

    Raises:
        InvalidValueError: an option has a value that Lambda could not accept.
    """
    for name in ("BatchSize", "MaximumBatchingWindowInSeconds"):
        mapping.check_number(OPTIONS[name], name, params[OPTIONS[name]])
    asked = {name: params[option] for name, option in OPTIONS.items() if params[option] is not None}
    limit = params["maximum_concurrency"]
    if limit:
        mapping.check_number("maximum_concurrency", "MaximumConcurrency", limit)
    if limit is not None:
        asked["ScalingConfig"] = {"MaximumConcurrency": limit} if limit else {}
    return {**ends(params), **asked}


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a mapping that is as C(after)."""
    keys = {"UUID": "uuid", "EventSourceMappingArn": "event_source_mapping_arn", "Tags": "tags"}
    return {key: after[name] for name, key in keys.items() if name in after}


def ensure_present(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Make the mapping as desired, unless in check mode, and tell what differed and how it is now."""
    desired = asked_for(module.params)
    client = module.client("lambda")
    purge = {"Tags"} if module.params["purge_tags"] else set()
    live = mapping.describe(client, desired)
    change = mapping.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(mapping.apply(client, live, desired, purge))
    return change, returned(merged(live, desired, purge))


def ensure_absent(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Delete the mapping, unless in check mode, and tell what was there."""
    desired = ends(module.params)
    client = module.client("lambda")
    live = mapping.describe(client, desired)
    return removed(module, live, lambda found: mapping.delete(client, found))


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
