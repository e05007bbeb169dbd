# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible is told of an account: the host's name, its variables and its groups.

Names of accounts and tags are texts of others. They never become the whole name of a host or a variable, in names of
groups they stand behind a prefix, and as values Ansible does not look for templates in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import (
    Account,
    Organization,
    OrganizationError,
    Unit,
)

ALL_ACCOUNTS = "accounts"
HOSTNAMES = ACCOUNT_ID, NAME_AND_ID = "account_id", "name_and_id"
GROUPINGS = BY_UNIT, BY_STATE, BY_TAG = "organizational_unit", "state", "tag"


@dataclass(frozen=True)
class Style:
    """How accounts become hosts.

    Attributes:
        hostname: one of HOSTNAMES.
        group_by: some of GROUPINGS.
        role: the role to assume in the accounts; None to leave that to other variables.
        management_role: that of the management account.
    """

    hostname: str
    group_by: tuple[str, ...]
    role: str | None
    management_role: str


@dataclass(frozen=True)
class Host:
    """An account as a host.

    Attributes:
        groups: chains of groups that it is in, each group in the one before; the first is always C(accounts).
    """

    name: str
    variables: dict[str, Any]
    groups: list[tuple[str, ...]]


def hosts(
    organization: Organization, accounts: list[Account], tags: Mapping[str, Mapping[str, str]], style: Style
) -> list[Host]:
    """The hosts for these accounts, in their order.

    Args:
        tags: of the accounts, by their ids, as far as they are known.

    Raises:
        OrganizationError: two units would share a group.
    """
    unit_groups = _unit_groups(organization, accounts) if BY_UNIT in style.group_by else {}
    return [
        Host(
            host_name(account, style.hostname),
            _variables(organization, account, tags.get(account.id), style),
            _groups(organization, account, tags.get(account.id, {}), style.group_by, unit_groups),
        )
        for account in accounts
    ]


def host_name(account: Account, hostname: str) -> str:
    """The id, behind the name if that is wanted: alone, a name may be that of another account, or of a group."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", account.name).strip("-.") if hostname == NAME_AND_ID else ""
    return f"{name}-{account.id}" if name else account.id


def _variables(
    organization: Organization, account: Account, tags: Mapping[str, str] | None, style: Style
) -> dict[str, Any]:
    is_management = account.id == organization.management_account
    variables = {
        "account_id": account.id,
        "account_name": account.name,
        "account_email": account.email,
        "account_arn": account.arn,
        "account_state": account.state,
        "account_joined_method": account.joined_method,
        "account_joined": account.joined,
        "account_ou_id": account.unit,
        "account_ou_path": organization.units[account.unit].path,
        "account_is_management": is_management,
        "iam_alerting_account_name": _one_line(account.name) or account.id,
    }
    if tags is not None:
        variables["account_tags"] = dict(tags)
    role = style.management_role if is_management else style.role
    if role is not None:
        variables["iam_alerting_assume_role"] = role
    return variables


def _one_line(name: str) -> str:
    """The name as it can stand in a mail and a report; AWS takes any character in it."""
    return " ".join("".join(each if each.isprintable() else " " for each in name).split())


def _groups(
    organization: Organization,
    account: Account,
    tags: Mapping[str, str],
    group_by: tuple[str, ...],
    unit_groups: Mapping[str, str],
) -> list[tuple[str, ...]]:
    chains: list[tuple[str, ...]] = [(ALL_ACCOUNTS,)]
    if BY_UNIT in group_by:
        units = organization.lineage(account.unit)
        chains.append((ALL_ACCOUNTS, *(unit_groups[unit.id] for unit in units if unit.parent)))
    if BY_STATE in group_by:
        chains.append((ALL_ACCOUNTS, group_name("state", account.state.lower())))
    if BY_TAG in group_by:
        chains.extend((ALL_ACCOUNTS, group_name("tag", key, value)) for key, value in tags.items())
    return chains


def _unit_groups(organization: Organization, accounts: list[Account]) -> dict[str, str]:
    """The group of each unit with accounts in it, by the unit's id."""
    units = {unit.id: unit for account in accounts for unit in organization.lineage(account.unit)}
    named: dict[str, Unit] = {}
    for unit in filter(lambda unit: unit.parent, units.values()):
        other = named.setdefault(group_name("ou", unit.path), unit)
        if other != unit:
            raise OrganizationError(
                f"The units {other.path!r} ({other.id}) and {unit.path!r} ({unit.id}) would share the group "
                f"{group_name('ou', unit.path)!r}. Rename one of them, or leave organizational_unit out of group_by."
            )
    return {unit.id: group for group, unit in named.items()}


def group_name(*parts: str) -> str:
    """The parts in characters that Ansible takes in names of groups. Different parts may give the same name."""
    return re.sub(r"\W", "_", "_".join(part for part in parts if part))
