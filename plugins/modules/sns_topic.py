#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_topic
short_description: Manage an SNS topic and its subscriptions
version_added: 0.1.0
description:
  - Creates, changes and deletes a standard Amazon SNS topic, with its policy, encryption, tags and subscriptions.
  - An option that is not set is not touched. Whoever is subscribed and not in O(subscriptions) stays so, unless
    O(purge_subscriptions=true).
  - A topic that is as asked for costs reads only. No list of all topics is read; the ARN follows from the account, the
    region and the name.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the topic, 1 to 256 letters, digits, C(_) and C(-) (Amazon SNS API Reference, "CreateTopic").
      - FIFO topics are not managed by this module.
    type: str
    required: true
  state:
    description:
      - V(present) makes the topic as asked for.
      - V(absent) deletes it, together with all its subscriptions.
    type: str
    choices: [present, absent]
    default: present
  display_name:
    description:
      - What e-mails show as their sender, at most 100 characters (Amazon SNS API Reference, "SetTopicAttributes").
      - An empty text removes it.
    type: str
  policy:
    description:
      - The access policy of the topic, as a dictionary or as JSON, in place of the one that is there.
      - Compared by what it means. The order of its parts, or one value instead of a list of one, is no change.
    type: dict
  kms_master_key_id:
    description:
      - Id, ARN or alias (C(alias/...)) of the KMS key that encrypts the topic.
      - Whoever publishes needs C(kms:GenerateDataKey*) and C(kms:Decrypt) on the key. Services such as EventBridge can
        publish only with a key of your own, since the policy of C(alias/aws/sns) cannot be changed.
      - An empty text turns encryption off.
    type: str
  subscriptions:
    description:
      - Who is to get the messages of the topic.
      - What is not subscribed yet is subscribed. E-mail addresses and URLs, and queues and functions of other accounts,
        have to confirm. SNS asks them to once, when they are subscribed.
      - A subscription that waits for confirmation counts as present and is not subscribed again, so that a run mails
        nobody twice. SNS drops it after 48 hours (Amazon SNS Developer Guide, "Confirm a subscription"); a run after
        that subscribes it again.
      - The attributes of a subscription can be compared and mended from its confirmation on.
    type: list
    elements: dict
    suboptions:
      protocol:
        description: How the messages are delivered.
        type: str
        required: true
        choices: [email, email-json, http, https, sms, sqs, lambda, firehose, application]
      endpoint:
        description:
          - Where the messages are delivered. An e-mail address, a URL, a telephone number such as V(+15550100), or the
            ARN of a queue, function, delivery stream or platform endpoint, as O(subscriptions[].protocol) wants.
          - SNS does not show the password of a URL, so a change of a password alone is not seen.
        type: str
        required: true
      raw_message_delivery:
        description: Deliver the message alone, without SNS's JSON around it; to queues, delivery streams and URLs only.
        type: bool
      filter_policy:
        description:
          - Which messages are delivered (Amazon SNS Developer Guide, "Amazon SNS subscription filter policies").
          - An empty dictionary removes the filter. Changes take up to 15 minutes.
        type: dict
      filter_policy_scope:
        description: What O(subscriptions[].filter_policy) looks at; cannot be set without one.
        type: str
        choices: [MessageAttributes, MessageBody]
      dead_letter_arn:
        description:
          - ARN of the queue that gets the messages which cannot be delivered.
          - An empty text takes the dead-letter queue away.
        type: str
      subscription_role_arn:
        description: ARN of the role that may write to the delivery stream; needed for V(firehose), for nothing else.
        type: str
  purge_subscriptions:
    description:
      - Unsubscribe everyone who is confirmed and not in O(subscriptions). Nothing happens if that is not set.
      - A subscription that waits for confirmation cannot be removed; it lapses by itself, and is returned in
        RV(pending_subscriptions) until then.
    type: bool
    default: false
notes:
  - Needs C(sns:GetTopicAttributes), and C(sns:ListSubscriptionsByTopic), C(sns:GetSubscriptionAttributes),
    C(sns:ListTagsForResource) for the options that are set; to write, C(sns:CreateTopic), C(sns:SetTopicAttributes),
    C(sns:TagResource), C(sns:UntagResource), C(sns:Subscribe), C(sns:SetSubscriptionAttributes), C(sns:Unsubscribe),
    C(sns:DeleteTopic).
  - A run that was broken off can be repeated; it does what is left.
attributes:
  diff_mode:
    description: Returns what differs, before and after, policies as documents.
    support: full
seealso:
  - module: trailwatch.aws.sqs_queue
  - name: Amazon SNS API Reference
    description: All attributes and their limits.
    link: https://docs.aws.amazon.com/sns/latest/api/welcome.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A topic that mails two people
  trailwatch.aws.sns_topic:
    name: alerts
    region: us-east-1
    display_name: Alerts
    subscriptions:
      - protocol: email
        endpoint: security@example.com
      - protocol: email
        endpoint: on-call@example.com
    tags:
      team: security

- name: An encrypted topic that also feeds a queue, with critical messages only
  trailwatch.aws.sns_topic:
    name: alerts
    region: us-east-1
    kms_master_key_id: alias/alerts
    subscriptions:
      - protocol: sqs
        endpoint: arn:aws:sqs:us-east-1:111111111111:tickets
        raw_message_delivery: true
        filter_policy:
          severity: [critical]
        dead_letter_arn: arn:aws:sqs:us-east-1:111111111111:tickets-undelivered

- name: Only the functions of this account publish
  trailwatch.aws.sns_topic:
    name: alerts
    region: us-east-1
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {AWS: "111111111111"}
          Action: sns:Publish
          Resource: arn:aws:sns:us-east-1:111111111111:alerts

