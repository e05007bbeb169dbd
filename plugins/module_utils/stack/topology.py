# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What part an account has: the whole alerting for itself, the hub of many, or a member that sends its events there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

STANDALONE, HUB, MEMBER = TOPOLOGIES = ("standalone", "hub", "member")
# By what members send their events into a hub.
QUEUE, EVENT_BUS = ENTRIES = ("queue", "event_bus")
# By what a member is enrolled.
PLAYBOOK, STACK_SET = ENGINES = ("playbook", "stackset")
# AWS Organizations API Reference, "Organization".
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
# A queue's policy has 8,192 bytes at most, and names each account (Amazon SQS Developer Guide, "Quotas"); that of an
# event bus has 10,240 characters (Amazon EventBridge User Guide, "Amazon EventBridge quotas").
MOST_LISTED = 400
# AWS Organizations API Reference, "ListParents".
_UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}")
# CloudFormation User Guide, "Understand CloudFormation quotas": organizational units in one CreateStackInstances.
MOST_UNITS = 50


@dataclass(frozen=True)
class Topology:
    """The part of an account.

    Attributes:
        kind: one of C(TOPOLOGIES).
        hub: of a member, and of a hub that stands by, the id of the account of the hub that alerts.
        standby: of a member, and of the hub that alerts, the id of the account of the hub that stands by, if any.
        hub_name: of a member, the name from which those of the hub's resources are made, if it is not the member's.
        entries: the ways into the hubs, of C(ENTRIES). They are all open, and members take the first.
        engine: of a member, by what it is enrolled: one of C(ENGINES).
        organization: of a hub, the id of the organization whose accounts may send to it; empty for C(members) alone.
        members: of a hub, id and name of each account that sends to it.
        units: of the account that has the members' stack set, the organizational units that it enrols.
    """

    kind: str = STANDALONE
    hub: str = ""
    standby: str = ""
    hub_name: str = ""
    entries: tuple[str, ...] = (QUEUE,)
    engine: str = PLAYBOOK
    organization: str = ""
    members: tuple[tuple[str, str], ...] = ()
    units: tuple[str, ...] = ()

    @property
    def receivers(self) -> tuple[str, ...]:
        """The accounts of the hubs that the account sends its events to, the one that alerts first."""
        return tuple(account for account in (self.hub, self.standby) if account)

    @property
    def stands_by(self) -> bool:
        """Whether the account is a hub that tells of nothing as long as another one does."""
        return self.kind == HUB and bool(self.hub)

    def lets_in_by(self, entry: str) -> bool:
        """Whether the account is a hub that can be sent to in this way."""
        return self.kind == HUB and entry in self.entries

    @property
    def senders(self) -> dict[str, dict[str, Any]]:
        """The condition on who may send to a hub: the organization, or the members and the other hub."""
        if self.organization:
            return {"StringEquals": {"aws:PrincipalOrgID": self.organization}}
        listed = {*self.receivers, *(account for account, _name in self.members)}
        return {"StringEquals": {"aws:PrincipalAccount": sorted(listed)}}


ALONE = Topology()


def check_topology(asked: Mapping[str, Any], account_id: str, group_seconds: int) -> Topology:
    """The part of the account C(account_id).

    Args:
        asked: as the modules have it: C(topology), C(hub), C(standby), C(standby_hub), C(hub_entries),
            C(organization) and C(members).

    Raises:
        SettingsError: something is missing for it, or cannot be.
    """
    kind = asked["topology"]
    if kind == STANDALONE:
        return ALONE
    entries = _checked_entries(asked["hub_entries"])
    standby = _checked_standby(asked["standby_hub"])
    if kind == MEMBER:
        hub = _checked_hub(asked["hub"], account_id)
        return Topology(MEMBER, hub=hub, standby=_other_than(hub, standby), entries=entries)
    organization, members = asked["organization"], asked["members"]
    if not group_seconds:
        raise SettingsError(
            "iam_alerting_group_seconds is 0, but a hub takes the events of its members from the queue that is only "
            "there with grouping. Set it from 1 to 900, such as 300; the first alert of a kind never waits."
        )
    stands_by, active = asked["standby"], asked["hub"]
    return Topology(
        HUB,
        hub=_active_hub(active, account_id) if stands_by else "",
        standby="" if stands_by else _standby_hub(active, standby, account_id),
        entries=entries,
        organization=_checked_organization(organization, members),
        members=tuple(sorted(_checked_members(members, account_id).items())),
    )


def _checked_entries(entries: Sequence[str]) -> tuple[str, ...]:
    for entry in entries:
        if entry not in ENTRIES:
            raise SettingsError(
                f"iam_alerting_hub_entries has {entry!r}, which is no way into a hub. Use {' or '.join(ENTRIES)}."
            )
    if not entries:
        raise SettingsError(
            "iam_alerting_hub_entries is empty, so nobody could send to the hub. Use "
            f"{' or '.join(ENTRIES)}, or both while you change from one to the other, the new one first."
        )
    return tuple(dict.fromkeys(entries))


def _checked_standby(standby: str) -> str:
    """One account, or none: each rule sends to two hubs at most."""
    if standby and not _ACCOUNT_ID.fullmatch(standby):
        raise SettingsError(
            f"iam_alerting_standby_hub is {standby!r}, which is not the id of one account. Of the group hub, let one "
            "host stand by (iam_alerting_standby). In YAML, quote the id."
        )
    return standby


