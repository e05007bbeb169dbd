# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trail is the organization's, and who can have one made."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import trails
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import find, notes
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.trail_answers import (
    MANAGEMENT,
    OURS,
    OWN,
    READS,
    CloudTrail,
    made,
    organizations,
    selectors,
    settings,
    there,
    trail,
)

ORGANIZATION = {"trail": "organization"}


def test_an_administrator_makes_one_that_is_the_management_accounts() -> None:
    account = there()
    found = find(account, settings(**ORGANIZATION))
    settled = found.settle(settings(**ORGANIZATION))
    assert (found.failure, settled.trail, settled.trail_owner) == ("", "organization", MANAGEMENT)
    assert settled.organization is not None
    assert settled.organization.id == "o-abcdefghij"


def test_the_management_account_takes_over_the_trail_that_it_has() -> None:
    account = there(trail("iam-alerting", MANAGEMENT))
    found = find(account, settings(account_id=MANAGEMENT, **ORGANIZATION))
    assert (found.mode, found.failure, found.former) == ("organization", "", [])
    # It need not be delegated to itself.
    assert "list_delegated_administrators" not in account.asked


def test_an_administrators_former_trail_is_told_of_with_the_way_out() -> None:
    found = find(there(trail("iam-alerting"), made()), settings(**ORGANIZATION))
    assert found.former == [OWN]
    assert notes(found)["the account's former trail is a paid second copy"] == [
        f"aws cloudtrail delete-trail --name {OWN}"
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"organization": ""}, "this account is in no organization"),
    "neither": ({"delegated": False}, "is neither the management account of organization o-abcdefghij, which is 999"),
    "features": ({"features": "CONSOLIDATED_BILLING"}, "aws organizations enable-all-features"),
    "trust": ({"trusted": False}, "enable-aws-service-access --service-principal cloudtrail.amazonaws.com"),
}


@pytest.mark.parametrize(("account", "told"), REFUSED.values(), ids=REFUSED)
def test_who_can_have_none_is_told_the_way_out(account: dict[str, Any], told: str) -> None:
    found = find(there(**account), settings(**ORGANIZATION))
    assert found.failure.startswith("iam_alerting_trail is organization, but ")
    assert told in found.failure
    assert found.complaint in found.failure
    assert found.organization is None


def test_a_permission_that_is_missing_is_not_taken_for_an_account_that_is_no_administrator() -> None:
    with pytest.raises(AnsibleAWSError, match="organizations:ListDelegatedAdministrators is not allowed"):
        find(there(delegated=False, may_list=False), settings(**ORGANIZATION))


def test_one_that_the_organization_has_is_used_and_nothing_asked_of_it() -> None:
    account = there(organizations(), organization="")
    found = find(account, settings(**ORGANIZATION))
    assert (found.mode, found.used) == ("existing", "all of account 999999999999 (changes of it are not seen here)")
    assert account.asked == ["DescribeTrails", "status of all", "in us-east-1"]


def test_the_accounts_own_does_not_serve_an_organization() -> None:
    assert find(there(trail()), settings(**ORGANIZATION)).mode == "organization"


LACKING: dict[str, tuple[CloudTrail, dict[str, Any], str]] = {
    "stopped": (there(organizations(), stopped=("all",)), {}, "it is not logging"),
    "global": (there(organizations(IncludeGlobalServiceEvents=False)), {}, "it leaves out global services, so IAM"),
    "writes": (
        there(trail("all", "111111111111", IsOrganizationTrail=True), selectors=selectors(ReadWriteType="WriteOnly")),
        READS,
        "its event selectors leave out the read-only events of sts.amazonaws.com",
    ),
}


@pytest.mark.parametrize(("account", "other", "told"), LACKING.values(), ids=LACKING)
def test_beside_one_that_does_not_serve_there_is_no_second_copy(
    account: CloudTrail, other: dict[str, Any], told: str
) -> None:
    found = find(account, settings(**ORGANIZATION, **other))
    assert "does not serve: all" in found.failure
    assert told in found.failure
    assert "paid for as a second copy. Mend it (if it is stopped: aws cloudtrail start-logging" in found.failure


def data_only() -> Any:
    selector = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    return {"AdvancedEventSelectors": [selector]}


APART: dict[str, tuple[CloudTrail, str]] = {
    "data events": (
        there(trail("data", IsOrganizationTrail=True), selectors=data_only()),
        "data: its event selectors leave out the write events of iam.amazonaws.com",
    ),
    "no management events": (
        there(trail("data", IsOrganizationTrail=True), selectors=selectors(IncludeManagementEvents=False)),
        "data: its event selectors leave out",
    ),
    "another region": (
        there(organizations(region="eu-west-1", IsMultiRegionTrail=False)),
        "it records eu-west-1 only",
    ),
}


@pytest.mark.parametrize(("account", "told"), APART.values(), ids=APART)
def test_one_for_other_events_is_no_first_copy(account: CloudTrail, told: str) -> None:
    found = find(account, settings(**ORGANIZATION))
    assert (found.mode, found.failure) == ("organization", "")
    assert told in notes(found)["no trail that is there serves"][0]
    assert notes(found)["beside ours there is trail"] == []


@pytest.mark.parametrize("mode", ["auto", "organization"])
def test_ours_stays_the_organizations_and_costs_one_read_more(mode: str) -> None:
    account = there(made())
    found = find(account, settings(trail=mode))
    assert (found.mode, found.failure, found.settle(settings()).trail_owner) == ("organization", "", MANAGEMENT)
    assert account.asked == ["DescribeTrails", "DescribeOrganization"]


@pytest.mark.parametrize("mode", ["create", "existing"])
def test_members_do_not_lose_it_by_a_variable(mode: str) -> None:
    found = find(there(made(), trail()), settings(trail=mode))
    assert found.mode == "organization"
    assert "without it its members would be deaf" in found.failure
    assert found.complaint == ""


def test_for_another_of_the_organization_ours_goes() -> None:
    found = find(there(made(), organizations()), settings(trail="existing"))
    assert (found.mode, found.failure) == ("existing", "")
    assert found.settle(settings()).trail_owner == MANAGEMENT  # by which it is known what is to go


@pytest.mark.parametrize(
    ("listed", "account_id", "ours"),
    [
        (made(), "111111111111", True),
        (made(), "222222222222", False),
        # The management account has not made what a delegated administrator did, nor does it take it away from there.
        (made(), MANAGEMENT, False),
        (made(S3BucketName="iam-alerting-999999999999-us-east-1"), MANAGEMENT, True),
        # A hand gave it another bucket.
        (made(S3BucketName="logs"), MANAGEMENT, True),
        (made(S3BucketName="logs"), "111111111111", False),
        (made("all"), "111111111111", False),
        (made(region="eu-west-1"), "111111111111", False),
        (trail("iam-alerting", **OURS), "111111111111", True),
    ],
)
def test_whose_a_trail_is_shows_by_its_bucket(listed: Any, account_id: str, ours: bool) -> None:
    assert trails.is_ours(listed, settings(account_id=account_id)) is ours


@pytest.mark.parametrize("mode", ["auto", "create", "organization"])
def test_no_trail_of_an_administrator_is_taken_over(mode: str) -> None:
    there_of_administrator = there(made(), stopped=("iam-alerting",))
    found = find(there_of_administrator, settings(account_id=MANAGEMENT, trail=mode))
    assert found.failure
    assert found.own == []
