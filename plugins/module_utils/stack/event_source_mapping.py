# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hands the queue's events to the function, if alerts are grouped, and what the function may do for it.

The function's permissions on queue and table belong to this component and not to the role, so that they go together
with the mapping, once the queue is empty.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import event_source_mapping as mapping
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import PARTITIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import GROUPING_CONCURRENCY

BATCH_SIZE = 10


def desired(settings: Settings) -> dict[str, Any]:
    """The mapping, and the policy of the function's role that goes with it."""
    return {
        "State": settings.state_of_grouping,
        "FunctionName": settings.name,
        "EventSourceArn": names.event_queue_arn(settings),
        "BatchSize": BATCH_SIZE,
        "MaximumBatchingWindowInSeconds": 0,
        # Each run paces its messages, so that SNS does not suspend a mail subscriber.
        "ScalingConfig": {"MaximumConcurrency": GROUPING_CONCURRENCY},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        # A filter would drop events without a word.
        "FilterCriteria": {},
        # Of a hub that stands by, the events wait in the queue, and go after a while.
        "Enabled": not settings.topology.stands_by,
        "Tags": settings.tags if PARTITIONS[settings.partition].tags_mappings else {},
        "RoleName": names.role_name(settings),
        "PolicyName": names.grouping_policy_name(settings),
        "PolicyDocument": _policy(settings),
    }


def _policy(settings: Settings) -> dict[str, Any]:
    on_queue = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "SendMessage")
    on_table = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
    statements = {
        "TakeEventsAndRemind": ([f"sqs:{action}" for action in on_queue], names.event_queue_arn(settings)),
        "RememberGroups": ([f"dynamodb:{action}" for action in on_table], names.table_arn(settings)),
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
            for sid, (actions, resource) in statements.items()
        ],
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of the queue or the table, which go after the mapping."""
    return any(statement["Resource"] in account.tagged for statement in desired["PolicyDocument"]["Statement"])


def live(account: Account, desired: Document) -> Document | None:
    """The mapping and the policy as they are, either of which may be missing; None if there is neither.

    Raises:
        AnsibleAWSError: a read failed.
    """
    found = describe(account.clients["lambda"], desired)
    policy = _live_policy(account.clients["iam"], desired["RoleName"], desired["PolicyName"])
    if found is None and not policy:
        return None
    return {"Mapping": _with_tags(account, found, desired), "PolicyDocument": policy}


def describe(client: Any, desired: Document) -> Document | None:
    """The mapping alone, but for its tags; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    return mapping.describe(client, _wanted(desired))


def _with_tags(account: Account, found: Document | None, desired: Document) -> Document | None:
    if found is None:
        return None
    client, arn = account.clients["lambda"], found["EventSourceMappingArn"]
    return {**found, "Tags": account.tags(arn, desired["Tags"], lambda: mapping.read_tags(client, arn))}


def _live_policy(iam: Any, role: str, policy: str) -> Document:
    purpose = f"read policy {policy} of role {role}"
    try:
        document: Document = call(purpose, iam.get_role_policy, RoleName=role, PolicyName=policy)["PolicyDocument"]
    except is_ansible_aws_error_code("NoSuchEntity"):
        return {}
    return document


def _wanted(desired: Document) -> Document:
    """The mapping in the terms in which it is compared; its tags are read and compared here."""
    names_of_mapping = ("FunctionName", "EventSourceArn", *mapping.ATTRIBUTES)
    return {name: desired[name] for name in names_of_mapping}


def difference(live: Document | None, desired: Document) -> Change:
    """What of the mapping and the policy differs."""
    found = live and live["Mapping"]
    parts = (
        mapping.difference(found, _wanted(desired)),
        changed(found, desired, ("Tags",)),
        changed(live, desired, ("PolicyDocument",)),
    )
    before = {name: value for part in parts for name, value in part.before.items()}
    after = {name: value for part in parts for name, value in part.after.items()}
    return Change(before, after)
