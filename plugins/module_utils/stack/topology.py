# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What part an account has: the whole alerting for itself, the hub of many, or a member that sends its events there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

STANDALONE, HUB, MEMBER = TOPOLOGIES = ("standalone", "hub", "member")
# By what a member is enrolled.
PLAYBOOK, STACK_SET = ENGINES = ("playbook", "stackset")
# AWS Organizations API Reference, "Organization".
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
# A queue's policy has 8,192 bytes at most, and names each account (Amazon SQS Developer Guide, "Quotas").
MOST_LISTED = 400
# AWS Organizations API Reference, "ListParents".
_UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}")
# CloudFormation User Guide, "Understand CloudFormation quotas": organizational units in one CreateStackInstances.
MOST_UNITS = 50


class TopologyError(ValueError):
    """The variables of the topology do not go together. The text names variable, value and way out."""


@dataclass(frozen=True)
class Topology:
    """The part of an account.

    Attributes:
        kind: one of C(TOPOLOGIES).
        hub: of a member, the id of the hub's account.
        hub_name: of a member, the name from which those of the hub's resources are made, if it is not the member's.
        engine: of a member, by what it is enrolled: one of C(ENGINES).
        organization: of a hub, the id of the organization whose accounts may send to it; empty for C(members) alone.
        members: of a hub, id and name of each account that sends to it.
        units: of the account that has the members' stack set, the organizational units that it enrols.
    """

    kind: str = STANDALONE
    hub: str = ""
    hub_name: str = ""
    engine: str = PLAYBOOK
    organization: str = ""
    members: tuple[tuple[str, str], ...] = ()
    units: tuple[str, ...] = ()

    @property
    def senders(self) -> dict[str, dict[str, Any]]:
        """The condition on who may send to a hub."""
        if self.organization:
            return {"StringEquals": {"aws:PrincipalOrgID": self.organization}}
        return {"StringEquals": {"aws:PrincipalAccount": [account for account, _name in self.members]}}


ALONE = Topology()


def check_topology(
    kind: str, hub: str, organization: str, members: Mapping[str, Any], account_id: str, group_seconds: int
) -> Topology:
    """The part of the account C(account_id).

    Raises:
        TopologyError: something is missing for it, or cannot be.
    """
    if kind == STANDALONE:
        return ALONE
    if kind == MEMBER:
        return Topology(MEMBER, hub=_checked_hub(hub, account_id))
    if not group_seconds:
        raise TopologyError(
            "iam_alerting_group_seconds is 0, but a hub takes the events of its members from the queue that is only "
            "there with grouping. Set it from 1 to 900, such as 300; the first alert of a kind never waits."
        )
    return Topology(
        HUB,
        organization=_checked_organization(organization, members),
        members=tuple(sorted(_checked_members(members, account_id).items())),
    )


def _checked_hub(hub: str, account_id: str) -> str:
    if not _ACCOUNT_ID.fullmatch(hub):
        raise TopologyError(
            f"iam_alerting_hub is {hub!r}, but a member has to know the account that it sends its events to. Put that "
            "account into the group hub of the inventory, or set iam_alerting_hub to its id, quoted."
        )
    if hub == account_id:
        raise TopologyError(
            f"iam_alerting_hub is {hub!r}, which is the member itself. Take the account out of the group members, or "
            "name another hub."
        )
    return hub


def _checked_organization(organization: str, members: Mapping[str, Any]) -> str:
    if organization and not _ORGANIZATION.fullmatch(organization):
        raise TopologyError(
            f"iam_alerting_organization is {organization!r}, which is no id of an organization. Give one such as "
            "o-abcdefghij (aws organizations describe-organization), or leave it empty to admit the members one by one."
        )
    if not organization and not members:
        raise TopologyError(
            "iam_alerting_members is empty, so nobody could send to this hub. Put accounts into the group members of "
            "the inventory, or set iam_alerting_organization."
        )
    if not organization and len(members) > MOST_LISTED:
        raise TopologyError(
            f"iam_alerting_members has {len(members)} accounts, more than the {MOST_LISTED} that a queue's policy can "
            "name. Set iam_alerting_organization to admit the accounts of the organization."
        )
    return organization


def _checked_members(members: Mapping[str, Any], account_id: str) -> dict[str, str]:
    for account in members:
        if not _ACCOUNT_ID.fullmatch(str(account)):
            raise TopologyError(
                f"iam_alerting_members has {account!r}, but an AWS account id has twelve digits. In YAML, quote it."
            )
    if account_id in members:
        raise TopologyError(
            f"iam_alerting_members has {account_id!r}, which is the hub itself. It needs no member; take it out of the "
            "group members."
        )
    return {str(account): str(name) for account, name in members.items()}


def with_stack_set(topology: Topology, engine: str, units: Sequence[str]) -> Topology:
    """The part of the account, with what it has to do with the members' stack set: it is of it, or has it.

    Raises:
        TopologyError: the account cannot have it, or the hub would let nobody in whom it enrols.
    """
    _check_units(units)
    if units and topology.kind == STANDALONE:
        raise TopologyError(
            f"iam_alerting_member_organizational_units is {list(units)}, but the account knows no hub that their "
            "accounts could send to. Set it for the account in the group hub, or for one in the group members."
        )
    if units and topology.kind == HUB and not topology.organization:
        raise TopologyError(
            "iam_alerting_organization is empty, but it alone lets in accounts that a stack set enrols. Set it to the "
            "id of the organization, such as o-abcdefghij (aws organizations describe-organization)."
        )
    if units and topology.kind == MEMBER and engine == STACK_SET:
        raise TopologyError(
            "iam_alerting_member_engine is 'stackset', but with iam_alerting_member_organizational_units the account "
            "has the stack set itself, and none ever reaches the management account. Set it to 'playbook' here."
        )
    own = engine if topology.kind == MEMBER else PLAYBOOK
    return replace(topology, engine=own, units=tuple(sorted(set(units))))


def _check_units(units: Sequence[str]) -> None:
    for unit in units:
        if not _UNIT.fullmatch(unit):
            raise TopologyError(
                f"iam_alerting_member_organizational_units has {unit!r}, which is no id of an organizational unit such "
                "as ou-abcd-12345678, nor of the organization's root such as r-abcd."
            )
    if len(set(units)) > MOST_UNITS:
        raise TopologyError(
            f"iam_alerting_member_organizational_units has {len(set(units))} units, but CloudFormation takes "
            f"{MOST_UNITS} in a call. Name the units above them, or the root."
        )
