# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stack set that enrols the accounts of organizational units as members, also those that come later."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import stack_set
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, template
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, refuse_foreign
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import EXISTING, PRESENT, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import MEMBER, STACK_SET, Topology


def of_member(settings: Settings, account_id: str) -> Settings:
    """The settings of a member that the stack set enrols, by those of any account that knows of it.

    It has no trail and no key: those would be a trail, a bucket and a key for each account, where the organization's
    trail serves them all.
    """
    return dataclasses.replace(
        settings,
        name=names.stack_set_name(settings),
        account_id=account_id,
        topology=Topology(
            MEMBER,
            hub=settings.hub,
            standby=settings.standby_hub,
            hub_name=settings.name,
            entries=settings.topology.entries,
            engine=STACK_SET,
        ),
        trail=EXISTING,
        customer_key=False,
        alarms=False,
        fallback="",
        group_seconds=0,
        heartbeat_minutes=0,
        forwarding_regions=(),
        beside=False,
    )


def desired(settings: Settings) -> dict[str, Any]:
    """The stack set, in the terms of the module cloudformation_stack_set."""
    document = {
        "State": settings.state_of_stack_set,
        "StackSetName": names.stack_set_name(settings),
        # CloudFormation hands them on to all that the stacks make.
        "Tags": of_member(settings, settings.account_id).tags,
    }
    if settings.state_of_stack_set != PRESENT:
        return document
    return document | {
        "Description": f"Enrols accounts as members of Trailwatch {settings.name} in the account {settings.hub}.",
        "TemplateBody": template.body(of_member(settings, template.PLACEHOLDER)),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "OrganizationalUnitIds": list(settings.topology.units),
    }


def left(_account: Account, _desired: Document) -> bool:
    """Whoever has no units asks no other service for a stack set: to remove one, they are still named."""
    return False


def live(account: Account, desired: Document) -> Document | None:
    """The stack set as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    client = account.clients.rare("cloudformation")
    call_as = stack_set.call_as(account.clients.rare("organizations"), account.clients.caller.split(":")[4])
    found = stack_set.describe(client, desired["StackSetName"], call_as)
    if found is not None:
        unlike = "its permissions are not service-managed" if found["PermissionModel"] != stack_set.MODEL else ""
        then = "its template and its units will then be ours"
        refuse_foreign(f"stack set {desired['StackSetName']}", found["Tags"], desired["Tags"], unlike, then)
    return found


def difference(live: Document | None, desired: Document) -> Change:
    """What of the stack set differs, and which of its stacks are not up to date, by account."""
    return stack_set.difference(live, desired)
