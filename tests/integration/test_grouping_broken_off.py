"""Grouping switched on and off, broken off after each of the write calls, then simply repeated.

Each case has an account of its own, and all cases go through one run of ansible-playbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import grouped, specification
from tests.integration.test_grouping import ACTIONS, AT_ONCE, SUBSCRIBER, hosts

# Each switch touches the alerting, so it is told of, and to switch off waits for the end of that window.
SECONDS = 5


class Sweep:
    """An account that is switched without a fault to count the writes, and then one for each write."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        whole = {"whole": open_account()}
        self.deploy(whole, 0)
        self.writes = {seconds: self.writes_of(whole, seconds) for seconds in (SECONDS, 0)}
        self.accounts = {f"after-{number}": open_account() for number in range(1, max(self.writes.values()) + 1)}
        self.deploy(self.accounts, 0)

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

    def broken_off(self, accounts: Mapping[str, Account], seconds: int) -> Run:
        """Run the playbook; account number N breaks off right after its write number N."""
        for number, account in enumerate(accounts.values(), 1):
            self.sandbox.clear_calls(account.id)
            self.sandbox.fault(account.id, break_after_write=number)
        run = self.playbooks.run("deploy", hosts(accounts, seconds), *AT_ONCE)
        for account in accounts.values():
            self.sandbox.clear_faults(account.id)
        return run

    def switch(self, seconds: int) -> dict[str, Account]:
        """Switch so many accounts as there are writes; each is broken off after another one, and then repeated."""
        accounts = dict(list(self.accounts.items())[: self.writes[seconds]])
        run = self.broken_off(accounts, seconds)
        assert run.status != 0
        assert [self.written(account) for account in accounts.values()] == list(range(1, len(accounts) + 1))
        self.deploy(accounts, seconds)
        return accounts


@pytest.fixture(scope="module")
def sweep(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Sweep:
    return Sweep(sandbox, playbooks, open_account)


def test_switching_on_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    assert sweep.writes[SECONDS] >= 7
    for name, account in sweep.switch(SECONDS).items():
        assert resources(account) == grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS), name


def test_switching_off_broken_off_after_any_write_is_completed_by_the_next_run(sweep: Sweep) -> None:
    assert sweep.writes[0] >= 7
    sweep.deploy(sweep.accounts, SECONDS)
    for name, account in sweep.switch(0).items():
        assert resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER]), name


def test_a_teardown_while_grouping_broken_off_after_any_write_is_completed_by_the_next(sweep: Sweep) -> None:
    sweep.deploy(sweep.accounts, SECONDS)
    for number, account in enumerate(sweep.accounts.values(), 1):
        sweep.sandbox.fault(account.id, break_after_write=number)
    run = sweep.playbooks.run("teardown", hosts(sweep.accounts, SECONDS))
    assert run.status != 0
    for account in sweep.accounts.values():
        sweep.sandbox.clear_faults(account.id)
    # The variable may be forgotten by then.
    again = sweep.playbooks.run("teardown", hosts(sweep.accounts, 0))
    assert again.status == 0, again.output
    for name, account in sweep.accounts.items():
        assert [kind for kind, found in resources(account).items() if found] == ["buckets"], name
