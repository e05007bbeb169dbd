# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which accounts of an organization are meant."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import (
    ROOT_PATH,
    Account,
    Organization,
    OrganizationError,
    Unit,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import twelve_digits
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

Tags = Mapping[str, Mapping[str, str]]

EXAMPLE = "Write it as {organizational_units: [Workloads/Production], tags: {environment: [production]}}."


@dataclass(frozen=True)
class Criteria:
    """An account fits if it fits each of these that is given.

    Attributes:
        where: the option and its entry, for messages.
        units: ids or paths of organizational units.
        descendants: whether what is in units of these units fits, too.
        tags: for each key the patterns of which the value has to fit one.
    """

    where: str
    accounts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    descendants: bool = True
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """Accounts in one of the states that fit one of C(include), if there is any, and none of C(exclude)."""

    include: tuple[Criteria, ...]
    exclude: tuple[Criteria, ...]
    states: tuple[str, ...]
    management_account: bool

    def needs_tags(self) -> bool:
        return any(criteria.tags for criteria in (*self.include, *self.exclude))

    def before_tags(self) -> Selection:
        """What selects all accounts that this one could select, whatever their tags are."""
        include = tuple(replace(criteria, tags={}) for criteria in self.include)
        return replace(self, include=include, exclude=tuple(one for one in self.exclude if not one.tags))

    def of(self, organization: Organization, tags: Tags) -> list[Account]:
        """The selected accounts of the organization.

        Raises:
            OrganizationError: a unit or an account is named that the organization does not have.
        """
        self._check(organization)
        included = [_fitting(criteria, organization, tags) for criteria in self.include]
        excluded = [_fitting(criteria, organization, tags) for criteria in self.exclude]
        return [
            account
            for account in organization.accounts
            if account.state in self.states
            and (self.management_account or account.id != organization.management_account)
            and (not included or any(fits(account) for fits in included))
            and not any(fits(account) for fits in excluded)
        ]

    def _check(self, organization: Organization) -> None:
        known = {account.id for account in organization.accounts}
        for criteria in (*self.include, *self.exclude):
            strange = [account for account in criteria.accounts if account not in known]
            if strange:
                raise OrganizationError(
                    f"{criteria.where}.accounts names {', '.join(strange)}, but the organization {organization.id} has "
                    "no such account. Correct it, or take it out."
                )
        named = [one.where for one in self.include if organization.management_account in one.accounts]
        if named and not self.management_account:
            raise OrganizationError(
                f"{named[0]}.accounts names {organization.management_account}, which is the management account. It is "
                "only listed with management_account: true."
            )


def read_criteria(option: str, entries: list[Any]) -> tuple[Criteria, ...]:
    """The entries of C(include) or C(exclude), checked as far as that needs no organization.

    Raises:
        OrganizationError: an entry can fit nothing, or is written in another way.
    """
    return tuple(_criteria(f"{option}[{number}]", entry) for number, entry in enumerate(entries))


_KEYS = ("accounts", "organizational_units", "descendants", "tags")


def _criteria(where: str, entry: Any) -> Criteria:
    if not isinstance(entry, Mapping) or not entry:
        raise OrganizationError(f"{where} is {entry!r}, but has to be a dictionary of criteria. {EXAMPLE}")
    for key in entry:
        if key not in _KEYS:
            raise OrganizationError(f"{where} has {key!r}, which is no criterion. {_nearest(key, _KEYS)}{EXAMPLE}")
    criteria = Criteria(
        where,
        accounts=tuple(_account_id(f"{where}.accounts", each) for each in _list(entry.get("accounts"))),
        units=_texts(f"{where}.organizational_units", entry.get("organizational_units")),
        descendants=_descendants(where, entry),
        tags=_tag_patterns(f"{where}.tags", entry.get("tags", {})),
    )
    if not (criteria.accounts or criteria.units or criteria.tags):
        raise OrganizationError(
            f"{where} has no criterion, so that every account would fit. Name accounts, organizational_units or tags, "
            "or take it out."
        )
    return criteria


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _account_id(where: str, value: Any) -> str:
    try:
        return twelve_digits(where, value)
    except SettingsError as error:
        raise OrganizationError(str(error)) from error


def _texts(where: str, value: Any) -> tuple[str, ...]:
    for each in _list(value):
        if not isinstance(each, str) or not each:
            raise OrganizationError(f"{where} has {each!r}, which is no text. In YAML, quote it.")
    return tuple(_list(value))


def _descendants(where: str, entry: Mapping[str, Any]) -> bool:
    descendants = entry.get("descendants", True)
    if not isinstance(descendants, bool):
        raise OrganizationError(f"{where}.descendants is {descendants!r}. Use true or false.")
    if "descendants" in entry and not entry.get("organizational_units"):
        raise OrganizationError(
            f"{where} has descendants, but no organizational_units that could have some. Name them."
        )
    return descendants


def _tag_patterns(where: str, value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise OrganizationError(f"{where} is {value!r}, but has to be a dictionary of values by tag key. {EXAMPLE}")
    patterns = {str(key): _texts(f"{where}.{key}", values) for key, values in value.items()}
    for key, values in patterns.items():
        if not values:
            raise OrganizationError(f"{where}.{key} has no value. Use '*' for whatever the value is.")
    return patterns


def _fitting(criteria: Criteria, organization: Organization, tags: Tags) -> Callable[[Account], bool]:
    units = {_unit(f"{criteria.where}.organizational_units", each, organization).id for each in criteria.units}

    def is_there(account: Account) -> bool:
        lineage = organization.lineage(account.unit) if criteria.descendants else [organization.units[account.unit]]
        return any(unit.id in units for unit in lineage)

    def fits(account: Account) -> bool:
        return (
            (not criteria.accounts or account.id in criteria.accounts)
            and (not units or is_there(account))
            and all(_has(tags.get(account.id, {}), key, patterns) for key, patterns in criteria.tags.items())
        )

    return fits


def _has(tags: Mapping[str, str], key: str, patterns: tuple[str, ...]) -> bool:
    return key in tags and any(fnmatchcase(tags[key], pattern) for pattern in patterns)


def _unit(where: str, named: str, organization: Organization) -> Unit:
    if named in organization.units:
        return organization.units[named]
    path = named.strip("/") or ROOT_PATH
    found = [unit for unit in organization.units.values() if unit.path == path]
    if not found:
        paths = [unit.path for unit in organization.units.values()]
        raise OrganizationError(
            f"{where} names {named!r}, but the organization {organization.id} has no such unit. {_nearest(path, paths)}"
            "Give the path from below the root, as in Workloads/Production, or the id; / is the root."
        )
    if len(found) > 1:
        ids = ", ".join(unit.id for unit in found)
        raise OrganizationError(f"{where} names {named!r}, which is the path of several units. Give the id: {ids}.")
    return found[0]


def _nearest(name: Any, known: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1)
    return f"Nearest: {near[0]!r}. " if near else ""
