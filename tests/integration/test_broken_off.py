"""Deploy and teardown broken off after each of their write calls, then simply repeated.

Each case has an account of its own, and all cases go through one run of ansible-playbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import specification

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
KEPT = "buckets"


def hosts(accounts: Mapping[str, Account]) -> Mapping[str, Mapping[str, Any]]:
    return {
        name: {
            "account_id": account.id,
            "iam_alerting_actions": ACTIONS,
            "iam_alerting_subscribers": [SUBSCRIBER],
        }
        for name, account in accounts.items()
    }


class Sweep:
    """Accounts that were deployed once without a fault to count the writes, and then one for each write."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox = sandbox
        self.playbooks = playbooks
        whole = open_account()
        self.whole = whole
        self.deploy_writes = self.writes_of("deploy", whole)
        self.accounts = {f"after-{number}": open_account() for number in range(1, self.deploy_writes + 1)}

    def writes_of(self, playbook: str, account: Account) -> int:
        self.sandbox.clear_calls(account.id)
        run = self.playbooks.run(playbook, hosts({"whole": account}))
        assert run.status == 0, run.output
        return len(self.sandbox.calls(account.id, writes=True))

    def broken_off(self, playbook: str, accounts: Mapping[str, Account]) -> Run:
        """Run the playbook; account number N breaks off right after its write number N."""
        for number, account in enumerate(accounts.values(), 1):
            self.sandbox.clear_calls(account.id)
            self.sandbox.fault(account.id, break_after_write=number)
        run = self.playbooks.run(playbook, hosts(accounts))
        for account in accounts.values():
            self.sandbox.clear_faults(account.id)
        return run

    def written(self, account: Account) -> int:
        return len(self.sandbox.calls(account.id, writes=True))


@pytest.fixture(scope="module")
def sweep(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Sweep:
    return Sweep(sandbox, playbooks, open_account)


def test_a_deploy_broken_off_after_any_write_is_completed_by_the_next(sweep: Sweep) -> None:
    broken = sweep.broken_off("deploy", sweep.accounts)
    # The last case breaks after the last write: nothing is left to fail there but what comes after it.
    assert [sweep.written(account) for account in sweep.accounts.values()] == list(range(1, sweep.deploy_writes + 1))
    assert broken.status != 0
    again = sweep.playbooks.run("deploy", hosts(sweep.accounts))
    assert again.status == 0, again.output
    for name, account in sweep.accounts.items():
        assert resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER]), name


def test_a_teardown_broken_off_after_any_write_is_completed_by_the_next(sweep: Sweep) -> None:
    writes = sweep.writes_of("teardown", sweep.whole)
    accounts = dict(list(sweep.accounts.items())[:writes])
    assert len(accounts) == writes, "more writes than accounts: deploy more of them"
    broken = sweep.broken_off("teardown", accounts)
    assert broken.status != 0
    again = sweep.playbooks.run("teardown", hosts(accounts))
    assert again.status == 0, again.output
    for name, account in accounts.items():
        left = {kind: found for kind, found in resources(account).items() if found and kind != KEPT}
        assert left == {}, name
