# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, variables and groups of the hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.organization.hosts import (
    GROUPINGS,
    Host,
    Style,
    host_name,
    hosts,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import OrganizationError, Unit
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.organization.made_up import (
    LEGACY,
    LOOSE,
    MANAGEMENT,
    OLD,
    PAYMENTS,
    ROOT,
    WORKLOADS,
    account,
    organization,
)


def style(**other: Any) -> Style:
    return Style(
        **{"hostname": "account_id", "group_by": ("organizational_unit",), "role": None, "management_role": "", **other}
    )


def host(id_: str, tags: dict[str, str] | None = None, **other: Any) -> Host:
    there = organization()
    accounts = [account for account in there.accounts if account.id == id_]
    (found,) = hosts(there, accounts, {} if tags is None else {id_: tags}, style(**other))
    return found


def test_a_host_has_what_is_known_of_the_account_and_what_the_role_takes() -> None:
    assert host(OLD) == Host(
        name=OLD,
        variables={
            "account_id": OLD,
            "account_name": "account 7",
            "account_email": f"aws+{OLD}@example.com",
            "account_arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-abcdefghij/{OLD}",
            "account_state": "ACTIVE",
            "account_joined_method": "CREATED",
            "account_joined": "2026-01-01T00:00:00+00:00",
            "account_ou_id": LEGACY,
            "account_ou_path": "Workloads/Production/Legacy",
            "account_is_management": False,
            "iam_alerting_account_name": "account 7",
        },
        groups=[
            ("accounts",),
            ("accounts", "ou_Workloads", "ou_Workloads_Production", "ou_Workloads_Production_Legacy"),
        ],
    )


def test_tags_that_were_read_are_a_variable_though_there_are_none() -> None:
    assert host(OLD, {}).variables["account_tags"] == {}
    assert "account_tags" not in host(OLD).variables


def test_the_role_is_left_to_other_variables_unless_it_is_named() -> None:
    assert "iam_alerting_assume_role" not in host(PAYMENTS).variables
    assert host(PAYMENTS, role="deployer").variables["iam_alerting_assume_role"] == "deployer"


def test_into_the_management_account_leads_a_role_of_its_own() -> None:
    management = host(MANAGEMENT, role="deployer")
    assert management.variables["account_is_management"]
    assert management.variables["iam_alerting_assume_role"] == ""
    assert host(MANAGEMENT, management_role="watcher").variables["iam_alerting_assume_role"] == "watcher"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("production", f"production-{LOOSE}"),
        ("Payments (EU) / live", f"Payments-EU-live-{LOOSE}"),
        ("localhost", f"localhost-{LOOSE}"),
        ("-v {{ 7 * 7 }}\n!all:&x", f"v-7-7-all-x-{LOOSE}"),
        ("経理", LOOSE),
        ("", LOOSE),
    ],
)
def test_no_name_of_an_account_makes_a_host_that_is_another_or_none(name: str, host: str) -> None:
    assert host_name(account(LOOSE, name=name), "name_and_id") == host
    assert host_name(account(LOOSE, name=name), "account_id") == LOOSE


@pytest.mark.parametrize(
    ("name", "shown"),
    [("R&D {{ 7 * 7 }}", "R&D {{ 7 * 7 }}"), ("in\nsync\x1b[2J \u202e x", "in sync [2J x"), ("\n", LOOSE)],
)
def test_in_alerts_and_reports_a_name_is_one_line(name: str, shown: str) -> None:
    (made,) = hosts(organization(), [account(LOOSE, name=name)], {}, style())
    assert made.variables["iam_alerting_account_name"] == shown
    assert made.variables["account_name"] == name


def test_groups_are_made_as_asked_below_that_of_all_accounts() -> None:
    tags = {"environment": "production", "cost-center": "47 11/x", "on": ""}
    assert host(PAYMENTS, tags, group_by=GROUPINGS).groups == [
        ("accounts",),
        ("accounts", "ou_Workloads", "ou_Workloads_Production"),
        ("accounts", "state_active"),
        ("accounts", "tag_environment_production"),
        ("accounts", "tag_cost_center_47_11_x"),
        ("accounts", "tag_on"),
    ]
    assert host(PAYMENTS, tags, group_by=()).groups == [("accounts",)]
    assert set(host(LOOSE).groups) == {("accounts",)}


def test_no_two_units_share_a_group() -> None:
    units = (Unit("ou-ab12-rand", WORKLOADS, "Workloads/R&D"), Unit("ou-ab12-flat", ROOT, "Workloads_R_D"))
    accounts = [account(OLD, "ou-ab12-rand"), account(PAYMENTS, "ou-ab12-flat")]
    there = organization(*accounts, units=units)
    with pytest.raises(OrganizationError) as caught:
        hosts(there, accounts, {}, style())
    assert str(caught.value).startswith(
        "The units 'Workloads/R&D' (ou-ab12-rand) and 'Workloads_R_D' (ou-ab12-flat) would share the group "
        "'ou_Workloads_R_D'. Rename one of them, or leave organizational_unit out of group_by."
    )
    # Empty ones have no group, so they are in nobody's way.
    assert hosts(there, accounts[:1], {}, style())
    assert hosts(there, accounts, {}, style(group_by=("state",)))
