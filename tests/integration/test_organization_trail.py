"""One trail for all accounts of an organization, made in the hub by a delegated administrator; members make none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.permissions import permissions
from sandbox.client import Sandbox
from tests.authorization import actions_of
from tests.integration.conftest import Playbooks, Run
from tests.integration.deployer_role import ROLE, make_role
from tests.integration.live import Account, Management, resources

NAME = "iam-alerting"
ADDRESS = "organization@example.com"
TRUST = {"ServicePrincipal": "cloudtrail.amazonaws.com"}
MEMBERS = ("payments",)
FOR_HUB = {
    "iam_alerting_trail": "organization",
    "iam_alerting_group_seconds": 5,
    "iam_alerting_customer_key": True,
    "iam_alerting_alarms": False,
    "iam_alerting_actions": ["iam:CreateUser"],
    "iam_alerting_subscribers": [ADDRESS],
    "iam_alerting_assume_role": ROLE,
}


class Organization:
    """A hub that administers CloudTrail, its members, and accounts that can have no trail of the organization."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.management = Management(sandbox.management_account, sandbox.environment())
        self.hub = open_account()
        self.accounts = {"security": self.hub, **{name: open_account() for name in MEMBERS}}
        self.id = self.management.client("organizations").describe_organization()["Organization"]["Id"]
        self.arn = f"arn:aws:cloudtrail:us-east-1:{self.management.id}:trail/{NAME}"
        self.bucket = f"{NAME}-{self.hub.id}-us-east-1"
        make_role(self.hub, sandbox, OrganizationTrail="true")
        # By the role of the template, in all runs.
        self.called: set[str] = set()

    def administers(self, account: Account) -> None:
        self.management.client("cloudtrail").register_organization_delegated_admin(MemberAccountId=account.id)

    def run(self, playbook: str, *options: str, hosts: dict[str, Any] | None = None) -> Run:
        """Run for hub and members, and for further hosts."""
        self.sandbox.clear_calls()
        hub = {"account_id": self.hub.id, "iam_alerting_organization": self.id, **FOR_HUB}
        every = {"security": hub, **{name: {"account_id": self.accounts[name].id} for name in MEMBERS}, **(hosts or {})}
        groups = {"hub": ["security"], "members": [*MEMBERS]}
        run = self.playbooks.run(playbook, every, *options, groups=groups)
        made = self.sandbox.calls(self.hub.id)
        mine = [call for call in made if f"assumed-role/{ROLE}/" in call["userIdentity"].get("arn", "")]
        self.called |= {action for call in mine for action in actions_of(call)}
        return run

    def trail(self) -> dict[str, Any] | None:
        listed = self.management.client("cloudtrail").describe_trails()["trailList"]
        return next((trail for trail in listed if trail["TrailARN"] == self.arn), None)


def eventually(ask: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def told_of(organization: Organization, action: str) -> list[str]:
    """The subjects of the alerts about an action."""
    return [str(mail["Subject"]) for mail in organization.sandbox.mails(ADDRESS) if action in str(mail["Subject"])]


@pytest.fixture(scope="module")
def organization(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]
) -> Iterator[Organization]:
    found = Organization(sandbox, playbooks, open_account)
    yield found
    # All accounts of the sandbox would see it.
    if found.trail():
        found.management.client("cloudtrail").delete_trail(Name=NAME)
    found.management.client("organizations").disable_aws_service_access(**TRUST)


@pytest.fixture(scope="module")
def unable(organization: Organization, open_account: Callable[..., Account]) -> dict[str, Account]:
    """Accounts that are told why they can make no trail of the organization."""
    accounts = {"member": open_account(), "outside": open_account(outside=True), "another": open_account()}
    organization.administers(accounts["another"])
    return accounts


def asking(accounts: dict[str, Account]) -> dict[str, Any]:
    return {name: {"account_id": each.id, "iam_alerting_trail": "organization"} for name, each in accounts.items()}


@pytest.fixture(scope="module")
def refused(organization: Organization, unable: dict[str, Account]) -> Run:
    organization.administers(organization.hub)
    return organization.run("deploy", hosts=asking(unable))


REFUSED = {
    "security": ("does not trust CloudTrail", "enable-aws-service-access --service-principal cloudtrail.amazonaws.com"),
    "another": ("does not trust CloudTrail",),
    "member": ("is neither the management account of organization o-", "register-organization-delegated-admin"),
    "outside": ("is in no organization", "iam_alerting_trail: create"),
    # A trail of their own would be a paid second copy as soon as that of the organization is there.
    **dict.fromkeys(MEMBERS, ("iam_alerting_trail is existing, but no trail that is there serves: there is none",)),
}