def _other_than(hub: str, standby: str) -> str:
    if standby == hub:
        raise SettingsError(
            f"iam_alerting_standby_hub is {standby!r}, which is the hub that alerts, too. Name another account, or "
            "leave it empty."
        )
    return standby


def _active_hub(hub: str, account_id: str) -> str:
    """The hub that alerts, for one that stands by."""
    if hub in ("", account_id):
        raise SettingsError(
            f"iam_alerting_standby is true, but iam_alerting_hub is {hub!r}, so no hub would alert. Set it to false "
            "for one host of the group hub."
        )
    return _one_hub(hub)


def _standby_hub(hub: str, standby: str, account_id: str) -> str:
    """The hub that stands by, for the one that alerts, if there is one."""
    if hub not in ("", account_id):
        raise SettingsError(
            f"iam_alerting_hub is {hub!r}, but the account is a hub that alerts itself, and two would tell of "
            "everything twice. Set iam_alerting_standby to true for all hosts of the group hub but one."
        )
    return _other_than(account_id, standby)


def _one_hub(hub: str) -> str:
    if "," in hub:
        raise SettingsError(
            f"iam_alerting_hub is {hub!r}, but only one hub may alert, or all is told of twice. Set "
            "iam_alerting_standby to true for all hosts of the group hub but one."
        )
    if not _ACCOUNT_ID.fullmatch(hub):
        raise SettingsError(
            f"iam_alerting_hub is {hub!r}, but a member has to know the account that it sends its events to. Put that "
            "account into the group hub of the inventory, or set iam_alerting_hub to its id, quoted. If all hosts of "
            "the group stand by, set iam_alerting_standby to false for one."
        )
    return hub


def _checked_hub(hub: str, account_id: str) -> str:
    if _one_hub(hub) == account_id:
        raise SettingsError(
            f"iam_alerting_hub is {hub!r}, which is the member itself. Take the account out of the group members, or "
            "name another hub."
        )
    return hub


def _checked_organization(organization: str, members: Mapping[str, Any]) -> str:
    if organization and not _ORGANIZATION.fullmatch(organization):
        raise SettingsError(
            f"iam_alerting_organization is {organization!r}, which is no id of an organization. Give one such as "
            "o-abcdefghij (aws organizations describe-organization), or leave it empty to admit the members one by one."
        )
    if not organization and not members:
        raise SettingsError(
            "iam_alerting_members is empty, so nobody could send to this hub. Put accounts into the group members of "
            "the inventory, or set iam_alerting_organization."
        )
    if not organization and len(members) > MOST_LISTED:
        raise SettingsError(
            f"iam_alerting_members has {len(members)} accounts, more than the {MOST_LISTED} that a queue's policy can "
            "name. Set iam_alerting_organization to admit the accounts of the organization."
        )
    return organization


def _checked_members(members: Mapping[str, Any], account_id: str) -> dict[str, str]:
    for account, name in members.items():
        if not _ACCOUNT_ID.fullmatch(str(account)):
            raise SettingsError(
                f"iam_alerting_members has {account!r} for {name}, but an AWS account id has twelve digits. Give it in "
                "account_id of the member's host; in YAML, quote it."
            )
    if account_id in members:
        raise SettingsError(
            f"iam_alerting_members has {account_id!r}, which is the hub itself. It needs no member; take it out of the "
            "group members."
        )
    return {str(account): str(name) for account, name in members.items()}


def with_stack_set(topology: Topology, engine: str, units: Sequence[str]) -> Topology:
    """The part of the account, with what it has to do with the members' stack set: it is of it, or has it.

    Raises:
        SettingsError: the account cannot have it, or the hub would let nobody in whom it enrols.
    """
    _check_units(units)
    if units and topology.kind == STANDALONE:
        raise SettingsError(
            f"iam_alerting_member_organizational_units is {list(units)}, but the account knows no hub that their "
            "accounts could send to. Set it for the account in the group hub, or for one in the group members."
        )
    if units and topology.kind == HUB and not topology.organization:
        raise SettingsError(
            "iam_alerting_organization is empty, but it alone lets in accounts that a stack set enrols. Set it to the "
            "id of the organization, such as o-abcdefghij (aws organizations describe-organization)."
        )
    if units and topology.kind == MEMBER and engine == STACK_SET:
        raise SettingsError(
            "iam_alerting_member_engine is 'stackset', but with iam_alerting_member_organizational_units the account "
            "has the stack set itself, and none ever reaches the management account. Set it to 'playbook' here."
        )
    own = engine if topology.kind == MEMBER else PLAYBOOK
    # There is one stack set, and it is that of the hub that alerts.
    return replace(topology, engine=own, units=() if topology.stands_by else tuple(sorted(set(units))))


def _check_units(units: Sequence[str]) -> None:
    for unit in units:
        if not _UNIT.fullmatch(unit):
            raise SettingsError(
                f"iam_alerting_member_organizational_units has {unit!r}, which is no id of an organizational unit such "
                "as ou-abcd-12345678, nor of the organization's root such as r-abcd."
            )
    if len(set(units)) > MOST_UNITS:
        raise SettingsError(
            f"iam_alerting_member_organizational_units has {len(set(units))} units, but CloudFormation takes "
            f"{MOST_UNITS} in a call. Name the units above them, or the root. Accounts of units that you named before "
            "are then without a member's stack for minutes."
        )
