# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role by which the rules send events to a hub in another account, and which may do nothing else.

The tagging service knows of no roles. So an account that is to send to no hub any more has one if its rules say that
they send there, or did, which every run reads. They change before the role goes, and the last one says so after it.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import via_service
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import execution_role, names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, ForeignResourceError, changed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import EVENT_BUS, QUEUE

ATTRIBUTES = execution_role.ATTRIBUTES


def desired(settings: Settings) -> dict[str, Any]:
    """The role: for our rules alone (EventBridge User Guide, "Cross-service confused deputy prevention")."""
    rules = {
        "StringEquals": {"aws:SourceAccount": settings.account_id},
        "ArnLike": {"aws:SourceArn": names.rule_arns(settings)},
    }
    hubs = " and ".join(settings.topology.receivers)
    role = execution_role.role(
        f"Sends events of Trailwatch's rules {settings.name} to {hubs}.",
        {**execution_role.trust("events.amazonaws.com"), "Condition": rules},
        _permissions(settings) if hubs else [],
    )
    return {
        "State": settings.state_of_forwarding,
        "Prefix": settings.name,
        "RoleName": names.forwarding_role_name(settings),
        "Arn": names.forwarding_role_arn(settings),
        **role,
        "PolicyName": names.forwarding_role_name(settings),
        "OtherInlinePolicies": [],
        "AttachedPolicies": [],
        "PermissionsBoundary": "",
        "Tags": settings.tags,
    }


def _permissions(settings: Settings) -> list[dict[str, Any]]:
    """To send to the hubs, to what is open there, and to nothing else.

    While both ways are open, the role has both, so that rules change from one to the other without a gap.
    """
    ways = {EVENT_BUS: _to_buses, QUEUE: _to_queues}
    return [statement for entry in sorted(settings.topology.entries) for statement in ways[entry](settings)]


def _to_buses(settings: Settings) -> list[dict[str, Any]]:
    return [_allow("PutEventsOnTheBus", "events:PutEvents", names.hub_entry_arns(settings, EVENT_BUS))]


def _to_queues(settings: Settings) -> list[dict[str, Any]]:
    """A hub's queue may have a key, of which only the hub knows the ARN."""
    queues = names.hub_entry_arns(settings, QUEUE)
    through = {"kms:ViaService": via_service("sqs", settings.region)}
    keys = [f"arn:{settings.partition}:kms:{settings.region}:{hub}:key/*" for hub in settings.topology.receivers]
    return [
        _allow("SendEventsToTheHub", "sqs:SendMessage", queues),
        _allow("EncryptThem", ["kms:GenerateDataKey", "kms:Decrypt"], keys)
        | {"Condition": {"StringEquals": through | {"kms:EncryptionContext:aws:sqs:arn": queues}}},
    ]


def _allow(sid: str, actions: str | list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def left(account: Account, desired: Document) -> bool:
    """Whether rules say that they send to a hub, or did while the role was there."""
    return rule.sends_to_hub(rule.listed(account, desired["Prefix"]))


def live(account: Account, desired: Document) -> Document | None:
    """The role with its permissions as it is; None if there is none, or if it is not wanted and not ours.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    then = "it will then be EventBridge's alone, to send events to the hub"
    try:
        return execution_role.read(account, desired, {desired["PolicyName"]}, then)
    except ForeignResourceError:
        if desired["State"] == PRESENT:
            raise
        return None


def difference(live: Document | None, desired: Document) -> Change:
    """What of the role and its permissions differs."""
    return changed(live, desired, ATTRIBUTES)
