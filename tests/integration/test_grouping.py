"""Grouping is switched on and off in accounts that are deployed, and leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import specification
from tests.integration.specification_options import grouped

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
SECONDS = 300
MOST_READS = 36
# The sandbox's numbers are true at once.
AT_ONCE = ("-e", "__iam_alerting_settle_seconds=0")


def hosts(accounts: Mapping[str, Account], seconds: int) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "account_id": account.id,
            "iam_alerting_actions": ACTIONS,
            "iam_alerting_subscribers": [SUBSCRIBER],
            "iam_alerting_group_seconds": seconds,
        }
        for name, account in accounts.items()
    }


class Switch:
    """One account whose grouping is switched on and off."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, account: Account) -> None:
        self.sandbox, self.playbooks, self.account = sandbox, playbooks, account

    def deploy(self, seconds: int, *options: str) -> Run:
        self.sandbox.clear_calls(self.account.id)
        run = self.playbooks.run("deploy", hosts({"production": self.account}, seconds), *AT_ONCE, *options)
        assert run.status == 0, run.output
        return run

    def outcome(self, run: Run) -> str:
        return run.outcome("production").removesuffix(f"; not confirmed yet: {SUBSCRIBER}")

    def written(self) -> list[str]:
        return [call["eventName"] for call in self.sandbox.calls(self.account.id, writes=True)]

    def events_url(self) -> str:
        return str(self.account.client("sqs").get_queue_url(QueueName="iam-alerting-events")["QueueUrl"])

    def assert_on(self) -> None:
        expected = grouped(self.account.id, "production", ACTIONS, [SUBSCRIBER], SECONDS)
        assert resources(self.account) == expected

    def assert_off(self) -> None:
        assert resources(self.account) == specification(self.account.id, "production", ACTIONS, [SUBSCRIBER])


@pytest.fixture(scope="module")
def switch(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Switch:
    switch = Switch(sandbox, playbooks, open_account())
    playbooks.deployed(hosts({"production": switch.account}, 0), *AT_ONCE)
    sandbox.confirm(SUBSCRIBER)
    return switch


def test_a_check_tells_what_switching_on_makes_and_writes_nothing(switch: Switch) -> None:
    run = switch.deploy(SECONDS, "--check", "--diff")
    assert switch.outcome(run) == (
        "would change: table, event_queue, function, event_source_mapping, rule, alarms, tampering_rule"
    )
    for component in ("table", "event_queue", "event_source_mapping"):
        assert f"--- before: {component} (absent)" in run.output
    assert switch.written() == []
    switch.assert_off()


def test_switched_on_the_account_is_as_specified(switch: Switch) -> None:
    run = switch.deploy(SECONDS)
    assert switch.outcome(run) == (
        "changed: table, event_queue, function, event_source_mapping, rule, alarms, tampering_rule"
    )
    switch.assert_on()
    # Each rule turns to the queue in one call, when all else is there: no event goes to both, or to none.
    written = switch.written()
    assert written.index("CreateEventSourceMapping20150331") < written.index("PutTargets")
    assert written.count("PutTargets") == len(resources(switch.account)["rules"])
    assert "RemoveTargets" not in written


def test_a_second_run_changes_nothing_and_makes_no_write_call(switch: Switch) -> None:
    run = switch.deploy(SECONDS)
    assert switch.outcome(run) == "in sync"
    assert run.changed() == {"production": 0}
    assert switch.written() == []
    assert len(switch.sandbox.calls(switch.account.id)) <= MOST_READS


def test_a_check_tells_what_switching_off_removes_and_writes_nothing(switch: Switch) -> None:
    run = switch.deploy(0, "--check", "--diff")
    assert switch.outcome(run) == (
        "would change: function, rule, alarms, tampering_rule; would remove: event_source_mapping, event_queue, table"
    )
    for component in ("table", "event_queue", "event_source_mapping"):
        assert f"--- before: {component} (live)" in run.output
        assert f"+++ after: {component} (to be removed)" in run.output
    assert switch.written() == []
    switch.assert_on()


def test_while_the_queue_is_not_empty_nothing_of_grouping_is_removed(switch: Switch) -> None:
    # Kept back for longer than this test waits.
    sqs = switch.account.client("sqs")
    sqs.send_message(QueueUrl=switch.events_url(), MessageBody="{}", DelaySeconds=900)
    host = hosts({"production": switch.account}, 0)
    run = switch.playbooks.run("deploy", host, *AT_ONCE, "-e", "__iam_alerting_drain_retries=1")
    assert run.status != 0
    # Besides it waits what is still to be told of this deployment itself.
    assert re.search(r"iam-alerting-events still has \d+ messages", run.outcome("production"))
    assert "Deploy again" in run.outcome("production")
    found = resources(switch.account)
    assert found["rules"]["iam-alerting"]["targets"][0]["Arn"].endswith(":function:iam-alerting")
    assert list(found["tables"]) == ["iam-alerting-groups"]
    assert list(found["event source mappings"]) == ["iam-alerting-events"]
    assert "iam-alerting-grouping" in found["roles"]["iam-alerting-function"]["inline"]
    sqs.purge_queue(QueueUrl=switch.events_url())


def test_once_it_is_empty_the_next_run_removes_all_of_it(switch: Switch) -> None:
    run = switch.deploy(0)
    assert switch.outcome(run) == "removed: event_source_mapping, event_queue, table"
    switch.assert_off()


def test_after_that_nothing_is_left_to_do(switch: Switch) -> None:
    run = switch.deploy(0)
    assert switch.outcome(run) == "in sync"
    assert run.changed() == {"production": 0}
    assert switch.written() == []
