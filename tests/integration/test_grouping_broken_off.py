"""Grouping switched on and off, broken off after one of the write calls, then simply repeated.

Each case has an account of its own, and all cases go through one run of ansible-playbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources
from tests.integration.specification import specification
from tests.integration.specification_options import grouped
from tests.integration.sweep import swept
from tests.integration.test_grouping import ACTIONS, AT_ONCE, SUBSCRIBER, hosts

# Each switch touches the alerting, so it is told of, and to switch off waits for the end of that window.
SECONDS = 5


class Sweep:
    """How many writes each change makes, and accounts where it breaks off after some of them."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks, self.open_account = sandbox, playbooks, open_account
        whole = {"whole": open_account()}
        self.playbooks.deployed(hosts(whole, 0), *AT_ONCE)
        self.on = self.writes_of(whole, SECONDS)
        self.off = self.writes_of(whole, 0)

    def deploy(self, accounts: Mapping[str, Account], seconds: int) -> None:
        run = self.playbooks.run("deploy", hosts(accounts, seconds), *AT_ONCE)
        assert run.status == 0, run.output

    def writes_of(self, accounts: Mapping[str, Account], seconds: int) -> int:
        (account,) = accounts.values()
        self.sandbox.clear_calls(account.id)
        self.deploy(accounts, seconds)
        return self.written(account)

    def written(self, account: Account) -> int:
        return len(self.sandbox.calls(account.id, writes=True))

    def broken_off(self, numbers: Sequence[int], before: int, seconds: int) -> dict[str, Account]:
        """Accounts with one value of the variable, and each broken off after a write on the way to the other."""
        accounts = {f"after-{number}": self.open_account() for number in numbers}
        self.playbooks.deployed(hosts(accounts, before), *AT_ONCE)
        for number, account in zip(numbers, accounts.values(), strict=True):
            self.sandbox.clear_calls(account.id)
            self.sandbox.fault(account.id, break_after_write=number)
        run = self.playbooks.run("deploy", hosts(accounts, seconds), *AT_ONCE)
        for account in accounts.values():
            self.sandbox.clear_faults(account.id)
        assert run.status != 0
        assert [self.written(account) for account in accounts.values()] == list(numbers)
        return accounts


@pytest.fixture(scope="module")
def sweep(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Sweep:
    return Sweep(sandbox, playbooks, open_account)


def test_switching_on_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    assert sweep.on >= 7
    accounts = sweep.broken_off(swept(sweep.on), 0, SECONDS)
    sweep.deploy(accounts, SECONDS)
    for name, account in accounts.items():
        assert resources(account) == grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS), name


def test_switching_off_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    assert sweep.off >= 7
    accounts = sweep.broken_off(swept(sweep.off), SECONDS, 0)
    sweep.deploy(accounts, 0)
    for name, account in accounts.items():
        assert resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER]), name
