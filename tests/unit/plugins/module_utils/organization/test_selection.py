# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which accounts are meant, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.organization.selection import Selection, read_criteria
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import (
    Organization,
    OrganizationError,
    Unit,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.organization.made_up import (
    CLOSED,
    LEGACY,
    LOOSE,
    MANAGEMENT,
    OLD,
    PAYMENTS,
    PRODUCTION,
    ROOT,
    TRIAL,
    WORKLOADS,
    organization,
)

TAGS = {
    PAYMENTS: {"environment": "production", "team": "payments"},
    OLD: {"environment": "production", "team": "nobody"},
    TRIAL: {"environment": "trial-7"},
    LOOSE: {},
}


def selection(**options: Any) -> Selection:
    return Selection(
        include=read_criteria("include", options.pop("include", [])),
        exclude=read_criteria("exclude", options.pop("exclude", [])),
        **{"states": ("ACTIVE",), "management_account": False, **options},
    )


def selected(there: Organization | None = None, **options: Any) -> set[str]:
    return {account.id for account in selection(**options).of(there or organization(), TAGS)}


def test_all_active_members_are_meant_by_default() -> None:
    assert selected() == {PAYMENTS, OLD, TRIAL, LOOSE}


def test_other_states_are_had_by_asking() -> None:
    assert selected(states=("CLOSED",)) == {CLOSED}


def test_the_management_account_is_had_by_asking() -> None:
    assert selected(management_account=True) == {PAYMENTS, OLD, TRIAL, LOOSE, MANAGEMENT}


@pytest.mark.parametrize("unit", ["Workloads/Production", "/Workloads/Production/", PRODUCTION, WORKLOADS])
def test_a_unit_is_named_by_path_or_id_and_means_what_is_in_units_below(unit: str) -> None:
    assert selected(include=[{"organizational_units": unit}]) == {PAYMENTS, OLD}


@pytest.mark.parametrize(("unit", "accounts"), [(PRODUCTION, {PAYMENTS}), (WORKLOADS, set()), ("/", {LOOSE})])
def test_units_below_can_be_left_out(unit: str, accounts: set[str]) -> None:
    assert selected(include=[{"organizational_units": [unit], "descendants": False}]) == accounts


def test_the_root_is_everywhere() -> None:
    everywhere = selected(include=[{"organizational_units": ROOT}])
    assert everywhere == selected(include=[{"organizational_units": "/"}]) == selected()


def test_one_entry_is_enough_and_in_it_each_criterion_counts() -> None:
    production = {"organizational_units": "Workloads", "tags": {"team": "payments", "environment": "production"}}
    assert selected(include=[production]) == {PAYMENTS}
    assert selected(include=[production, {"accounts": LOOSE}]) == {PAYMENTS, LOOSE}


def test_what_is_excluded_is_not_listed_whatever_is_included() -> None:
    include = [{"accounts": [OLD, PAYMENTS]}]
    assert selected(include=include, exclude=[{"organizational_units": LEGACY}]) == {PAYMENTS}
    assert selected(include=include, exclude=[{"tags": {"team": ["nobody", "payments"]}}]) == set()


@pytest.mark.parametrize(
    ("tags", "accounts"),
    [
        ({"environment": "trial-*"}, {TRIAL}),
        ({"environment": ["trial-?", "production"]}, {TRIAL, OLD, PAYMENTS}),
        ({"team": "*"}, {OLD, PAYMENTS}),
        ({"Team": "*"}, set()),
    ],
)
def test_values_of_tags_are_patterns(tags: Any, accounts: set[str]) -> None:
    assert selected(include=[{"tags": tags}]) == accounts


def test_tags_are_not_needed_of_accounts_that_are_left_out_in_any_case() -> None:
    chosen = selection(
        include=[{"organizational_units": "Workloads", "tags": {"team": "payments"}}],
        exclude=[{"tags": {"environment": "production"}}, {"organizational_units": LEGACY}],
    )
    assert chosen.needs_tags()
    assert [account.id for account in chosen.before_tags().of(organization(), {})] == [PAYMENTS]


def test_no_tags_are_needed_without_criteria_of_them() -> None:
    assert not selection(include=[{"accounts": LOOSE}]).needs_tags()


@pytest.mark.parametrize("option", ["include", "exclude"])
@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("Workloads", "[0] is 'Workloads', but has to be a dictionary of criteria"),
        ({}, "[0] is {}, but has to be a dictionary of criteria"),
        ({"tag": {"a": "b"}}, "[0] has 'tag', which is no criterion. Nearest: 'tags'. "),
        ({"accounts": []}, "[0] has no criterion, so that every account would fit"),
        ({"accounts": "4711"}, "[0].accounts is '4711', but an AWS account id has twelve digits. In YAML, quote it."),
        ({"accounts": 8181}, "[0].accounts is 8181, but an AWS account id has twelve digits. In YAML, quote it."),
        ({"organizational_units": [7]}, "[0].organizational_units has 7, which is no text. In YAML, quote it."),
        ({"organizational_units": "/", "descendants": "no"}, "[0].descendants is 'no'. Use true or false."),
        ({"accounts": LOOSE, "descendants": False}, "[0] has descendants, but no organizational_units"),
        ({"tags": ["a"]}, "[0].tags is ['a'], but has to be a dictionary of values by tag key"),
        ({"tags": {"on": True}}, "[0].tags.on has True, which is no text. In YAML, quote it."),
        ({"tags": {"team": []}}, "[0].tags.team has no value. Use '*' for whatever the value is."),
        ({"tags": {"team": None}}, "[0].tags.team has no value. Use '*' for whatever the value is."),
    ],
)
def test_what_can_be_seen_to_be_wrong_is_refused_before_aws_is_asked(option: str, entry: Any, told: str) -> None:
    with pytest.raises(OrganizationError) as caught:
        read_criteria(option, [entry])
    assert str(caught.value).startswith(option + told)


