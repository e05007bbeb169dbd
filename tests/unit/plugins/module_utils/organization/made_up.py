# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A made-up organization: units in units, two of one name, and accounts in all states."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import Account, Organization, Unit

ROOT, WORKLOADS, PRODUCTION, LEGACY, SANDBOX = "r-ab12", "ou-ab12-work", "ou-ab12-prod", "ou-ab12-lega", "ou-ab12-sand"
MANAGEMENT, PAYMENTS, OLD, TRIAL, CLOSED, LOOSE = (str(number) * 12 for number in range(9, 3, -1))


def account(id_: str, unit: str = ROOT, **other: Any) -> Account:
    known = {
        "name": f"account {id_[0]}",
        "email": f"aws+{id_}@example.com",
        "arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-abcdefghij/{id_}",
        "state": "ACTIVE",
        "joined_method": "CREATED",
        "joined": "2026-01-01T00:00:00+00:00",
    }
    return Account(id=id_, unit=unit, **{**known, **other})


def organization(*accounts: Account, units: tuple[Unit, ...] = ()) -> Organization:
    """The made-up one, or one with these accounts, and with further units."""
    all_units = (
        Unit(ROOT, "", "/"),
        Unit(WORKLOADS, ROOT, "Workloads"),
        Unit(PRODUCTION, WORKLOADS, "Workloads/Production"),
        Unit(LEGACY, PRODUCTION, "Workloads/Production/Legacy"),
        Unit(SANDBOX, ROOT, "Sandbox"),
        *units,
    )
    all_accounts = accounts or (
        account(LOOSE),
        account(CLOSED, SANDBOX, state="CLOSED"),
        account(TRIAL, SANDBOX),
        account(OLD, LEGACY),
        account(PAYMENTS, PRODUCTION),
        account(MANAGEMENT),
    )
    return Organization("o-abcdefghij", MANAGEMENT, {unit.id: unit for unit in all_units}, all_accounts)
