# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trail serves, and what is said of those that do not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import member_stack_set, trails
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import MEMBER, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError, Trails, find, notes
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.trail_answers import (
    OWN,
    READS,
    CloudTrail,
    advanced,
    made,
    organizations,
    selectors,
    settings,
    trail,
)


def test_our_own_trail_is_kept_and_costs_no_more_than_the_list() -> None:
    there = CloudTrail(trail("iam-alerting"), trail(), organizations())
    found = find(there, settings())
    assert (found.mode, found.in_use) == ("create", None)
    assert found.beside == ["all of account 999999999999", "others"]
    assert there.asked == ["DescribeTrails"]
    assert "CloudTrail charges for a second copy" in notes(found)["beside ours there is trail"][0]


def test_without_our_own_one_that_serves_is_used_and_said() -> None:
    found = find(CloudTrail(trail()), settings())
    assert found.mode == "existing"
    assert found.in_use
    assert notes(found)["trail in use"] == ["others"]
    assert (found.failure, found.complaint) == ("", "")


def test_the_organizations_comes_first_and_no_other_is_looked_at() -> None:
    there = CloudTrail(trail(), organizations())
    found = find(there, settings())
    assert found.used == "all of account 999999999999 (changes of it are not seen here)"
    assert there.asked == ["DescribeTrails", "status of all", "in us-east-1"]


def test_a_trail_of_another_region_is_asked_there_and_its_changes_are_not_seen() -> None:
    there = CloudTrail(trail(region="eu-west-1"))
    assert find(there, settings()).used == "others of eu-west-1 (changes of it are not seen here)"
    assert "in eu-west-1" in there.asked


OBJECTIONS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "stopped": (CloudTrail(trail(), stopped=("others",)), {}, "it is not logging"),
    "region": (CloudTrail(trail(region="eu-west-1", IsMultiRegionTrail=False)), {}, "it records eu-west-1 only"),
    "global": (CloudTrail(trail(IncludeGlobalServiceEvents=False)), {}, "it leaves out global services, so IAM"),
    "reads only": (
        CloudTrail(trail(), selectors=selectors(ReadWriteType="ReadOnly")),
        {},
        "its event selectors leave out the write events of iam.amazonaws.com",
    ),
    "writes only": (
        CloudTrail(trail(), selectors=selectors(ReadWriteType="WriteOnly")),
        READS,
        "its event selectors leave out the read-only events of sts.amazonaws.com",
    ),
    "wildcard": (
        CloudTrail(trail(), selectors=selectors(ReadWriteType="WriteOnly")),
        {"actions": ("iam:*",)},
        "its event selectors leave out the read-only events of iam.amazonaws.com",
    ),
    "excluded": (
        CloudTrail(trail(), selectors=selectors(ExcludeManagementEventSources=["kms.amazonaws.com"])),
        {"actions": ("kms:DisableKey",)},
        "its event selectors leave out the write events of kms.amazonaws.com",
    ),
    "data only": (
        CloudTrail(
            trail(),
            selectors={
                "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]
            },
        ),
        {},
        "its event selectors leave out the write events of iam.amazonaws.com",
    ),
    "narrowed": (
        CloudTrail(trail(), selectors=advanced({"Field": "userIdentity.arn", "NotEquals": ["arn:aws:iam::1:user/x"]})),
        {},
        "its event selectors leave out the write events of iam.amazonaws.com",
    ),
}


@pytest.mark.parametrize(("there", "other", "told"), OBJECTIONS.values(), ids=OBJECTIONS)
def test_a_trail_that_does_not_serve_is_named_with_the_reason(there: Any, other: dict[str, Any], told: str) -> None:
    asked_for = find(there, settings(trail="existing", **other))
    assert asked_for.in_use is None
    assert told in asked_for.failure
    assert "others" in asked_for.failure
    assert "iam_alerting_trail to create" in asked_for.failure
    left_to_us = find(there, settings(**other))
    assert (left_to_us.mode, left_to_us.failure) == ("create", "")
    assert told in notes(left_to_us)["no trail that is there serves"][0]


@pytest.mark.parametrize(
    ("shown", "other"),
    [
        (selectors(ReadWriteType="WriteOnly"), {}),
        (selectors(), READS),
        (selectors(ExcludeManagementEventSources=["kms.amazonaws.com"]), {}),
        (advanced({"Field": "readOnly", "Equals": ["false"]}), {}),
        (advanced({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}), READS),
    ],
)
def test_a_trail_has_to_log_no_more_than_the_actions_need(shown: Any, other: dict[str, Any]) -> None:
    found = find(CloudTrail(trail(HasCustomEventSelectors=True), selectors=shown), settings(**other))
    assert found.used == "others"


