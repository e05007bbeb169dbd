"""An account that alerted by itself is moved to a hub, and hears of everything at any time of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources

OWN, OF_HUB = "own@example.com", "of-the-hub@example.com"
# The other one cannot reach the hub.
MOVING, STAYING = "moving", "staying"
SECONDS = 5


class Move:
    """Accounts with an alerting of their own, which are put into the group of a hub's members."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.hub = open_account()
        self.accounts = {MOVING: open_account(), STAYING: open_account(outside=True)}
        organization = self.hub.client("organizations").describe_organization()["Organization"]["Id"]
        self.of_hub = {"iam_alerting_organization": organization, "iam_alerting_subscribers": [OF_HUB]}
        playbooks.deployed({name: self.host(account) for name, account in self.accounts.items()})
        playbooks.begun({"security": self.host(self.hub)})
        hub = self.run("deploy", "--limit", "security")
        assert hub.status == 0, hub.output
        for address in (OWN, OF_HUB):
            sandbox.confirm(address)

    def host(self, account: Account, **other: Any) -> dict[str, Any]:
        """The variables of an account, the same whether it alerts itself or not."""
        grouped = {"iam_alerting_group_seconds": SECONDS}  # so that its rules lead to a queue
        return {"account_id": account.id, "iam_alerting_subscribers": [OWN], **grouped, **other}

    def run(self, playbook: str, *options: str) -> Run:
        """Run for all, in the groups of a hub."""
        hosts = {name: self.host(account) for name, account in self.accounts.items()}
        hosts["security"] = self.host(self.hub, **self.of_hub)
        asked = ("-e", "iam_alerting_verify_minutes=0.4", "-e", "__iam_alerting_settle_seconds=0", *options)
        return self.playbooks.run(playbook, hosts, *asked, groups={"hub": ["security"], "members": [*self.accounts]})

    def heard(self, user: str, *addresses: str) -> set[str]:
        """Who is told of a user that is created in the account that moves; waits until these are."""
        self.accounts[MOVING].client("iam").create_user(UserName=user)
        deadline = time.monotonic() + 30
        while not {*addresses} <= (told := self._told(user)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return told

    def _told(self, user: str) -> set[str]:
        return {
            address
            for address in (OWN, OF_HUB)
            if any(user in mail.get_content() for mail in self.sandbox.mails(address))
        }


@pytest.fixture(scope="module")
def move(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> Move:
    return Move(sandbox, playbooks, open_account)


def test_a_check_tells_of_the_move_and_writes_nothing(move: Move) -> None:
    move.sandbox.clear_calls()
    run = move.run("migrate", "--check", "--limit", MOVING)
    assert run.status == 0, run.output
    assert run.outcome(MOVING).startswith(f"would move to the hub {move.hub.id} (would create and delete a user")
    assert run.outcome(MOVING).endswith(
        "would remove: topic, log_group, execution_role, table, event_queue, function, event_source_mapping, alarms"
    )
    assert move.sandbox.calls(writes=True) == []


def test_deployed_as_a_member_it_alerts_by_itself_beside_the_hub(move: Move) -> None:
    run = move.run("deploy")
    assert run.status == 0, run.output
    assert run.account(MOVING)["components"] == ["forwarding_role", "rule", "tampering_rule"]
    assert "alerts itself beside the hub until it is moved by: trailwatch.aws.migrate" in run.outcome(MOVING)
    assert move.heard("trent", OWN, OF_HUB) == {OWN, OF_HUB}
    second = move.run("deploy")
    assert set(second.changed().values()) == {0}, second.output


@pytest.fixture(scope="module")
def moved(move: Move) -> Run:
    """The move, while an event of before still waits in the queue of the account, as in the window of a group."""
    event = {
        "source": "aws.iam",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser",
            "eventID": "waited",
            "requestParameters": {"userName": "walter"},
            "recipientAccountId": move.accounts[MOVING].id,
        },
    }
    sqs = move.accounts[MOVING].client("sqs")
    queue = sqs.get_queue_url(QueueName="iam-alerting-events")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event), DelaySeconds=50)
    return move.run("migrate")


def test_its_own_alerting_goes_once_the_hub_is_proved(move: Move, moved: Run) -> None:
    assert moved.outcome(MOVING).startswith(f"moved to the hub {move.hub.id} (pass: CreateUser "), moved.output
    found = {kind for kind, live in resources(move.accounts[MOVING]).items() if live}
    assert found == {"buckets", "trails", "queues", "roles", "rules"}
    assert [*resources(move.accounts[MOVING])["roles"]] == ["iam-alerting-forward"]
    assert move.heard("victor", OF_HUB) == {OF_HUB}


def test_what_still_waited_in_its_queue_is_told_of_before_that_goes(move: Move, moved: Run) -> None:
    assert moved.account(MOVING)["state"] == "changed"
    assert any("walter" in mail.get_content() for mail in move.sandbox.mails(OWN))


def test_where_the_hub_cannot_be_reached_all_stays(move: Move, moved: Run) -> None:
    assert moved.status != 0
    assert "NO_PERMISSIONS" in moved.outcome(STAYING)
    live = resources(move.accounts[STAYING])
    assert live["functions"]
    assert live["topics"]


def test_a_teardown_takes_along_what_was_not_moved_yet(move: Move, moved: Run) -> None:
    assert moved.status != 0
    run = move.run("teardown", "--limit", STAYING)
    assert run.status == 0, run.output
    assert {kind for kind, live in resources(move.accounts[STAYING]).items() if live} == {"buckets"}


def test_a_second_move_finds_nothing_to_do(move: Move) -> None:
    move.sandbox.clear_calls()
    run = move.run("migrate", "--limit", MOVING)
    assert run.outcome(MOVING).startswith("in sync")
    assert move.sandbox.calls(writes=True) == []
