"""A hub and members that send their events to it: alerts of all come once, named right, and from nobody else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import drift
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources, waiting

ADDRESS = "hub@example.com"
SECONDS = 5
DEAD_LETTERS = "iam-alerting-dlq"
BY_PLAYBOOK = ("payments",)
# The others come to the same by what was written there.
MEMBERS = (*BY_PLAYBOOK, *(f"team-{number:02}" for number in range(2, 21)))
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
        playbooks.begun({"security": {"account_id": self.hub.id, **self.variables}})
        self.first = self.run("deploy", "--limit", ",".join(("security", *BY_PLAYBOOK, OUTSIDE)))
        assert self.first.status == 0, self.first.output
        others = {name: account for name, account in self.members.items() if name not in BY_PLAYBOOK}
        as_member = {"iam_alerting_topology": "member", "iam_alerting_hub": self.hub.id}
        playbooks.deployed({name: {"account_id": account.id, **as_member} for name, account in others.items()})
        sandbox.confirm(ADDRESS)

    def run(self, playbook: str, *options: str, **variables: Any) -> Run:
        """Run for all of them, in their groups."""
        hub = {"account_id": self.hub.id, "iam_alerting_subscribers": [ADDRESS], **self.variables}
        others = {**self.members, OUTSIDE: self.outside}
        hosts = {"security": hub, **{name: {"account_id": account.id} for name, account in others.items()}}
        groups = {"hub": ["security"], "members": [*others]}
        given = ("-e", json.dumps(variables), *options)
        return self.playbooks.run(playbook, hosts, *given, groups=groups)

    def told(self, number: int, user: str, seconds: float = 60) -> list[str]:
        """The subjects of the alerts of a user that was created, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self._subjects(user)) < number and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def _subjects(self, user: str) -> list[str]:
        mails = [mail for mail in self.sandbox.mails(ADDRESS) if "iam:CreateUser" in mail["Subject"]]
        return [str(mail["Subject"]) for mail in mails if user in mail.get_content()]


