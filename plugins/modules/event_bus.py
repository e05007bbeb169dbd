#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: event_bus
short_description: Manage an EventBridge event bus and who may send to it
version_added: 0.2.0
description:
  - Creates, changes and deletes a custom Amazon EventBridge event bus, with the policy that says who may send to it.
  - An option that is not set is not touched. Description, key, dead-letter queue and logging of a bus are left alone.
  - A bus that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the bus, 1 to 256 letters, digits, C(.), C(-) and C(_) (Amazon EventBridge API Reference,
        "CreateEventBus"). The bus V(default) cannot be managed.
    type: str
    required: true
  state:
    description:
      - V(present) makes the bus as asked for.
      - V(absent) deletes it. A bus that has rules is not deleted.
    type: str
    choices: [present, absent]
    default: present
  policy:
    description:
      - The policy of the bus as a whole, a document of 10240 characters at most as JSON (Amazon EventBridge User Guide,
        "Amazon EventBridge quotas"). It replaces the one that is there.
      - An empty dictionary takes it away. Then nobody but the account itself may put events there.
      - Two policies that grant the same are equal, however they are written.
    type: dict
notes:
  - Needs C(events:DescribeEventBus), and C(events:ListTagsForResource) if O(tags) is set; to write,
    C(events:CreateEventBus), C(events:PutPermission), C(events:RemovePermission), C(events:TagResource),
    C(events:UntagResource), C(events:ListRules), C(events:DeleteEventBus).
  - A run that was broken off can be repeated; it does what is left.
attributes:
  diff_mode:
    description: Returns what differs, before and after, policies as documents.
    support: full
seealso:
  - module: trailwatch.aws.event_rule
  - name: Amazon EventBridge User Guide
    description: What policies an event bus can have.
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: An event bus for all accounts of the organization
  trailwatch.aws.event_bus:
    name: audit
    region: us-east-1
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: TheOrganizationSends
          Effect: Allow
          Principal: "*"
          Action: events:PutEvents
          Resource: arn:aws:events:us-east-1:111111111111:event-bus/audit
          Condition:
            StringEquals:
              aws:PrincipalOrgID: o-abcdefghij
    tags:
      team: security

- name: No event bus
  trailwatch.aws.event_bus:
    name: audit
    region: us-east-1
    state: absent
"""

RETURN = r"""
event_bus_arn:
  description: ARN of the bus.
  type: str
  returned: when O(state=present)
  sample: arn:aws:events:us-east-1:111111111111:event-bus/audit
policy:
  description: The policy of the bus after the run. In check mode, as it would be.
  type: dict
  returned: when O(state=present) and the bus is there, or O(policy) is set
tags:
  description: The tags of the bus after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import event_bus
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, caller_account, merged
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "policy": {"type": "dict"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
OPTIONS = {"Policy": "policy", "Tags": "tags"}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired bus, of what the options set.

    Raises:
        InvalidValueError: an option has a value that EventBridge could not accept.
    """
    asked = {name: params[option] for name, option in OPTIONS.items() if params[option] is not None}
    if "Policy" in asked:
        event_bus.checked_policy(asked["Policy"])
    return {"Name": event_bus.checked_name(params["name"]), **asked}


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a bus that is as C(after)."""
    keys = {"Arn": "event_bus_arn", **OPTIONS}
    return {key: after[name] for name, key in keys.items() if name in after}


def ensure_present(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Make the bus as desired, unless in check mode, and tell what differed and how it is now."""
    desired = asked_for(module.params)
    client = module.client("events")
    purge = {"Tags"} if module.params["purge_tags"] else set()
    live = event_bus.describe(client, desired)
    change = event_bus.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(event_bus.apply(client, live, desired, purge))
    if live is None:  # else the bus tells its ARN itself
        account = caller_account(module.client("sts"))
        desired = {**desired, "Arn": event_bus.bus_arn(account, client.meta.region_name, desired["Name"])}
    return change, returned(merged(live, desired, purge))


def ensure_absent(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Delete the bus, unless in check mode, and tell what was there."""
    client = module.client("events")
    live = event_bus.describe(client, {"Name": event_bus.checked_name(module.params["name"])})
    return removed(module, live, lambda found: event_bus.delete(client, found))


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
