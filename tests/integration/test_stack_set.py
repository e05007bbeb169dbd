"""Members that CloudFormation enrols: by one stack set, found in sync by the plan, and changed over without a gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.client import Sandbox
from tests.integration import others
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, Management, queues, roles, rules

ADDRESS = "hub-of-stack-set@example.com"
PLAYBOOK, NAME = "iam-alerting", "iam-alerting-stackset"
SECONDS = 2
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
BY_CLOUDFORMATION = {"iam_alerting_member_engine": "stackset"}
MULTI_REGION: dict[str, Any] = {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True}


class Enrolment:
    """A hub that may enrol a unit, and the unit with two accounts: one is a member already, by the playbook."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.management = Management(sandbox.management_account, sandbox.environment())
        self.hub, self.former, self.fresh, self.later = (open_account() for _each in range(4))
        self.organizations = self.management.client("organizations")
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        made = self.organizations.create_organizational_unit(ParentId=self.root, Name="workloads")
        self.unit = made["OrganizationalUnit"]["Id"]
        self.move(self.former)
        self.move(self.fresh)
        for service in ("cloudtrail.amazonaws.com", STACK_SETS):
            self.organizations.enable_aws_service_access(ServicePrincipal=service)
        self.organizations.register_delegated_administrator(AccountId=self.hub.id, ServicePrincipal=STACK_SETS)
        self.variables = {
            "iam_alerting_organization": self.organizations.describe_organization()["Organization"]["Id"],
            "iam_alerting_group_seconds": SECONDS,
            "iam_alerting_subscribers": [ADDRESS],
            "iam_alerting_member_organizational_units": [self.unit],
            # Whoever else is in a run, so that the function's package stays the same.
            "iam_alerting_members": {self.former.id: "former", self.fresh.id: "fresh"},
        }

    def move(self, account: Account) -> None:
        """Into the unit."""
        self.organizations.move_account(AccountId=account.id, SourceParentId=self.root, DestinationParentId=self.unit)

    def run(self, playbook: str, *options: str, **members: dict[str, Any]) -> Run:
        """Run it for the hub and these members, each with its variables."""
        accounts = {"hub": {"account_id": self.hub.id, **self.variables}}
        accounts |= {name: {"account_id": getattr(self, name).id, **told} for name, told in members.items()}
        return self.playbooks.run(playbook, accounts, *options, groups={"hub": ["hub"], "members": [*members]})

    def told_of_new_user(self, account: Account) -> list[str]:
        """The subjects of the alerts when a user is made: what comes until nothing more can."""
        user = f"mallory-{time.monotonic_ns()}"
        account.client("iam").create_user(UserName=user)
        deadline = time.monotonic() + 30
        while not self._told_of(user) and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(2 * SECONDS)
        return self._told_of(user)

    def _told_of(self, user: str) -> list[str]:
        return [str(mail["Subject"]) for mail in self.sandbox.mails(ADDRESS) if user in mail.as_string()]


@pytest.fixture(scope="module")
def enrolment(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> Iterator[Enrolment]:
    """With the organization's trail, which goes again, as all accounts see it."""
    found = Enrolment(sandbox, playbooks, open_account)
    others.trail(found.management, "organization", IsOrganizationTrail=True, **MULTI_REGION)
    yield found
    found.management.client("cloudtrail").delete_trail(Name="organization")


def enrolled_by(account: Account) -> set[str]:
    """The names from which those of a member's queue, role and rules are made, if it has all of them."""
    found = (queues(account.client("sqs")), roles(account.client("iam")), rules(account.client("events")))
    return {name for name in (PLAYBOOK, NAME) if all(_of(name, each) for each in found)}


def _of(name: str, found: dict[str, Any]) -> bool:
    return bool({name, f"{name}-dlq", f"{name}-forward"} & found.keys())


def test_accounts_that_fail_are_named_with_the_reason_and_the_others_are_enrolled(enrolment: Enrolment) -> None:
    enrolment.fresh.client("sqs").create_queue(QueueName=f"{NAME}-dlq")
    run = enrolment.run("deploy", former={})
    enrolment.sandbox.confirm(ADDRESS)
    told = run.outcome("hub")
    assert told.startswith("FAILED: "), run.output
    assert f"{enrolment.fresh.id} us-east-1" in told
    assert f"{NAME}-dlq' already exists" in told
    assert run.outcome("former").startswith("changed: queue, forwarding_role, rule, tampering_rule")
    assert enrolled_by(enrolment.former) == {PLAYBOOK, NAME}


def test_the_stack_that_failed_is_named_as_drift_and_is_mended(enrolment: Enrolment) -> None:
    sqs = enrolment.fresh.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=f"{NAME}-dlq")["QueueUrl"])
    run = enrolment.run("deploy", "--check", "--diff")
    assert run.outcome("hub").startswith("would change: member_stack_set"), run.output
    assert f"{enrolment.fresh.id} us-east-1" in run.output
    run = enrolment.run("deploy")
    assert run.outcome("hub").startswith("changed: member_stack_set"), run.output
    assert enrolled_by(enrolment.fresh) == {NAME}


def test_while_both_engines_are_there_an_event_is_told_of_once(enrolment: Enrolment) -> None:
    (subject,) = enrolment.told_of_new_user(enrolment.former)
    assert enrolment.former.id in subject


def test_the_plan_finds_members_of_the_set_in_sync_and_a_second_run_writes_nothing(enrolment: Enrolment) -> None:
    enrolment.sandbox.clear_calls()
    run = enrolment.run("deploy", former=BY_CLOUDFORMATION, fresh=BY_CLOUDFORMATION)
    assert run.status == 0, run.output
    for name in ("hub", "former", "fresh"):
        assert run.outcome(name).startswith("in sync"), run.output
    assert enrolment.sandbox.calls(writes=True) == []


def test_the_playbooks_part_goes_and_events_still_come(enrolment: Enrolment) -> None:
    run = enrolment.run("teardown", "--limit", "former,localhost", former={})
    assert run.outcome("former").startswith("removed"), run.output
    assert enrolled_by(enrolment.former) == {NAME}
    assert len(enrolment.told_of_new_user(enrolment.former)) == 1


def test_an_account_that_joins_the_unit_enrols_itself(enrolment: Enrolment) -> None:
    enrolment.move(enrolment.later)
    (subject,) = enrolment.told_of_new_user(enrolment.later)
    assert enrolment.later.id in subject


def test_what_differs_in_a_member_is_shown_and_left_to_cloudformation(enrolment: Enrolment) -> None:
    enrolment.later.client("events").disable_rule(Name=NAME)
    enrolment.sandbox.clear_calls()
    run = enrolment.run("deploy", "--limit", "later,localhost", later=BY_CLOUDFORMATION)
    assert run.status != 0
    assert f'rule {NAME} state is "DISABLED" and not "ENABLED"' in run.outcome("later")
    assert "The playbook writes nothing there" in run.outcome("later")
    assert enrolment.sandbox.calls(writes=True) == []


def test_teardown_removes_all_stacks_and_the_set(enrolment: Enrolment) -> None:
    run = enrolment.run("teardown", former=BY_CLOUDFORMATION)
    assert run.status == 0, run.output
    assert run.outcome("former").startswith("nothing to remove")
    for account in (enrolment.former, enrolment.fresh, enrolment.later):
        assert rules(account.client("events")) == queues(account.client("sqs")) == {}
        assert NAME not in str(roles(account.client("iam")))
    cloudformation = enrolment.management.client("cloudformation")
    with pytest.raises(ClientError, match="StackSetNotFound"):
        cloudformation.describe_stack_set(StackSetName=NAME)
