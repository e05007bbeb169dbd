#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue
short_description: Manage an SQS queue
version_added: 0.1.0
description:
  - Creates, changes and deletes a standard Amazon SQS queue, with its attributes, policies, encryption and tags.
  - An option that is not set is not touched.
  - A queue that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the queue, 1 to 80 letters, digits, C(_) and C(-) (Amazon SQS API Reference, "CreateQueue", as for all
        limits here).
      - FIFO queues are not managed by this module.
    type: str
    required: true
  state:
    description:
      - V(present) makes the queue as asked for.
      - V(absent) deletes it, together with all its messages.
    type: str
    choices: [present, absent]
    default: present
  delay_seconds:
    description: How long a message is kept back before it can be received, 0 to 900 seconds.
    type: int
  maximum_message_size:
    description: How big a message may be, 1024 to 1048576 bytes.
    type: int
  message_retention_period:
    description:
      - How long a message is kept, 60 to 1209600 seconds (14 days).
      - A change can take up to 15 minutes, and deletes the messages that are older.
    type: int
  receive_message_wait_time_seconds:
    description: How long a receive call waits for a message, 0 to 20 seconds.
    type: int
  visibility_timeout:
    description: How long a received message is hidden from others, 0 to 43200 seconds.
    type: int
  policy:
    description:
      - The access policy of the queue, as a dictionary or as JSON. An empty one removes it.
      - Compared by what it means. The order of its parts, or one value instead of a list of one, is no change.
    type: dict
  redrive_policy:
    description:
      - Where messages go that were received in vain too often. A dictionary with C(deadLetterTargetArn) and
        C(maxReceiveCount), as in AWS. An empty one removes it.
    type: dict
  redrive_allow_policy:
    description:
      - Which queues may use this one as their dead-letter queue. A dictionary with C(redrivePermission) and
        C(sourceQueueArns), as in AWS. An empty one allows all, as SQS does by default.
    type: dict
  sqs_managed_sse_enabled:
    description:
      - Encrypt with keys that SQS owns (SSE-SQS). Takes the KMS key from the queue, if it has one.
      - Excludes O(kms_master_key_id), unless one of the two is to be taken away.
    type: bool
  kms_master_key_id:
    description:
      - Id, ARN or alias (C(alias/...)) of the KMS key that encrypts the queue; SQS then turns SSE-SQS off.
      - EventBridge and SNS can send to the queue only with a key of your own whose policy lets them use it.
      - An empty text takes the key from the queue.
    type: str
  kms_data_key_reuse_period_seconds:
    description: How long SQS uses a data key before it asks KMS again, 60 to 86400 seconds.
    type: int
notes:
  - SQS takes up to 60 seconds to delete a queue, and does not make one of the same name in that time. A queue that was
    deleted a moment ago is therefore made with some delay; the module waits up to 90 seconds. In that time a read may
    still find the deleted queue, and the module take it for a living one.
  - SQS takes up to 60 seconds to apply changed attributes everywhere. A run right after another one may still read the
    old ones, and set them again.
  - Needs C(sqs:GetQueueUrl), C(sqs:GetQueueAttributes), and C(sqs:ListQueueTags) if O(tags) is set; to write,
    C(sqs:CreateQueue), C(sqs:SetQueueAttributes), C(sqs:TagQueue), C(sqs:UntagQueue), C(sqs:DeleteQueue).
  - A run that was broken off can be repeated; it does what is left.
attributes:
  diff_mode:
    description: Returns what differs, before and after, policies as documents.
    support: full
seealso:
  - module: trailwatch.aws.sns_topic
  - name: Amazon SQS API Reference
    description: All attributes and their limits.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A dead-letter queue for an EventBridge rule
  trailwatch.aws.sqs_queue:
    name: alerts-dlq
    region: us-east-1
    message_retention_period: 1209600
    sqs_managed_sse_enabled: true
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Service: events.amazonaws.com}
          Action: sqs:SendMessage
          Resource: arn:aws:sqs:us-east-1:111111111111:alerts-dlq
          Condition:
            ArnEquals: {aws:SourceArn: arn:aws:events:us-east-1:111111111111:rule/alerts}
    tags:
      team: security

- name: A queue that gives up on a message after five attempts
  trailwatch.aws.sqs_queue:
    name: tickets
    region: us-east-1
    visibility_timeout: 120
    redrive_policy:
      deadLetterTargetArn: arn:aws:sqs:us-east-1:111111111111:alerts-dlq
      maxReceiveCount: 5

- name: No queue
  trailwatch.aws.sqs_queue:
    name: tickets
    region: us-east-1
    state: absent