def test_existing_never_means_our_own() -> None:
    found = find(CloudTrail(trail("iam-alerting")), settings(trail="existing"))
    assert "no trail that is there serves: there is none" in found.failure


def test_create_looks_at_no_other() -> None:
    there = CloudTrail(trail())
    found = find(there, settings(trail="create"))
    assert (found.mode, found.beside, there.asked) == ("create", ["others"], ["DescribeTrails"])


def test_members_know_of_an_organizations_trail_that_it_has_the_default_selectors() -> None:
    assert find(CloudTrail(organizations()), settings()).mode == "existing"


def test_selectors_that_cannot_be_read_are_taken_only_if_that_trail_is_asked_for_and_said() -> None:
    there = CloudTrail(organizations(HasCustomEventSelectors=True))
    left_to_us, asked_for = find(there, settings()), find(there, settings(trail="existing"))
    assert left_to_us.mode == "create"
    assert trails.UNREADABLE in left_to_us.objections[0]
    assert trails.UNREADABLE in asked_for.used


CUSTOM = organizations(HasCustomEventSelectors=True)


def test_a_trail_that_certainly_serves_comes_before_one_whose_selectors_cannot_be_read() -> None:
    assert find(CloudTrail(CUSTOM, trail()), settings(trail="existing")).used == "others"
    default = {**organizations(), "Name": "zzz", "TrailARN": f"{CUSTOM['TrailARN']}-zzz"}
    there = CloudTrail(CUSTOM, default)
    assert find(there, settings(trail="existing")).used.startswith("zzz of account 999999999999")
    assert "status of all" not in there.asked


@pytest.mark.parametrize("asked_for", ["existing", "organization"])
def test_our_own_trail_stays_while_the_selectors_of_the_other_one_cannot_be_read(asked_for: str) -> None:
    found = find(CloudTrail(trail("iam-alerting"), CUSTOM), settings(trail=asked_for))
    assert (found.mode, found.in_use, found.failure, found.complaint) == ("create", None, "", "")
    (told,) = notes(found)["our own trail stays, as nothing tells whether the other one serves"]
    assert told.startswith("all of account 999999999999 (its event selectors cannot be read from a member account")
    assert told.endswith(f"aws cloudtrail delete-trail --name {OWN}")
    assert not notes(found)["beside ours there is trail"]


def test_it_goes_if_it_does_not_work_itself_or_the_other_one_certainly_does() -> None:
    stopped = CloudTrail(trail("iam-alerting"), CUSTOM, stopped=("iam-alerting",))
    certain = CloudTrail(trail("iam-alerting"), organizations())
    for there in (stopped, certain):
        assert find(there, settings(trail="existing")).mode == "existing"


def test_our_trail_of_the_organization_gives_way_to_none_whose_selectors_cannot_be_read() -> None:
    found = find(CloudTrail(made(account="111111111111"), CUSTOM), settings(trail="existing"))
    assert found.mode == "organization"
    assert trails.UNREADABLE in found.failure


def test_selectors_of_the_accounts_own_trail_have_to_be_readable() -> None:
    with pytest.raises(AnsibleAWSError, match="event selectors of trail"):
        find(CloudTrail(trail(), code="AccessDeniedException"), settings())


def test_a_sixth_trail_is_refused_with_the_names_and_the_way_out() -> None:
    listed = [trail(f"trail-{number}") for number in range(4)]
    trails.check_quota(Trails(listed), settings())
    with pytest.raises(TrailError, match="trail-0, .*trails per Region.*iam_alerting_trail to existing"):
        trails.check_quota(Trails([*listed, organizations()]), settings())


def test_the_playbooks_trail_serves_no_member_of_the_stack_set_as_it_goes_with_the_playbooks_part() -> None:
    member = member_stack_set.of_member(settings(topology=Topology(MEMBER, hub="999999999999")), SETTINGS["account_id"])
    assert "none" in find(CloudTrail(trail("iam-alerting")), member).failure
    found = find(CloudTrail(trail("iam-alerting"), organizations()), member)
    assert found.in_use is not None
    assert found.in_use["Name"] == "all"