def test_who_can_have_none_is_told_why_before_the_first_write(refused: Run, organization: Organization) -> None:
    for name, told in REFUSED.items():
        outcome = refused.outcome(name)
        assert outcome.startswith("FAILED: ")
        assert outcome.endswith("Nothing was changed")
        assert all(word in outcome for word in told), outcome
    assert organization.sandbox.calls(writes=True) == []


@pytest.fixture(scope="module")
def deployed(refused: Run, organization: Organization) -> Run:
    organization.management.client("organizations").enable_aws_service_access(**TRUST)
    run = organization.run("deploy", "--limit", "hub")
    organization.sandbox.confirm(ADDRESS)
    return run


@pytest.fixture(scope="module")
def members(deployed: Run, organization: Organization) -> Run:
    """The members find the trail of the hub."""
    return organization.run("deploy", "--limit", "members")


def test_the_hub_makes_the_trail_which_is_the_management_accounts(deployed: Run, organization: Organization) -> None:
    assert deployed.outcome("security").startswith("changed: key, bucket, trail, topic, "), deployed.output
    trail = organization.trail()
    assert trail is not None
    assert (trail["S3BucketName"], trail["IsOrganizationTrail"], trail["IsMultiRegionTrail"]) == (
        organization.bucket,
        True,
        True,
    )
    assert resources(organization.hub)["trails"] == {}


def test_the_bucket_lets_in_that_trail_alone(deployed: Run, organization: Organization) -> None:
    answer = organization.hub.client("s3").get_bucket_policy(Bucket=organization.bucket)
    statements = {each["Sid"]: each for each in json.loads(answer["Policy"])["Statement"]}
    bucket = f"arn:aws:s3:::{organization.bucket}"
    assert {sid: each["Resource"] for sid, each in statements.items() if each["Effect"] == "Allow"} == {
        "CloudTrailReadsAcl": bucket,
        "CloudTrailWritesLogFiles": f"{bucket}/AWSLogs/{organization.management.id}/*",
        "CloudTrailWritesLogFilesOfMembers": f"{bucket}/AWSLogs/{organization.id}/*",
    }
    conditions = [each["Condition"]["StringEquals"] for each in statements.values() if each["Effect"] == "Allow"]
    assert {each["aws:SourceArn"] for each in conditions} == {organization.arn}


def test_members_use_it_and_have_neither_trail_nor_bucket(members: Run, organization: Organization) -> None:
    for name in MEMBERS:
        assert members.outcome(name) == (
            "changed: queue, forwarding_role, rule, tampering_rule; trail in use: iam-alerting of account "
            f"{organization.management.id} (changes of it are not seen here)"
        )
        assert {kind for kind, live in resources(organization.accounts[name]).items() if live} == {
            "queues",
            "roles",
            "rules",
        }


def test_events_of_a_member_are_told_of_and_kept_in_its_folder(members: Run, organization: Organization) -> None:
    member = organization.accounts["payments"]
    member.client("iam").create_user(UserName="mallory")
    (subject,) = eventually(lambda: told_of(organization, "iam:CreateUser"))
    assert subject.endswith(f" in payments ({member.id})")
    folder = f"AWSLogs/{organization.id}/{member.id}/CloudTrail/us-east-1/"
    s3 = organization.hub.client("s3")
    assert eventually(lambda: s3.list_objects_v2(Bucket=organization.bucket, Prefix=folder).get("Contents"))
    status = organization.management.client("cloudtrail").get_trail_status(Name=organization.arn)
    assert "LatestDeliveryError" not in status


def test_a_change_of_it_in_the_hub_is_tampering(deployed: Run, organization: Organization) -> None:
    organization.hub.client("cloudtrail").update_trail(Name=organization.arn, EnableLogFileValidation=False)
    (subject,) = eventually(lambda: told_of(organization, "cloudtrail:UpdateTrail"))
    assert subject.startswith("CRITICAL")


