"""A hub and members that send their events to it: alerts of all come once, named right, and from nobody else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import hands
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

    def run(self, playbook: str, *options: str, hubs: dict[str, dict[str, Any]] | None = None, **variables: Any) -> Run:
        """Run for all of them, in their groups; C(hubs) are the hosts of the group hub."""
        hubs = hubs or {"security": {"account_id": self.hub.id}}
        given_to_hubs = {"iam_alerting_subscribers": [ADDRESS], **self.variables}
        others = {**self.members, OUTSIDE: self.outside}
        hosts = {name: {**given_to_hubs, **hub} for name, hub in hubs.items()}
        hosts |= {name: {"account_id": account.id} for name, account in others.items()}
        groups = {"hub": [*hubs], "members": [*others]}
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
    told = "changed: bucket, trail, queue, forwarding_role, rule, tampering_rule"
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
    queue = hands.queue_url(organization.outside)
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


def shut_out_members(sqs: Any) -> dict[str, Any]:
    """Take from a hub's queue what lets members in; answers how to give it back, for SetQueueAttributes."""
    url = sqs.get_queue_url(QueueName="iam-alerting-events")["QueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    policy = json.loads(before["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "MembersSendEvents"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    return {"QueueUrl": url, "Attributes": before}


def test_what_could_not_reach_the_hub_is_told_of_once_it_can(organization: Organization) -> None:
    member, sqs = organization.members["payments"], organization.hub.client("sqs")
    shut_out_members(sqs)
    member.client("iam").create_user(UserName="trudy")
    _until(lambda: waiting(member, DEAD_LETTERS) > 0)
    assert organization.told(1, "trudy", seconds=0) == []
    mended = organization.run("deploy", "--limit", "security")
    assert mended.outcome("security") == "changed: event_queue"
    redriven = organization.run("redrive", "--limit", "payments")
    assert redriven.status == 0, redriven.output
    assert [subject.rpartition(" in ")[2] for subject in organization.told(1, "trudy")] == [f"payments ({member.id})"]
    assert waiting(member, DEAD_LETTERS) == 0


def forwarding_role(operation: str, **arguments: Any) -> hands.Hand:
    return lambda account: getattr(account.client("iam"), operation)(RoleName="iam-alerting-forward", **arguments)


# By member, what a hand changes, and how the plan names it.
CHANGED: dict[str, tuple[hands.Hand, str]] = {
    "team-03": (
        forwarding_role("put_role_policy", PolicyName="iam-alerting-forward", PolicyDocument=hands.ANY),
        "forwarding_role PolicyDocument",
    ),
    "team-04": (
        forwarding_role("update_assume_role_policy", PolicyDocument=hands.TRUST),
        "forwarding_role AssumeRolePolicyDocument",
    ),
    "team-05": (
        lambda account: hands.target(Arn=hands.arn(account, "sqs", DEAD_LETTERS))(account),
        "rule iam-alerting targets",
    ),
    "team-06": (
        lambda account: hands.target(hands.TAMPERING, Arn=hands.arn(account, "sqs", DEAD_LETTERS))(account),
        "tampering_rule iam-alerting-tampering targets",
    ),
    "team-07": (hands.rule_is_disabled("iam-alerting"), "rule iam-alerting state"),
    "team-08": (hands.queue(Policy=hands.DENY_QUEUE), "queue Policy"),
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


# The steps from the queue to the event bus: the hub before the members, and what is open closes last.
BOTH, BUS = ["event_bus", "queue"], ["event_bus"]


def test_members_change_from_the_queue_to_the_event_bus_and_all_is_told_of_once(organization: Organization) -> None:
    member = organization.members["payments"]
    opened = organization.run("deploy", "--limit", "security", iam_alerting_hub_entries=BOTH)
    told = "changed: queue, event_queue, event_bus, members_rule, alarms, tampering_rule"
    assert opened.outcome("security") == told, opened.output
    changed = organization.run("deploy", "--limit", "payments", iam_alerting_hub_entries=BOTH)
    assert changed.outcome("payments") == "changed: forwarding_role, rule, tampering_rule", changed.output
    closed = organization.run("deploy", "--limit", "security,payments", iam_alerting_hub_entries=BUS)
    assert closed.outcome("security") == "changed: event_queue", closed.output
    assert closed.outcome("payments") == "changed: forwarding_role", closed.output
    member.client("iam").create_user(UserName="peggy")
    organization.told(1, "peggy")
    time.sleep(2 * SECONDS)
    assert [each.rpartition(" in ")[2] for each in organization.told(1, "peggy")] == [f"payments ({member.id})"]
    assert waiting(member, DEAD_LETTERS) == 0
    # Whoever has not changed yet is shut out, and keeps what nobody took.
    late = organization.members["team-09"]
    late.client("iam").create_user(UserName="peggy")
    _until(lambda: waiting(late, DEAD_LETTERS) > 0)


def test_by_the_event_bus_a_second_run_writes_nothing_and_what_is_lost_in_the_hub_is_found(
    organization: Organization,
) -> None:
    limit = ("--limit", "security,payments")
    organization.sandbox.clear_calls()
    run = organization.run("deploy", *limit, iam_alerting_hub_entries=BUS)
    assert run.report["totals"]["in_sync"] == 2, run.output
    assert organization.sandbox.calls(writes=True) == []
    events = organization.hub.client("events")
    events.disable_rule(Name="iam-alerting-members", EventBusName="iam-alerting")
    verified = organization.run("verify", "--limit", "payments", iam_alerting_verify_minutes=0.1, **_entries(BUS))
    assert "stopped at the rule: the rule iam-alerting-members is disabled, in the hub" in verified.outcome("payments")
    mended = organization.run("deploy", *limit, iam_alerting_hub_entries=BUS)
    assert mended.outcome("security") == "changed: members_rule", mended.output
    verified = organization.run("verify", "--limit", "payments", iam_alerting_verify_minutes=0.5, **_entries(BUS))
    assert verified.outcome("payments").startswith("pass: "), verified.output


def test_what_members_are_to_tell_of_reads_goes_on_from_the_event_bus(organization: Organization) -> None:
    listed = {"iam_alerting_actions": ["standard", "iam:ListUsers"], **_entries(BUS)}
    changed = organization.run("deploy", "--limit", "payments", **listed)
    assert changed.outcome("payments") == "changed: rule", changed.output
    organization.members["payments"].client("iam").list_users()
    _until(lambda: any("iam:ListUsers" in mail["Subject"] for mail in organization.sandbox.mails(ADDRESS)))
    organization.run("deploy", "--limit", "payments", **_entries(BUS))


def test_forwarders_of_members_and_the_event_bus_are_refused_together(organization: Organization) -> None:
    together = {"iam_alerting_forwarding_regions": ["eu-west-1"], **_entries(BUS)}
    run = organization.run("deploy", "--limit", "payments", **together)
    assert "EventBridge sends no event on to a third event bus" in run.outcome("payments")


def test_back_to_the_queue_the_event_bus_goes(organization: Organization) -> None:
    for entries, limit, told in (
        (["queue", "event_bus"], "security", "changed: event_queue"),
        (["queue", "event_bus"], "payments", "changed: forwarding_role, rule, tampering_rule"),
        (["queue"], "payments", "changed: forwarding_role"),
        (
            ["queue"],
            "security",
            "changed: queue, event_queue, alarms, tampering_rule; removed: members_rule, event_bus",
        ),
    ):
        run = organization.run("deploy", "--limit", limit, iam_alerting_hub_entries=entries)
        assert run.outcome(limit) == told, run.output
    assert resources(organization.hub)["event buses"] == {}
    assert waiting(organization.members["payments"], DEAD_LETTERS) == 0
    organization.members["payments"].client("iam").create_user(UserName="wendy")
    assert len(organization.told(1, "wendy")) == 1


class Standby:
    """A second hub that stands by for the first."""

    def __init__(self, organization: Organization, account: Account) -> None:
        self.organization, self.account = organization, account
        self.hubs: dict[str, dict[str, Any]] = {
            "security": {"account_id": organization.hub.id},
            "reserve": {"account_id": account.id, "iam_alerting_standby": True},
        }
        organization.playbooks.begun({"reserve": {"account_id": account.id, **organization.variables}})
        self.first = self.run("deploy", "--limit", "security,reserve,payments")
        organization.sandbox.confirm(ADDRESS)

    def run(self, playbook: str, *options: str, **variables: Any) -> Run:
        return self.organization.run(playbook, *options, hubs=self.hubs, **variables)

    @property
    def kept(self) -> int:
        return waiting(self.account, "iam-alerting-events")


@pytest.fixture(scope="module")
def standby(organization: Organization, open_account: Callable[..., Account]) -> Standby:
    return Standby(organization, open_account())


def test_a_hub_that_stands_by_gets_all_events_and_tells_of_none(organization: Organization, standby: Standby) -> None:
    assert standby.first.outcome("payments") == "changed: forwarding_role, rule, tampering_rule"
    assert standby.first.outcome("security").startswith("changed: "), standby.first.output
    before = standby.kept
    for account in (organization.members["payments"], organization.hub, standby.account):
        account.client("iam").create_user(UserName="sybil")
    ends = [subject.rpartition(" in ")[2] for subject in organization.told(3, "sybil")]
    assert sorted(ends) == sorted(
        f"{name} ({account.id})"
        for name, account in (
            ("payments", organization.members["payments"]),
            ("security", organization.hub),
            ("reserve", standby.account),
        )
    )
    _until(lambda: standby.kept >= before + 3)
    verified = standby.run("verify", "--limit", "reserve", iam_alerting_verify_minutes=0.5)
    assert verified.outcome("reserve").startswith("pass: "), verified.output
    checked = standby.run("deploy", "--limit", "reserve", "--check")
    assert checked.outcome("reserve").startswith("in sync"), checked.output
    assert f"stands by for the hub {organization.hub.id}, events that wait: {standby.kept}" in checked.outcome(
        "reserve"
    )


def test_the_status_says_that_a_hub_stands_by_and_how_many_wait(standby: Standby, tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    run = standby.run("status", "--limit", "reserve", iam_alerting_status_json=str(file))
    assert run.status == 0, run.output
    (told,) = json.loads(file.read_text())["accounts"]
    assert told["waiting"] == standby.kept
    assert ("standby", f"events that wait: {standby.kept}") in [
        (each["kind"], each["what"].rpartition(", ")[2]) for each in told["problems"]
    ]


def test_what_it_missed_is_put_into_its_queue_and_told_of_by_nobody_again(
    organization: Organization, standby: Standby
) -> None:
    member, sqs = organization.members["payments"], standby.account.client("sqs")
    policy = shut_out_members(sqs)
    member.client("iam").create_user(UserName="niaj")
    _until(lambda: waiting(member, DEAD_LETTERS) > 0)
    sqs.set_queue_attributes(**policy)
    before = standby.kept
    run = standby.run("redrive", "--limit", "payments")
    assert run.outcome("payments") == "1 dead letter: 1 kept by the hub that stands by", run.output
    assert standby.kept == before + 1
    time.sleep(2 * SECONDS)
    assert len(organization.told(1, "niaj", seconds=0)) == 1


def test_once_the_first_is_lost_the_second_tells_of_what_waits(organization: Organization, standby: Standby) -> None:
    mails = len(organization.told(2, "sybil", seconds=0))
    standby.hubs = {"reserve": {"account_id": standby.account.id}}
    run = standby.run("deploy", "--limit", "reserve,payments")
    assert run.outcome("reserve").endswith("; removed: forwarding_role"), run.output
    assert run.outcome("payments") == "changed: forwarding_role, rule, tampering_rule", run.output
    organization.members["payments"].client("iam").create_user(UserName="olivia")
    assert len(organization.told(1, "olivia")) == 1
    assert len(organization.told(mails + 1, "sybil")) > mails


def test_an_account_that_alerts_itself_again_has_nothing_left_of_the_member(organization: Organization) -> None:
    member = organization.members["payments"]
    alone = {"payments": {"account_id": member.id, "iam_alerting_subscribers": [ADDRESS]}}
    run = organization.playbooks.run("deploy", alone, "--check")
    assert run.outcome("payments").endswith("; would remove: forwarding_role"), run.output


def _entries(entries: list[str]) -> dict[str, Any]:
    return {"iam_alerting_hub_entries": entries}


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