- name: Nobody but this address
  trailwatch.aws.sns_topic:
    name: alerts
    region: us-east-1
    subscriptions:
      - protocol: email
        endpoint: security@example.com
    purge_subscriptions: true

- name: No topic
  trailwatch.aws.sns_topic:
    name: alerts
    region: us-east-1
    state: absent
"""

RETURN = r"""
topic_arn:
  description: ARN of the topic, also if there is none (yet).
  type: str
  returned: success
  sample: arn:aws:sns:us-east-1:111111111111:alerts
attributes:
  description:
    - The attributes of the topic after the run; of a new topic, those that were asked for. Policies are dictionaries.
    - In check mode, as they would be.
  type: dict
  returned: when O(state=present)
  sample:
    display_name: Alerts
    kms_master_key_id: alias/alerts
subscriptions:
  description: The subscriptions after the run. In check mode, as they would be.
  type: list
  elements: dict
  returned: when O(state=present) and O(subscriptions) is set
  contains:
    protocol:
      description: How the messages are delivered.
      type: str
      returned: always
    endpoint:
      description: Where the messages are delivered, without the password of a URL.
      type: str
      returned: always
    state:
      description: V(confirmed), or V(pending) while the confirmation is awaited and nothing is delivered.
      type: str
      returned: always
    subscription_arn:
      description: ARN of the subscription.
      type: str
      returned: when confirmed
  sample:
    - protocol: email
      endpoint: security@example.com
      state: pending
pending_subscriptions:
  description: Those of the subscriptions, asked for or not, that wait for confirmation.
  type: list
  elements: dict
  returned: when O(state=present) and O(subscriptions) is set
  sample:
    - protocol: email
      endpoint: security@example.com
      state: pending
tags:
  description: The tags of the topic after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from collections.abc import Callable
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import topic, topic_options
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, caller_account
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

# Values whose keys are not AWS's attribute names and stay as they are.
DOCUMENTS = ("Policy", "DeliveryPolicy", "EffectiveDeliveryPolicy", "FilterPolicy", "RedrivePolicy", "Tags")

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "display_name": {"type": "str"},
    "policy": {"type": "dict"},
    "kms_master_key_id": {"type": "str", "no_log": False},
    "subscriptions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "protocol": {
                "type": "str",
                "required": True,
                "choices": ["email", "email-json", "http", "https", "sms", "sqs", "lambda", "firehose", "application"],
            },
            "endpoint": {"type": "str", "required": True},
            "raw_message_delivery": {"type": "bool"},
            "filter_policy": {"type": "dict"},
            "filter_policy_scope": {"type": "str", "choices": ["MessageAttributes", "MessageBody"]},
            "dead_letter_arn": {"type": "str"},
            "subscription_role_arn": {"type": "str"},
        },
    },
    "purge_subscriptions": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired topic, of what the options set; its ARN is still to be added.

    Raises:
        InvalidValueError: an option has a value that SNS could not accept.
    """
    checks: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "DisplayName": ("display_name", topic_options.checked_display_name),
        "Policy": ("policy", topic_options.checked_policy),
        "KmsMasterKeyId": ("kms_master_key_id", str),
        "Subscriptions": ("subscriptions", topic_options.checked_subscriptions),
        "Tags": ("tags", dict),
    }
    asked = {name: check(params[option]) for name, (option, check) in checks.items() if params[option] is not None}
    return {"Name": topic_options.checked_name(params["name"]), **asked}


def purged(params: dict[str, Any]) -> set[str]:
    """The lists of the document whose other members go."""
    purges = {"Subscriptions": params["purge_subscriptions"], "Tags": params["purge_tags"]}
    return {name for name, purge in purges.items() if purge}


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a topic that is as C(after)."""
    # The counts of subscriptions are those of before the run.
    attributes = {
        name: after[name] for name in after if not name.startswith(("TopicArn", "Name", "Subscriptions", "Tags"))
    }
    result: dict[str, Any] = {"attributes": camel_dict_to_snake_dict(attributes, ignore_list=DOCUMENTS)}
    if "Tags" in after:
        result["tags"] = after["Tags"]
    if "Subscriptions" in after:
        shown = [topic.reported(each) for each in after["Subscriptions"]]
        result["subscriptions"] = [camel_dict_to_snake_dict(each, ignore_list=DOCUMENTS) for each in shown]
        result["pending_subscriptions"] = [each for each in result["subscriptions"] if each["state"] == topic.PENDING]
    return result


def ensure_present(module: AnsibleAWSModule, client: Any, desired: Document) -> tuple[Change, dict[str, Any]]:
    """Make the topic as desired, unless in check mode, and tell what differed and how it is now."""
    purge = purged(module.params)
    live = topic.describe(client, desired)
    change = topic.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(topic.apply(client, live, desired, purge))
    return change, returned(topic.outcome(live, desired, purge))


def ensure_absent(module: AnsibleAWSModule, client: Any, desired: Document) -> tuple[Change, dict[str, Any]]:
    """Delete the topic, unless in check mode, and tell what was there."""
    arn = desired["TopicArn"]
    live = topic.describe(client, {"TopicArn": arn})
    return removed(module, live, lambda _found: topic.delete(client, arn), "TopicArn", *topic.TOPIC_DEFAULTS)


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Bring the topic into the state that is asked for, unless in check mode, and tell what differed."""
    asked, client = asked_for(module.params), module.client("sns")
    arn = topic.topic_arn(caller_account(module.client("sts")), client.meta.region_name, asked["Name"])
    ensure_state = ensure_present if module.params["state"] == "present" else ensure_absent
    change, result = ensure_state(module, client, {**asked, "TopicArn": arn})
    return change, {**result, "topic_arn": arn}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