@pytest.mark.parametrize("option", ["include", "exclude"])
@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({"accounts": [LOOSE, "101010101010"]}, "[0].accounts names 101010101010, but the organization o-abcdefghij"),
        ({"organizational_units": "Worklods"}, "[0].organizational_units names 'Worklods', but the organization"),
        ({"organizational_units": "ou-ab12-else"}, "[0].organizational_units names 'ou-ab12-else', but the"),
    ],
)
def test_what_the_organization_does_not_have_is_refused(option: str, criteria: Any, told: str) -> None:
    with pytest.raises(OrganizationError) as caught:
        selected(**{option: [criteria]})
    assert str(caught.value).startswith(option + told)


def test_the_nearest_unit_is_named() -> None:
    with pytest.raises(OrganizationError, match=r"Nearest: 'Workloads/Production'\. Give the path from below the root"):
        selected(include=[{"organizational_units": "Workloads/Prodction"}])


def test_a_path_of_two_units_is_refused_and_their_ids_are_named() -> None:
    there = organization(units=(Unit("ou-ab12-else", ROOT, "Workloads/Production"),))
    with pytest.raises(OrganizationError, match=f"path of several units. Give the id: {PRODUCTION}, ou-ab12-else"):
        selected(there, exclude=[{"organizational_units": "Workloads/Production"}])
    assert selected(there, include=[{"organizational_units": PRODUCTION}]) == {PAYMENTS, OLD}


def test_the_management_account_is_not_left_out_behind_the_back_of_who_names_it() -> None:
    with pytest.raises(OrganizationError, match="which is the management account. It is only listed with"):
        selected(include=[{"accounts": MANAGEMENT}])
    assert selected(include=[{"accounts": MANAGEMENT}], management_account=True) == {MANAGEMENT}
    assert MANAGEMENT not in selected(exclude=[{"accounts": MANAGEMENT}])


def test_an_organization_comes_out_of_a_cache_as_it_went_in() -> None:
    assert Organization.of(json.loads(json.dumps(organization().document()))) == organization()
