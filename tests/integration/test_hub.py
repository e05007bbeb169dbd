"""A hub and members that send their events to it: alerts of all come once, named right, and from nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import drift
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources

ADDRESS = "hub@example.com"
SECONDS = 5
MEMBERS = ("payments", "search")
OUTSIDE = "acquired"


class Organization:
    """A hub, members, and one that is deployed like a member but is in no organization."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.hub = open_account()
        self.members = {name: open_account() for name in MEMBERS}
        self.outside = open_account(outside=True)
        organization = self.hub.client("organizations").describe_organization()["Organization"]["Id"]
        self.variables = {"iam_alerting_organization": organization, "iam_alerting_group_seconds": SECONDS}
        self.first = self.run("deploy")
        assert self.first.status == 0, self.first.output
        sandbox.confirm(ADDRESS)

    def run(self, playbook: str, *options: str) -> Run:
        hosts: dict[str, dict[str, Any]] = {
            "security": {"account_id": self.hub.id, "iam_alerting_subscribers": [ADDRESS], **self.variables}
        }
        others = {**self.members, OUTSIDE: self.outside}
        hosts |= {name: {"account_id": account.id} for name, account in others.items()}
        groups = {"hub": ["security"], "members": [*others]}
        return self.playbooks.run(playbook, hosts, *options, groups=groups)

    def told(self, number: int, seconds: float = 60) -> list[str]:
        """The subjects of the alerts, once there are so many; those of changes of the alerting itself are left out."""
        deadline = time.monotonic() + seconds
        while len(found := [*map(str, filter(None, map(_of_user, self.sandbox.mails(ADDRESS))))]) < number:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return found


def _of_user(mail: EmailMessage) -> str:
    subject = str(mail["Subject"])
    return subject if "iam:CreateUser" in subject else ""


@pytest.fixture(scope="module")
def organization(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> Organization:
    return Organization(sandbox, playbooks, open_account)


def test_a_member_has_only_what_sends_its_events(organization: Organization) -> None:
    for account in organization.members.values():
        found = {kind for kind, live in resources(account).items() if live}
        assert found == {"buckets", "trails", "queues", "roles", "rules"}
    for name in MEMBERS:
        told = "changed: bucket, trail, queue, execution_role, rule, tampering_rule"
        assert organization.first.outcome(name) == told


def test_a_second_run_changes_nothing_and_makes_no_write_call(organization: Organization) -> None:
    organization.sandbox.clear_calls()
    run = organization.run("deploy")
    assert run.status == 0, run.output
    assert set(run.changed().values()) == {0}, run.output
    assert organization.sandbox.calls(writes=True) == []


def test_users_of_all_members_are_told_of_once_by_the_names_of_their_accounts(organization: Organization) -> None:
    for account in (*organization.members.values(), organization.outside):
        account.client("iam").create_user(UserName="mallory")
    organization.told(len(MEMBERS))
    time.sleep(2 * SECONDS)  # for what must not come
    subjects = organization.told(len(MEMBERS))
    assert len(subjects) == len(MEMBERS), subjects
    for name, account in organization.members.items():
        assert any(subject.endswith(f" in {name} ({account.id})") for subject in subjects), subjects


def test_what_is_not_admitted_waits_in_its_own_account(organization: Organization) -> None:
    queue = drift.queue_url(organization.outside)
    answer = organization.outside.client("sqs").receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    assert answer["Messages"][0]["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_teardown_of_all_leaves_the_log_files(organization: Organization) -> None:
    run = organization.run("teardown")
    assert run.status == 0, run.output
    for account in (organization.hub, *organization.members.values()):
        assert {kind for kind, live in resources(account).items() if live} == {"buckets"}
