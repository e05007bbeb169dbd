#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudformation_stack_set
short_description: Manage a service-managed CloudFormation stack set and its stacks
version_added: 0.2.0
description:
  - Creates, changes and deletes a stack set with service-managed permissions, and its stacks in all accounts of
    organizational units, one in each account, in the region of the stack set.
  - Automatic deployment is on, accounts that join a unit get the stack by themselves, and lose it when they leave.
  - Waits for its operations, and for those that are under way when it begins. Fails if a stack fails, also where the
    operation tolerates it, and names accounts and reasons.
  - A stack set that is as asked for, all of its stacks up to date, costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description: The name of the stack set.
    type: str
    required: true
  state:
    description:
      - V(present) makes the stack set as asked for, and updates stacks that are not up to date.
        If stacks were last deleted and not made, as by a run that was broken off, it asks for those of all units again,
        which makes those that are missing.
      - V(absent) deletes all stacks, and then the stack set. The stacks of suspended accounts are left behind there.
    type: str
    choices: [present, absent]
    default: present
  template_body:
    description:
      - The template, 51,200 bytes at most. Required if O(state=present).
      - Templates in JSON are compared by what they say, others as texts.
    type: str
  parameters:
    description: The values of the template's parameters.
    type: dict
    default: {}
  description:
    description: What the stack set is for. Left as it is if not set.
    type: str
  organizational_unit_ids:
    description:
      - The organizational units whose accounts get the stack, with those of the units below them, or the root of the
        organization. Required if O(state=present).
      - The stacks of units that are not named are deleted. The management account never gets one.
      - If such a unit is above or below one that is named, CloudFormation deletes the stacks of accounts that are in
        both. They are made anew in the same run, and for minutes they are not there.
    type: list
    elements: str
  capabilities:
    description: What the template may do to IAM, as V(CAPABILITY_NAMED_IAM).
    type: list
    elements: str
    default: []
  call_as:
    description:
      - In which capacity the account acts, V(self) as the management account, V(delegated_admin) as a delegated
        administrator of CloudFormation.
      - V(auto) asks Organizations which of the two it is.
    type: str
    choices: [auto, self, delegated_admin]
    default: auto
  max_concurrent_percentage:
    description:
      - In how many of the accounts an operation works at the same time, in percent. It does so until more have failed
        than O(failure_tolerance_percentage) says (the concurrency mode C(SOFT_FAILURE_TOLERANCE)).
      - It is not for automatic deployments.
    type: int
    default: 25
  failure_tolerance_percentage:
    description: In how many of the accounts an operation may fail before it stops, in percent.
    type: int
    default: 10
  wait_timeout:
    description:
      - For how many seconds all operations of a run are waited for together. CloudFormation goes on with them then.
      - The default ends before a session of one hour does.
    type: int
    default: 2700
  tags:
    description: The tags of the stack set and of all that its stacks make. Not touched if not set.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Remove tags that are not in O(tags). Nothing happens if that is not set.
    type: bool
    default: true
notes:
  - Trusted access for CloudFormation has to be activated in the organization.
  - Needs C(cloudformation:DescribeStackSet), C(cloudformation:ListStackInstances),
    C(cloudformation:ListStackSetOperations); with O(call_as=auto) C(organizations:DescribeOrganization); for a
    delegated administrator C(organizations:ListDelegatedAdministrators); to write, C(cloudformation:CreateStackSet),
    C(cloudformation:UpdateStackSet), C(cloudformation:DeleteStackSet), C(cloudformation:CreateStackInstances),
    C(cloudformation:DeleteStackInstances), C(cloudformation:TagResource), C(cloudformation:UntagResource),
    C(cloudformation:DescribeStackSetOperation) and C(cloudformation:ListStackSetOperationResults).
  - A stack that could not be deleted is inoperable, and left out of all updates. It has to be taken out by hand. All
    else is done first, then the module fails with the command.
  - A run that was broken off can be repeated; it waits for what it began, and does what is left.
attributes:
  diff_mode:
    description: Returns what differs, by attribute, and the stacks that are not up to date, by account.
    support: full
seealso:
  - module: amazon.aws.cloudformation
  - name: AWS CloudFormation API Reference
    description: What a stack set is made of.
    link: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
  - name: AWS CloudFormation User Guide
    description: Concurrency, failure tolerance, automatic deployment.
    link: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A role in all accounts of a unit, also in those to come
  trailwatch.aws.cloudformation_stack_set:
    name: auditor
    region: us-east-1
    template_body: "{{ lookup('ansible.builtin.file', 'auditor.yml') }}"
    parameters:
      TrustedAccount: "111111111111"
    organizational_unit_ids: [ou-abcd-12345678]
    capabilities: [CAPABILITY_NAMED_IAM]
    tags:
      team: audit

- name: No such role any more
  trailwatch.aws.cloudformation_stack_set:
    name: auditor
    region: us-east-1
    state: absent
"""

RETURN = r"""
stack_set_name:
  description: The name of the stack set.
  type: str
  returned: success
  sample: auditor
call_as:
  description: In which capacity the account acted, V(SELF) or V(DELEGATED_ADMIN).
  type: str
  returned: success
  sample: SELF
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import stack_set, stack_set_operations
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, caller_account
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import reported

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "template_body": {"type": "str"},
    "parameters": {"type": "dict", "default": {}},
    "description": {"type": "str"},
    "organizational_unit_ids": {"type": "list", "elements": "str"},
    "capabilities": {"type": "list", "elements": "str", "default": []},
    "call_as": {"type": "str", "choices": ["auto", "self", "delegated_admin"], "default": "auto"},
    "max_concurrent_percentage": {"type": "int", "default": 25},
    "failure_tolerance_percentage": {"type": "int", "default": 10},
    "wait_timeout": {"type": "int", "default": 2700},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def call_as(module: AnsibleAWSModule) -> str:
    if module.params["call_as"] != "auto":
        return str(module.params["call_as"]).upper()
    return stack_set.call_as(module.client("organizations"), caller_account(module.client("sts")).id)


def desired(params: dict[str, Any]) -> Document:
    """The stack set as asked for; what is not set is left out."""
    document = {
        "TemplateBody": params["template_body"],
        "Parameters": {key: str(value) for key, value in params["parameters"].items()},
        "Description": params["description"],
        "Capabilities": params["capabilities"],
        stack_set.UNITS: sorted(set(params["organizational_unit_ids"])),
        "Tags": params["tags"],
    }
    return {name: value for name, value in document.items() if value is not None}


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Bring the stack set into the state that is asked for, unless in check mode, and tell what differed."""
    params, purge = module.params, ["Tags"] if module.params["purge_tags"] else []
    is_wanted = params["state"] == "present"
    conduct = stack_set_operations.checked_conduct(params)
    if is_wanted:
        stack_set.checked_template(params["template_body"])
    which = stack_set_operations.StackSet(module.client("cloudformation"), params["name"], call_as(module))
    live = stack_set.describe(which.client, which.name, which.call_as)
    wanted = desired(params) if is_wanted else {}
    change = stack_set.difference(live, wanted, purge) if is_wanted else stack_set.removal(live)
    if change and not module.check_mode:
        if is_wanted:
            stack_set.apply(which, live, wanted, change, conduct)
        elif live is not None:
            stack_set.remove(which, live, conduct)
    return change, {"stack_set_name": which.name, "call_as": which.call_as}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ("template_body", "organizational_unit_ids"))],
        supports_check_mode=True,
    )
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