@pytest.fixture(scope="module")
def organization(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> Organization:
    return Organization(sandbox, playbooks, open_account)


def test_a_member_has_only_what_sends_its_events(organization: Organization) -> None:
    told = "changed: bucket, trail, queue, execution_role, rule, tampering_rule"
    for name in BY_PLAYBOOK:
        found = {kind for kind, live in resources(organization.members[name]).items() if live}
        assert found == {"buckets", "trails", "queues", "roles", "rules"}
        assert organization.first.outcome(name) == told


def test_a_second_run_changes_nothing_and_makes_no_write_call(organization: Organization) -> None:
    organization.sandbox.clear_calls()
    run = organization.run("deploy")
    assert run.status == 0, run.output
    assert run.report["totals"]["in_sync"] == len(MEMBERS) + 2, run.output
    assert organization.sandbox.calls(writes=True) == []


def test_users_of_all_members_are_told_of_once_by_the_names_of_their_accounts(organization: Organization) -> None:
    for account in (*organization.members.values(), organization.outside):
        account.client("iam").create_user(UserName="mallory")
    organization.told(len(MEMBERS), "mallory")
    time.sleep(2 * SECONDS)  # for what must not come
    ends = sorted(subject.rpartition(" in ")[2] for subject in organization.told(len(MEMBERS), "mallory"))
    assert ends == sorted(f"{name} ({account.id})" for name, account in organization.members.items())


def test_what_is_not_admitted_waits_in_its_own_account(organization: Organization) -> None:
    queue = drift.queue_url(organization.outside)
    answer = organization.outside.client("sqs").receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    assert answer["Messages"][0]["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_verify_proves_the_way_through_the_hub_and_says_where_it_ends(organization: Organization) -> None:
    run = organization.run("verify", iam_alerting_verify_minutes=0.5)
    assert run.status != 0
    for name in ("security", *MEMBERS):
        assert run.outcome(name).startswith("pass: CreateUser "), run.outcome(name)
    assert "stopped at the rule: EventBridge could not deliver the event, which is in " in run.outcome(OUTSIDE)
    assert "NO_PERMISSIONS" in run.outcome(OUTSIDE)
    assert [name for name in _queues(organization.hub) if "-verify-" in name] == []


def test_the_status_of_all_tells_of_the_one_that_is_not_heard(organization: Organization, tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    run = organization.run("status", iam_alerting_status_json=str(file))
    assert run.status == 0, run.output
    told = {account["account_name"]: account for account in json.loads(file.read_text())["accounts"]}
    assert {told[name]["status"] for name in ("security", *MEMBERS)} == {"healthy"}
    assert told[OUTSIDE]["status"] == "dead_letters"
    assert told["payments"]["subscribers"] is None


def test_what_could_not_reach_the_hub_is_told_of_once_it_can(organization: Organization) -> None:
    member, sqs = organization.members["payments"], organization.hub.client("sqs")
    url = sqs.get_queue_url(QueueName="iam-alerting-events")["QueueUrl"]
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "MembersSendEvents"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    member.client("iam").create_user(UserName="trudy")
    _until(lambda: waiting(member, DEAD_LETTERS) > 0)
    assert organization.told(1, "trudy", seconds=0) == []
    mended = organization.run("deploy", "--limit", "security")
    assert mended.outcome("security") == "changed: event_queue"
    redriven = organization.run("redrive", "--limit", "payments")
    assert redriven.status == 0, redriven.output
    assert [subject.rpartition(" in ")[2] for subject in organization.told(1, "trudy")] == [f"payments ({member.id})"]
    assert waiting(member, DEAD_LETTERS) == 0


def forwarding_role(operation: str, **arguments: Any) -> drift.Hand:
    return lambda account: getattr(account.client("iam"), operation)(RoleName="iam-alerting-forward", **arguments)


# By member, what a hand changes, and how the plan names it.
CHANGED: dict[str, tuple[drift.Hand, str]] = {
    "team-03": (
        forwarding_role("put_role_policy", PolicyName="iam-alerting-forward", PolicyDocument=drift.ANY),
        "execution_role PolicyDocument",
    ),
    "team-04": (
        forwarding_role("update_assume_role_policy", PolicyDocument=drift.TRUST),
        "execution_role AssumeRolePolicyDocument",
    ),
    "team-05": (
        lambda account: drift.target(Arn=drift.arn(account, "sqs", DEAD_LETTERS))(account),
        "rule iam-alerting targets",
    ),
    "team-06": (
        lambda account: drift.target(drift.TAMPERING, Arn=drift.arn(account, "sqs", DEAD_LETTERS))(account),
        "tampering_rule iam-alerting-tampering targets",
    ),
    "team-07": (drift.rule_is_disabled("iam-alerting"), "rule iam-alerting state"),
    "team-08": (drift.queue(Policy=drift.DENY_QUEUE), "queue Policy"),
}


def test_what_a_hand_changes_in_a_member_is_named_and_mended(organization: Organization) -> None:
    for name, (hand, _named) in CHANGED.items():
        hand(organization.members[name])
    limit = ("--limit", ",".join(CHANGED))
    checked = organization.run("deploy", *limit, "--check", "--diff")
    for name, (_hand, named) in CHANGED.items():
        assert checked.outcome(name) == f"would change: {named.split()[0]}"
        assert f"--- before: {named} (live)" in checked.output
    mended = organization.run("deploy", *limit)
    assert {mended.outcome(name) for name in CHANGED} == {
        f"changed: {named.split()[0]}" for _h, named in CHANGED.values()
    }
    assert organization.run("deploy", *limit, "--check").report["totals"]["in_sync"] == len(CHANGED)


def test_only_the_hub_has_anything_to_confirm(organization: Organization) -> None:
    run = organization.run("confirm", "--limit", "security,payments", iam_alerting_resend_confirmations=True)
    assert run.status == 0, run.output
    assert run.changed()["payments"] == 0


def test_teardown_leaves_the_log_files(organization: Organization) -> None:
    run = organization.run("teardown", "--limit", "security,payments")
    assert run.status == 0, run.output
    for account in (organization.hub, organization.members["payments"]):
        assert {kind for kind, live in resources(account).items() if live} == {"buckets"}


def _queues(account: Account) -> list[str]:
    return [url.rpartition("/")[2] for url in account.client("sqs").list_queues().get("QueueUrls", [])]


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
