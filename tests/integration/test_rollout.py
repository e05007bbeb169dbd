"""A rollout in batches, and what is reported of a run: on the terminal, in files, and by the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.hands import queue_url
from tests.integration.live import Account, resources

# In the order in which Ansible takes them: with these batches the first, the next three, and the other three.
NAMES = ("canary", "one", "three", "two", "z-four", "z-five", "z-six")
BATCHES = '{"iam_alerting_batches": [1, "50%", "100%"]}'
STATES = ("in_sync", "changed", "failed", "unreachable", "skipped")
QUEUE_DENIED: dict[str, Any] = {"service": "sqs", "operation": "CreateQueue", "error": "AccessDenied", "status": 403}


class Rollout:
    """Accounts that have nothing yet, each to get a queue."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], folder: Path
    ) -> None:
        self.sandbox, self.playbooks, self.folder = sandbox, playbooks, folder
        self.accounts = {name: open_account() for name in sorted(NAMES)}

    def run(self, *options: str, playbook: str = "deploy", **variables: Any) -> Run:
        """Run for all, with variables that the inventory has for each account."""
        self.sandbox.clear_calls()
        return self.playbooks.run(
            playbook,
            {
                name: {"account_id": account.id, "iam_alerting_components": ["queue"], **variables}
                for name, account in self.accounts.items()
            },
            *options,
        )

    def entered(self) -> list[str]:
        """The accounts in which there was any call since the last run began."""
        return [name for name, account in self.accounts.items() if self.sandbox.calls(account.id)]


@pytest.fixture(scope="module")
def rollout(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Rollout:
    return Rollout(sandbox, playbooks, open_account, tmp_path_factory.mktemp("rollout"))


def states(run: Run) -> dict[str, list[str]]:
    """The accounts in each state, by the report."""
    found = {state: [each["host"] for each in run.report["accounts"] if each["state"] == state] for state in STATES}
    assert {state: len(hosts) for state, hosts in found.items()} | {"accounts": len(NAMES)} == run.report["totals"]
    return {state: hosts for state, hosts in found.items() if hosts}


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("iam_alerting_batches", [1, "0%"], "iam_alerting_batches[1] is '0%'"),
        ("iam_alerting_report_junit", "/nowhere/report.xml", "iam_alerting_report_junit is '/nowhere/report.xml'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_first_call(
    variable: str, value: Any, told: str, rollout: Rollout
) -> None:
    run = rollout.run(**{variable: value})
    assert run.status != 0
    assert told in run.output
    assert rollout.entered() == []
    assert run.report == {}


@pytest.fixture(scope="module")
def stopped(rollout: Rollout) -> Run:
    """A rollout whose canary fails, reported in every form."""
    rollout.sandbox.fault(rollout.accounts["canary"].id, **QUEUE_DENIED)
    files = [f"iam_alerting_report_{form}={rollout.folder}/stopped.{form}" for form in ("junit", "html")]
    run = rollout.run("-e", BATCHES, *(word for file in files for word in ("-e", file)))
    rollout.sandbox.clear_faults(rollout.accounts["canary"].id)
    return run


def test_a_canary_that_fails_stops_the_rollout(stopped: Run, rollout: Rollout) -> None:
    assert stopped.status != 0
    assert states(stopped) == {"failed": ["canary"], "skipped": [name for name in rollout.accounts if name != "canary"]}
    assert rollout.entered() == ["canary"]
    assert "AccessDenied" in stopped.outcome("canary")
    assert stopped.outcome("z-six") == (
        "skipped: 1 of the 1 accounts of a batch before failed (canary), more than the 0 % of "
        "iam_alerting_max_fail_percentage"
    )
    failed = {name: counts["failed"] for name, counts in stopped.recap.items() if name in NAMES}
    assert failed == {"canary": 1}


def test_terminal_junit_and_page_agree_with_the_json(stopped: Run, rollout: Rollout) -> None:
    assert "7 accounts: 6 skipped, 1 failed." in stopped.output
    root = ElementTree.parse(rollout.folder / "stopped.junit").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("7", "1", "0", "6")
    (failure,) = root.iter("failure")
    assert failure.text == stopped.account("canary")["what"]
    page = (rollout.folder / "stopped.html").read_text()
    assert all(name in page and account.id in page for name, account in rollout.accounts.items())


def test_a_check_stops_where_the_rollout_would(rollout: Rollout) -> None:
    canary = rollout.accounts["canary"].id
    rollout.sandbox.fault(canary, service="sqs", operation="GetQueueUrl", error="AccessDenied", status=403)
    run = rollout.run("--check", "-e", BATCHES)
    rollout.sandbox.clear_faults(canary)
    assert run.status != 0
    assert states(run)["failed"] == ["canary"]
    assert len(states(run)["skipped"]) == len(NAMES) - 1
    assert rollout.entered() == ["canary"]


@pytest.fixture(scope="module")
def tolerant(stopped: Run, rollout: Rollout) -> Run:
    """A rollout in which one of the three accounts of the second batch fails, and one of the last cannot be entered."""
    rollout.sandbox.fault(rollout.accounts["two"].id, **QUEUE_DENIED)
    unreachable = '{{ "nobody" if inventory_hostname == "z-six" else "OrganizationAccountAccessRole" }}'
    run = rollout.run(
        iam_alerting_batches=[1, "50%", "100%"],
        iam_alerting_max_fail_percentage=34,
        iam_alerting_assume_role=unreachable,
    )
    rollout.sandbox.clear_faults(rollout.accounts["two"].id)
    return run


def test_as_many_failures_as_are_allowed_do_not_stop_it(tolerant: Run, rollout: Rollout) -> None:
    assert tolerant.status != 0
    assert states(tolerant) == {
        "failed": ["two"],
        "unreachable": ["z-six"],
        "changed": ["canary", "one", "three", "z-five", "z-four"],
    }
    assert tolerant.account("canary")["components"] == ["queue"]
    assert all(resources(rollout.accounts[name])["queues"] for name in ("canary", "z-four"))
    assert "role/nobody" in tolerant.outcome("z-six")


def test_a_batch_in_parts_is_one_batch(playbooks: Playbooks) -> None:
    """With one fork, a part has twenty hosts. All of these fail."""
    inventory = {f"account-{number:02}": {"account_id": f"number {number}"} for number in range(1, 25)}
    run = playbooks.run("deploy", inventory, "--forks", "1", "-e", '{"iam_alerting_batches": [23]}')
    assert run.report["totals"]["failed"] == 23
    assert run.outcome("account-24").startswith(
        "skipped: 23 of the 23 accounts of a batch before failed (account-01, account-02, account-03, ...)"
    )


def test_a_nightly_check_fails_on_drift(tolerant: Run, rollout: Rollout) -> None:
    account = rollout.accounts["one"]
    account.client("sqs").set_queue_attributes(QueueUrl=queue_url(account), Attributes={"MessageRetentionPeriod": "60"})
    options = ("--check", "--limit", "one,three")
    assert rollout.run(*options).status == 0
    run = rollout.run(*options, "-e", "iam_alerting_report_fail_on=changed")
    assert run.status != 0
    assert {name: run.account(name)["state"] for name in ("one", "three")} == {"one": "changed", "three": "in_sync"}
    assert run.report["check_mode"] is True
    assert run.report["failing"] == ["one"]
    assert [run.recap[name]["failed"] for name in ("one", "three")] == [1, 0]
    assert json.dumps(run.report)
