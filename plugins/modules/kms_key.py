#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: kms_key
short_description: Manage a symmetric KMS key that is known by its alias
version_added: 0.2.0
description:
  - Creates and changes a symmetric AWS KMS key for encryption, in one Region, and schedules its deletion.
  - A key is known by its alias. If no key has it, one is taken up that carries all of O(tags), as a run leaves it that
    was broken off before the alias was given; else a key is made.
  - A key that is disabled, or is to be deleted, is enabled again.
  - An option that is not set is not touched.
  - A key that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  alias:
    description:
      - Alias of the key, C(alias/) and 1 to 250 letters, digits, C(/), C(_) and C(-) (AWS KMS API Reference,
        "CreateAlias").
    type: str
    required: true
  state:
    description:
      - V(present) makes the key as asked for.
      - V(absent) schedules its deletion. The alias stays with the key until then, and KMS deletes both. A key that
        is to be deleted already stays so.
    type: str
    choices: [present, absent]
    default: present
  description:
    description: What the key is for.
    type: str
  policy:
    description:
      - Key policy. A new key without one may be used as the IAM policies of the account say.
      - KMS refuses a policy by which the caller could not change the policy again.
    type: dict
  enable_key_rotation:
    description: Whether KMS gives the key new material each year.
    type: bool
  pending_window:
    description: In how many days the key is deleted if O(state=absent), 7 to 30.
    type: int
    default: 30
notes:
  - Needs C(kms:DescribeKey), C(kms:GetKeyPolicy), C(kms:GetKeyRotationStatus), C(kms:ListResourceTags) and
    C(tag:GetResources), each for what is asked; to write, C(kms:CreateKey), C(kms:CreateAlias), C(kms:PutKeyPolicy),
    C(kms:UpdateKeyDescription), C(kms:EnableKeyRotation), C(kms:DisableKeyRotation), C(kms:EnableKey),
    C(kms:CancelKeyDeletion), C(kms:TagResource), C(kms:UntagResource), C(kms:ScheduleKeyDeletion).
  - A run that was broken off can be repeated; it does what is left.
  - The module M(amazon.aws.kms_key) knows more kinds of keys. It looks for a key by its alias alone.
attributes:
  diff_mode:
    description: Returns what differs, before and after.
    support: full
seealso:
  - name: AWS KMS Developer Guide
    description: Key policies.
    link: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A key with new material each year
  trailwatch.aws.kms_key:
    alias: alias/alerts
    region: us-east-1
    description: Encrypts alerts.
    enable_key_rotation: true
    tags:
      team: security

- name: No key in a week
  trailwatch.aws.kms_key:
    alias: alias/alerts
    region: us-east-1
    state: absent
    pending_window: 7
"""

RETURN = r"""
key_arn:
  description: ARN of the key. In check mode, a key that is not there yet has none.
  type: str
  returned: when there is a key
  sample: arn:aws:kms:us-east-1:111111111111:key/0d990263-018e-4e65-a703-eff731de951e
tags:
  description: The tags of the key after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import kms_key
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    InvalidValueError,
    merged,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import reported

ARGUMENTS: dict[str, Any] = {
    "alias": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "policy": {"type": "dict"},
    "enable_key_rotation": {"type": "bool"},
    "pending_window": {"type": "int", "default": kms_key.DELETION_DAYS},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
OPTIONS = {
    "Description": "description",
    "Policy": "policy",
    "KeyRotationEnabled": "enable_key_rotation",
    "Tags": "tags",
}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired key, of what the options set."""
    asked = {name: params[option] for name, option in OPTIONS.items() if params[option] is not None}
    return {"AliasName": params["alias"], "KeyState": kms_key.ENABLED, **asked}


def check(params: dict[str, Any]) -> None:
    """Refuse what KMS could never accept.

    Raises:
        InvalidValueError: an option has such a value.
    """
    kms_key.checked_alias(params["alias"])
    if not 7 <= params["pending_window"] <= kms_key.DELETION_DAYS:
        raise InvalidValueError(f"pending_window: {params['pending_window']} is out of bounds. Use 7 to 30 days.")


def found(module: AnsibleAWSModule, client: Any) -> Document | None:
    """The key with the alias, or with the tags."""
    tags = module.params["tags"] or {}
    return kms_key.find(
        client,
        module.params["alias"],
        lambda: kms_key.tagged_keys(module.client("resourcegroupstaggingapi"), tags),
    )


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a key that is as C(after)."""
    return {key: after[name] for name, key in {"Arn": "key_arn", "Tags": "tags"}.items() if name in after}


def ensure_present(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Make the key as desired, unless in check mode, and tell what differed and how it is now."""
    desired = asked_for(module.params)
    purge = {"Tags"} if module.params["purge_tags"] else set()
    known = found(module, client)
    live = kms_key.describe(client, known, desired) if known else None
    change = kms_key.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(kms_key.apply(client, live, desired, purge))
    return change, returned(merged(live, desired, purge))


def ensure_absent(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Schedule the deletion of the key, unless in check mode, and tell in which state it was."""
    live = found(module, client)
    if live is None or live["KeyState"] == kms_key.PENDING_DELETION:
        return Change({}, {}), returned(live or {})
    if not module.check_mode:
        kms_key.delete(client, live, module.params["pending_window"])
    return Change({"KeyState": live["KeyState"]}, {"KeyState": kms_key.PENDING_DELETION}), returned(live)


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Bring the key into the state that is asked for, unless in check mode, and tell what differed."""
    check(module.params)
    ensure_state = ensure_present if module.params["state"] == "present" else ensure_absent
    return ensure_state(module, module.client("kms"))


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