"""

RETURN = r"""
queue_arn:
  description: ARN of the queue.
  type: str
  returned: when O(state=present)
  sample: arn:aws:sqs:us-east-1:111111111111:alerts-dlq
queue_url:
  description: URL of the queue.
  type: str
  returned: when O(state=present), in check mode only if the queue exists
  sample: https://sqs.us-east-1.amazonaws.com/111111111111/alerts-dlq
attributes:
  description:
    - The attributes of the queue after the run; of a new queue, those that were asked for. Policies are dictionaries,
      numbers are numbers.
    - Of a queue that was there also how many messages it had, as far as SQS knows (C(approximate_number_of_messages) to
      be received, C(approximate_number_of_messages_not_visible) with somebody who received them,
      C(approximate_number_of_messages_delayed) kept back). These are true a minute after the last message was sent
      (Amazon SQS API Reference, "GetQueueAttributes").
    - In check mode, as they would be.
  type: dict
  returned: when O(state=present)
  sample:
    message_retention_period: 1209600
    sqs_managed_sse_enabled: true
tags:
  description: The tags of the queue after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import queue
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, caller_account
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

# Values whose keys are not AWS's attribute names and stay as they are.
DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")

ATTRIBUTE_OPTIONS = {
    "DelaySeconds": "delay_seconds",
    "KmsDataKeyReusePeriodSeconds": "kms_data_key_reuse_period_seconds",
    "KmsMasterKeyId": "kms_master_key_id",
    "MaximumMessageSize": "maximum_message_size",
    "MessageRetentionPeriod": "message_retention_period",
    "Policy": "policy",
    "ReceiveMessageWaitTimeSeconds": "receive_message_wait_time_seconds",
    "RedriveAllowPolicy": "redrive_allow_policy",
    "RedrivePolicy": "redrive_policy",
    "SqsManagedSseEnabled": "sqs_managed_sse_enabled",
    "VisibilityTimeout": "visibility_timeout",
}

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "delay_seconds": {"type": "int"},
    "maximum_message_size": {"type": "int"},
    "message_retention_period": {"type": "int"},
    "receive_message_wait_time_seconds": {"type": "int"},
    "visibility_timeout": {"type": "int"},
    "policy": {"type": "dict"},
    "redrive_policy": {"type": "dict"},
    "redrive_allow_policy": {"type": "dict"},
    "sqs_managed_sse_enabled": {"type": "bool"},
    "kms_master_key_id": {"type": "str", "no_log": False},
    "kms_data_key_reuse_period_seconds": {"type": "int", "no_log": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired queue, of what the options set.

    Raises:
        InvalidValueError: an option has a value that SQS could not accept.
    """
    attributes = queue.checked_attributes({name: params[option] for name, option in ATTRIBUTE_OPTIONS.items()})
    tags = {} if params["tags"] is None else {"Tags": params["tags"]}
    return {"QueueName": queue.checked_name(params["name"]), **attributes, **tags}


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a queue that is as C(after)."""
    parts = {"QueueName": None, "QueueArn": "queue_arn", "QueueUrl": "queue_url", "Tags": "tags"}
    attributes = {name: value for name, value in after.items() if name not in parts}
    return {
        "attributes": camel_dict_to_snake_dict(attributes, ignore_list=DOCUMENTS),
        **{key: after[name] for name, key in parts.items() if key and name in after},
    }


def ensure_present(module: AnsibleAWSModule, client: Any, desired: Document) -> tuple[Change, dict[str, Any]]:
    """Make the queue as desired, unless in check mode, and tell what differed and how it is now."""
    purge = {"Tags"} if module.params["purge_tags"] else set()
    live = queue.describe(client, desired)
    if live is None:  # else the queue tells its ARN itself
        account = caller_account(module.client("sts"))
        desired = {**desired, "QueueArn": queue.queue_arn(account, client.meta.region_name, desired["QueueName"])}
    change = queue.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(queue.apply(client, live, desired, purge))
    return change, returned(queue.outcome(live, desired, purge))


def ensure_absent(module: AnsibleAWSModule, client: Any, desired: Document) -> tuple[Change, dict[str, Any]]:
    """Delete the queue, unless in check mode, and tell what was there."""
    live = queue.describe(client, {"QueueName": desired["QueueName"]})
    return removed(module, live, lambda found: queue.delete(client, found), "QueueName", *queue.ATTRIBUTES)


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    reported(module, lambda: ensure(module, module.client("sqs"), asked_for(module.params)))


if __name__ == "__main__":
    main()
