#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dynamodb_table
short_description: Manage a DynamoDB table that is paid per request
version_added: 0.1.0
description:
  - Creates, changes and deletes an Amazon DynamoDB table with on-demand capacity, whose keys are text, encrypted with a
    key that DynamoDB owns or with one of the customer's.
  - A table that is there with provisioned capacity or another encryption is changed to these.
  - An option that is not set is not touched. Indexes, streams and replicas are left alone.
  - A table that is as asked for costs reads only.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description:
      - Name of the table, 3 to 255 letters, digits, C(_), C(-) and C(.) (Amazon DynamoDB API Reference, "CreateTable").
    type: str
    required: true
  state:
    description:
      - V(present) makes the table as asked for.
      - V(absent) deletes it, together with all its items. A table with deletion protection is not deleted.
    type: str
    choices: [present, absent]
    default: present
  partition_key:
    description:
      - Name of the attribute that is the partition key. Needed if O(state=present).
      - The keys of a table cannot be changed. A table that has others is refused.
    type: str
  sort_key:
    description: Name of the attribute that is the sort key. Without it, the table has none.
    type: str
  time_to_live_attribute:
    description:
      - Name of the attribute that tells when an item may go, in seconds since 1970. Empty for items that stay.
      - Once changed, DynamoDB takes no other change of it for up to an hour (Amazon DynamoDB API Reference,
        "UpdateTimeToLive"). To name another attribute is two changes; the module makes the first and fails, and makes
        the second when it is run later.
    type: str
  kms_master_key_id:
    description:
      - ARN of the customer's KMS key that encrypts the table. Without it, or if it is empty, DynamoDB's own key does.
      - Who runs the module needs C(kms:DescribeKey), C(kms:CreateGrant), C(kms:Encrypt), C(kms:Decrypt),
        C(kms:ReEncrypt*) and C(kms:GenerateDataKey*) on the key.
    type: str
    default: ""
  deletion_protection_enabled:
    description: Whether the table is protected from deletion.
    type: bool
notes:
  - A table is made and changed in some seconds to minutes. The module waits for what came before, also for one of the
    same name that is being deleted, at most five minutes.
  - Needs C(dynamodb:DescribeTable), C(dynamodb:DescribeTimeToLive), and C(dynamodb:ListTagsOfResource) if O(tags) is
    set; to write, C(dynamodb:CreateTable), C(dynamodb:UpdateTable), C(dynamodb:UpdateTimeToLive),
    C(dynamodb:TagResource), C(dynamodb:UntagResource), C(dynamodb:DeleteTable).
  - A run that was broken off can be repeated; it does what is left.
attributes:
  diff_mode:
    description: Returns what differs, before and after.
    support: full
seealso:
  - name: Amazon DynamoDB API Reference
    description: What a table is made of.
    link: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A table whose items go when they have expired
  trailwatch.aws.dynamodb_table:
    name: sessions
    region: us-east-1
    partition_key: user
    sort_key: session
    time_to_live_attribute: expires
    tags:
      team: security

- name: No table
  trailwatch.aws.dynamodb_table:
    name: sessions
    region: us-east-1
    state: absent
"""

RETURN = r"""
table_arn:
  description: ARN of the table.
  type: str
  returned: when O(state=present)
  sample: arn:aws:dynamodb:us-east-1:111111111111:table/sessions
tags:
  description: The tags of the table after the run. In check mode, as they would be.
  type: dict
  returned: when O(state=present) and O(tags) is set
  sample: {team: security}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import table
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, caller_account, merged
from ansible_collections.trailwatch.aws.plugins.module_utils.reported import removed, reported

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "partition_key": {"type": "str", "no_log": False},
    "sort_key": {"type": "str", "no_log": False},
    "time_to_live_attribute": {"type": "str"},
    "kms_master_key_id": {"type": "str", "default": "", "no_log": False},
    "deletion_protection_enabled": {"type": "bool"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired table, of what the options set."""
    asked: Document = {
        "KeySchema": table.key_schema(params["partition_key"], params["sort_key"]),
        "BillingMode": table.ON_DEMAND,
        "SSESpecification": table.encryption(params["kms_master_key_id"]),
    }
    if params["deletion_protection_enabled"] is not None:
        asked["DeletionProtectionEnabled"] = params["deletion_protection_enabled"]
    if params["time_to_live_attribute"] is not None:
        asked["TimeToLiveSpecification"] = table.time_to_live(params["time_to_live_attribute"])
    if params["tags"] is not None:
        asked["Tags"] = params["tags"]
    return {"TableName": params["name"], **asked}


def returned(after: Document) -> dict[str, Any]:
    """What the module returns of a table that is as C(after)."""
    return {key: after[name] for name, key in {"TableArn": "table_arn", "Tags": "tags"}.items() if name in after}


def ensure_present(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Make the table as desired, unless in check mode, and tell what differed and how it is now."""
    desired = asked_for(module.params)
    purge = {"Tags"} if module.params["purge_tags"] else set()
    live = table.describe(client, desired)
    change = table.difference(live, desired, purge)
    if change and not module.check_mode:
        return change, returned(table.apply(client, live, desired, purge))
    after = merged(live, desired, purge)
    if live is None:  # else the table tells its ARN itself
        account = caller_account(module.client("sts"))
        arn = table.table_arn(account.partition, account.id, client.meta.region_name, desired["TableName"])
        after["TableArn"] = arn
    return change, returned(after)


def ensure_absent(module: AnsibleAWSModule, client: Any) -> tuple[Change, dict[str, Any]]:
    """Delete the table, unless in check mode, and tell what was there."""
    live = table.describe(client, {"TableName": module.params["name"]})
    return removed(module, live, lambda found: table.delete(client, found))


def ensure(module: AnsibleAWSModule) -> tuple[Change, dict[str, Any]]:
    """Bring the table into the state that is asked for, unless in check mode, and tell what differed."""
    table.checked_name(module.params["name"])
    table.checked_key(module.params["kms_master_key_id"])
    ensure_state = ensure_present if module.params["state"] == "present" else ensure_absent
    return ensure_state(module, module.client("dynamodb"))


def main() -> None:
    needs_keys = [("state", "present", ["partition_key"])]
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, required_if=needs_keys, supports_check_mode=True)
    reported(module, lambda: ensure(module))


if __name__ == "__main__":
    main()
