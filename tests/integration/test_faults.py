"""AWS calls of a deploy that fail once: `make soak` tries each in each way, here is one account for a way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import specification

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
# Each of all its calls, the one that enters the account among them, fails when it is made for the first time.
ABSORBED = {kind: {"kind": kind, "first_attempts": True} for kind in ("throttle", "reset")}
# The SDK repeats the call, and hears that there is such a trail.
LOST = {"lost": {"kind": "reset", "operation": "CreateTrail", "executed": True, "times": 1}}
FAULTS: dict[str, dict[str, Any]] = {**ABSORBED, **LOST}


@pytest.fixture(scope="module")
def accounts(open_account: Callable[[], Account]) -> dict[str, Account]:
    return {name: open_account() for name in FAULTS}


def deploy(playbooks: Playbooks, accounts: dict[str, Account]) -> Run:
    hosts = {
        name: {
            "account_id": account.id,
            "iam_alerting_actions": ACTIONS,
            "iam_alerting_subscribers": [SUBSCRIBER],
        }
        for name, account in accounts.items()
    }
    return playbooks.run("deploy", hosts)


@pytest.fixture(scope="module")
def first_run(playbooks: Playbooks, sandbox: Sandbox, accounts: dict[str, Account]) -> Run:
    for name, account in accounts.items():
        sandbox.fault(account.id, **FAULTS[name])
    run = deploy(playbooks, accounts)
    used = {name: sandbox.faults(account.id)[0]["used"] for name, account in accounts.items()}
    sandbox.clear_faults()
    assert used["lost"] == 1
    assert all(used[name] > 50 for name in ABSORBED)
    return run


def is_as_specified(account: Account, name: str) -> bool:
    return resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER])


@pytest.mark.parametrize("kind", ABSORBED)
def test_a_deploy_of_which_every_call_fails_once_is_completed(
    first_run: Run, accounts: dict[str, Account], kind: str
) -> None:
    assert first_run.outcome(kind).startswith("changed: "), first_run.output
    assert is_as_specified(accounts[kind], kind)


def test_a_write_that_was_executed_and_whose_answer_was_lost_needs_one_more_run_at_most(
    first_run: Run, accounts: dict[str, Account], playbooks: Playbooks, sandbox: Sandbox
) -> None:
    outcome = first_run.outcome("lost")
    assert outcome.startswith("changed: ") or "CreateTrail" in outcome
    for _ in range(2):
        sandbox.clear_calls()
        again = deploy(playbooks, accounts)
        assert again.status == 0, again.output
    assert sandbox.calls(writes=True) == []
    assert is_as_specified(accounts["lost"], "lost")