@pytest.fixture(scope="module")
def checked(members: Run, organization: Organization, unable: dict[str, Account]) -> Run:
    """A check after the management account has stopped and changed the trail, and somebody the bucket's policy."""
    trails, s3 = organization.management.client("cloudtrail"), organization.hub.client("s3")
    trails.stop_logging(Name=NAME)
    trails.update_trail(Name=NAME, IsMultiRegionTrail=False, EnableLogFileValidation=False)
    selector = {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}
    trails.put_event_selectors(TrailName=NAME, EventSelectors=[selector])
    trails.remove_tags(ResourceId=organization.arn, TagsList=[{"Key": "trailwatch"}])
    policy = json.loads(s3.get_bucket_policy(Bucket=organization.bucket)["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "CloudTrailWritesLogFilesOfMembers"]
    s3.put_bucket_policy(Bucket=organization.bucket, Policy=json.dumps(policy))
    return organization.run("deploy", "--check", "--diff", hosts=asking({"another": unable["another"]}))


def test_what_a_hand_changed_of_it_is_found_and_nothing_is_written(checked: Run, organization: Organization) -> None:
    assert checked.outcome("security") == "would change: bucket, trail", checked.output
    for attribute in ("IsMultiRegionTrail", "LogFileValidationEnabled", "IsLogging", "EventSelectors", "Tags"):
        assert f"before: trail {attribute} (live)" in checked.output, attribute
    assert "before: bucket Policy (live)" in checked.output
    assert organization.sandbox.calls(writes=True) == []


def test_one_that_is_stopped_is_named_with_what_to_do(checked: Run, organization: Organization) -> None:
    # The account may make trails of the organization, too, but has not made this one.
    outcome = checked.outcome("another")
    assert f"does not serve: iam-alerting of account {organization.management.id}: it is not logging" in outcome
    assert f"aws cloudtrail start-logging --region us-east-1 --name {organization.arn}" in outcome
    for name in MEMBERS:
        assert "it is not logging" in checked.outcome(name)


@pytest.fixture(scope="module")
def mended(checked: Run, organization: Organization) -> Run:
    return organization.run("deploy", "--limit", "hub")


def test_it_is_mended(mended: Run, organization: Organization) -> None:
    assert mended.status == 0, mended.output
    assert mended.outcome("security").startswith("changed: bucket, trail")
    assert organization.management.client("cloudtrail").get_trail_status(Name=NAME)["IsLogging"]


def test_then_nothing_is_changed_and_another_administrator_uses_it(
    mended: Run, organization: Organization, unable: dict[str, Account]
) -> None:
    run = organization.run("deploy", "--diff")
    assert set(run.changed().values()) == {0}, run.output
    assert organization.sandbox.calls(writes=True) == []
    other = organization.run("deploy", "--check", hosts=asking({"another": unable["another"]}))
    assert f"trail in use: iam-alerting of account {organization.management.id}" in other.outcome("another")
    assert "trail," not in other.outcome("another").split(";")[0]


def test_status_tells_whose_it_is(mended: Run, organization: Organization, tmp_path: Any) -> None:
    report = tmp_path / "status.json"
    assert organization.run("status", "-e", f"iam_alerting_status_json={report}").status == 0
    accounts = {account["host"]: account["trail"] for account in json.loads(report.read_text())["accounts"]}
    assert {name: (each["own"], each["logging"]) for name, each in accounts.items()} == {
        "security": (True, True),
        **dict.fromkeys(MEMBERS, (False, True)),
    }


@pytest.fixture(scope="module")
def torn_down(mended: Run, organization: Organization) -> Run:
    return organization.run("teardown")


def test_teardown_tells_what_it_means_for_the_members_and_keeps_the_log_files(
    torn_down: Run, organization: Organization
) -> None:
    assert torn_down.status == 0, torn_down.output
    assert f"The trail is that of organization {organization.id}" in torn_down.output
    assert f"accounts of {organization.id} that have no other trail are deaf" in torn_down.outcome("security")
    assert organization.trail() is None
    assert {kind for kind, live in resources(organization.hub).items() if live} == {"keys", "buckets", "roles"}
    assert all("deaf" not in torn_down.outcome(name) for name in MEMBERS)


def test_the_policies_of_the_deploying_role_are_what_it_takes(torn_down: Run, organization: Organization) -> None:
    needed = ("read", "deploy", "deploy-options", "deploy-key", "deploy-organization")
    statements = [each for policy in needed for each in permissions().of(policy)]
    assert organization.called - {action for each in statements for action in each.actions} == set()
    for each in statements:
        if each.policy == "deploy-organization" or each.sid == "ReadOrganization":
            assert set(each.actions) - set(each.unseen) <= organization.called, each.sid
