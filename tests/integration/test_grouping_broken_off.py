"""Grouping switched on and off, broken off after each of the write calls, then simply repeated.

Each case has an account of its own, brought there by repeating the first writes of a whole run.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping

import pytest

from sandbox.client import Sandbox
from sandbox.replay import Target
from tests.integration.conftest import Playbooks, Recording
from tests.integration.live import Account, resources
from tests.integration.specification import grouped, specification
from tests.integration.test_grouping import ACTIONS, AT_ONCE, SECONDS, SUBSCRIBER, hosts


class Sweep:
    """An account that is deployed to, switched on, switched off, switched on and torn down, and what each wrote."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks, self.open_account = sandbox, playbooks, open_account
        account = open_account()

        def recorded(playbook: str, seconds: int) -> Recording:
            variables = hosts({"whole": account}, seconds)["whole"]
            return playbooks.recorded(playbook, "whole", variables, *AT_ONCE)

        self.deployed = recorded("deploy", 0)
        self.on = recorded("deploy", SECONDS)
        self.off = recorded("deploy", 0)
        self.on_again = recorded("deploy", SECONDS)
        self.teardown = recorded("teardown", SECONDS)

    def broken_off(self, recording: Recording, *before: Recording, every: int = 1) -> dict[str, Account]:
        """An account for each number of writes of the recording, or for every so many, after all those before."""
        numbers = range(1, len(recording.writes) + 1, every)
        accounts = {f"after-{number}": self.open_account() for number in numbers}
        done = sum(len(each.writes) for each in before)
        targets = [
            Target(account.id, name, done + number)
            for number, (name, account) in zip(numbers, accounts.items(), strict=True)
        ]
        functools.reduce(operator.add, [*before, recording]).repeat(*targets)
        written = [len(self.sandbox.calls(account.id, writes=True)) for account in accounts.values()]
        assert written == [target.first for target in targets]
        return accounts

    def repeat(self, playbook: str, accounts: Mapping[str, Account], seconds: int) -> None:
        run = self.playbooks.run(playbook, hosts(accounts, seconds), *AT_ONCE)
        assert run.status == 0, run.output


@pytest.fixture(scope="module")
def sweep(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Sweep:
    return Sweep(sandbox, playbooks, open_account)


def test_switching_on_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    accounts = sweep.broken_off(sweep.on, sweep.deployed)
    assert len(accounts) >= 7
    sweep.repeat("deploy", accounts, SECONDS)
    for name, account in accounts.items():
        assert resources(account) == grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS), name


def test_switching_off_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    accounts = sweep.broken_off(sweep.off, sweep.deployed, sweep.on)
    assert len(accounts) >= 7
    sweep.repeat("deploy", accounts, 0)
    for name, account in accounts.items():
        assert resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER]), name


def test_a_teardown_while_grouping_broken_off_is_completed_by_the_next(sweep: Sweep) -> None:
    before = sweep.deployed, sweep.on, sweep.off, sweep.on_again
    accounts = sweep.broken_off(sweep.teardown, *before, every=3)
    # The variable may be forgotten by then.
    sweep.repeat("teardown", accounts, 0)
    for name, account in accounts.items():
        assert [kind for kind, found in resources(account).items() if found] == ["buckets"], name
