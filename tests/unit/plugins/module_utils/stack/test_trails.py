# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trail serves, and what is said of those that do not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import member_stack_set, trails
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import MEMBER, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError, Trails, find, notes
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

MANAGEMENT = "999999999999"
OWN = "arn:aws:cloudtrail:us-east-1:111111111111:trail/iam-alerting"


def trail(name: str = "others", account: str = "111111111111", region: str = "us-east-1", **other: Any) -> Any:
    return {
        "Name": name,
        "TrailARN": f"arn:aws:cloudtrail:{region}:{account}:trail/{name}",
        "HomeRegion": region,
        "S3BucketName": "logs",
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "IsOrganizationTrail": False,
        "HasCustomEventSelectors": False,
        **other,
    }


def organizations(**other: Any) -> Any:
    return trail("all", "999999999999", IsOrganizationTrail=True, **other)


class Pages:
    """What Organizations lists of administrators and trusted services."""

    def __init__(self, there: CloudTrail, operation: str) -> None:
        self.there, self.operation = there, operation

    def paginate(self, **_arguments: Any) -> Pages:
        return self

    def build_full_result(self) -> Any:
        if self.operation == "list_delegated_administrators":
            return self.administrators()
        trusted = [{"ServicePrincipal": "cloudtrail.amazonaws.com"}] if self.there.trusted else []
        return {"EnabledServicePrincipals": trusted}

    def administrators(self) -> Any:
        if self.there.delegated:
            return {"DelegatedAdministrators": [{"Id": "111111111111"}]}
        said = "You don't have permissions to access this resource."
        if not self.there.may_list:
            said = "User: x is not authorized to perform: organizations:ListDelegatedAdministrators"
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": said}}, "ListDelegatedAdministrators")


class CloudTrail:
    """CloudTrail with these trails. It remembers what is asked of it, and tells selectors to the trail's account."""

    region = "us-east-1"

    def __init__(self, *listed: Any, stopped: tuple[str, ...] = (), selectors: Any = None, code: str = "") -> None:
        self.listed, self.stopped, self.selectors, self.code = listed, stopped, selectors, code
        self.asked: list[str] = []

    def __getitem__(self, service: str) -> CloudTrail:
        return self

    def elsewhere(self, service: str, region: str) -> CloudTrail:
        self.asked.append(f"in {region}")
        return self

    # Organizations; with no id the account is in none. Delegated are its own administrators.
    organization, delegated, features, trusted = "o-abcdefghij", True, "ALL", True
    may_list = True

    def describe_organization(self) -> Any:
        self.asked.append("DescribeOrganization")
        if not self.organization:
            raise ClientError({"Error": {"Code": "AWSOrganizationsNotInUseException", "Message": "no"}}, "Describe")
        found = {"Id": self.organization, "MasterAccountId": MANAGEMENT, "FeatureSet": self.features}
        return {"Organization": found}

    def get_paginator(self, operation: str) -> Any:
        self.asked.append(operation)
        return Pages(self, operation)

    def describe_trails(self) -> Any:
        self.asked.append("DescribeTrails")
        return {"trailList": list(self.listed)}

    def get_trail_status(self, Name: str) -> Any:  # noqa: N803
        self.asked.append(f"status of {Name.rpartition('/')[2]}")
        return {"IsLogging": Name.rpartition("/")[2] not in self.stopped}

    def get_event_selectors(self, TrailName: str) -> Any:  # noqa: N803
        if self.code or ":111111111111:" not in TrailName:
            code = self.code or "TrailNotFoundException"
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetEventSelectors")
        return self.selectors or {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


def settings(**other: Any) -> Settings:
    return Settings(**{**SETTINGS, **other})


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


def selectors(**other: Any) -> Any:
    return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, **other}]}


def advanced(*fields: Any) -> Any:
    category = {"Field": "eventCategory", "Equals": ["Management"]}
    return {"AdvancedEventSelectors": [{"Name": "some", "FieldSelectors": [category, *fields]}]}


READS = {"actions": ("sts:AssumeRole", "iam:CreateUser")}
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


# The organization's trail ---------------------------------------------------------------------------------------------

ORGANIZATION = {"trail": "organization"}
OURS = {"S3BucketName": "iam-alerting-111111111111-us-east-1"}


def there(*listed: Any, **other: Any) -> CloudTrail:
    """An account of an organization with these trails."""
    found = CloudTrail(*listed, stopped=other.pop("stopped", ()), selectors=other.pop("selectors", None))
    vars(found).update(other)
    return found


def made(name: str = "iam-alerting", account: str = MANAGEMENT, **other: Any) -> Any:
    return trail(name, account, **{"IsOrganizationTrail": True, **OURS, **other})


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
