# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An organization: its units and its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ROOT_PATH = "/"


class OrganizationError(ValueError):
    """What is asked for cannot be had of the organization. The text names value, option and way out."""


@dataclass(frozen=True)
class Unit:
    """An organizational unit, or the root.

    Attributes:
        parent: the id of the unit or root that it is in; empty for the root.
        path: the names from below the root down to the unit, as in C(Workloads/Production); C(/) for the root.
    """

    id: str
    parent: str
    path: str


@dataclass(frozen=True)
class Account:
    """An account of the organization.

    Attributes:
        state: one of Organizations' states of accounts, such as C(ACTIVE).
        joined: when, in ISO 8601; empty if AWS does not say.
        unit: the id of the unit or root that it is in.
    """

    id: str
    name: str
    email: str
    arn: str
    state: str
    joined_method: str
    joined: str
    unit: str


@dataclass(frozen=True)
class Organization:
    """An organization at one moment.

    Attributes:
        units: the root and all units, by id.
        accounts: in the order of their ids.
    """

    id: str
    management_account: str
    units: Mapping[str, Unit]
    accounts: tuple[Account, ...]

    def lineage(self, unit: str) -> list[Unit]:
        """The unit of that id and those that it is in, the root first."""
        here = self.units[unit]
        return [*(self.lineage(here.parent) if here.parent else []), here]

    def document(self) -> dict[str, Any]:
        """The organization in the types of JSON."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Organization:
        """The organization that the document was made of."""
        units = {id_: Unit(**unit) for id_, unit in document["units"].items()}
        accounts = tuple(Account(**account) for account in document["accounts"])
        return cls(document["id"], document["management_account"], units, accounts)
