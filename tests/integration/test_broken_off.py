"""Deploy and teardown broken off after one of their write calls, then simply repeated.

Each case has an account of its own. It is brought there by repeating the first writes of a whole run, which is what a
run leaves that ends there; some are really broken off, to see that it is the same. Alerts are grouped, so that all that
can be there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from sandbox.replay import Target
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources
from tests.integration.recordings import Recording
from tests.integration.specification_options import grouped
from tests.integration.sweep import swept

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
SECONDS = 300
KEPT = "buckets"


def hosts(accounts: Mapping[str, Account], seconds: int = SECONDS) -> Mapping[str, Mapping[str, Any]]:
    return {
        name: {
            "account_id": account.id,
            "iam_alerting_actions": ACTIONS,
            "iam_alerting_subscribers": [SUBSCRIBER],
            "iam_alerting_group_seconds": seconds,
        }
        for name, account in accounts.items()
    }


class Sweep:
    """What a whole deploy and a whole teardown write, and accounts that were left after each of these writes."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks, self.open_account = sandbox, playbooks, open_account
        self.whole = hosts({"whole": open_account()})["whole"]
        self.deploy = playbooks.recorded("deploy", "whole", self.whole)
        self.teardown = playbooks.recorded("teardown", "whole", self.whole)

    def broken_off(self, before: int, recording: Recording) -> dict[str, Account]:
        """An account for each of some numbers of writes of the recording, after all those before."""
        numbers = swept(len(recording.writes) - before)
        accounts = {f"after-{number}": self.open_account() for number in numbers}
        cases = zip(numbers, accounts.items(), strict=True)
        targets = [Target(account.id, name, before + number) for number, (name, account) in cases]
        recording.repeat(self.playbooks.environment, *targets)
        assert [len(self.written(account)) for account in accounts.values()] == [target.first for target in targets]
        return accounts

    def written(self, account: Account) -> list[str]:
        return [call["eventName"] for call in self.sandbox.calls(account.id, writes=True)]

    def really_broken_off(self, *numbers: int) -> dict[str, Account]:
        accounts = {f"after-{number}": self.open_account() for number in numbers}
        for number, account in zip(numbers, accounts.values(), strict=True):
            self.sandbox.fault(account.id, break_after_write=number)
        run = self.playbooks.run("deploy", hosts(accounts))
        assert run.status != 0
        assert all(counts["failed"] for host, counts in run.recap.items() if host != "localhost"), run.output
        for account in accounts.values():
            self.sandbox.clear_faults(account.id)
        return accounts


@pytest.fixture(scope="module")
def sweep(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Sweep:
    return Sweep(sandbox, playbooks, open_account)


def test_a_deploy_broken_off_after_any_write_is_completed_by_the_next(sweep: Sweep) -> None:
    accounts = sweep.broken_off(0, sweep.deploy)
    numbers = swept(len(sweep.deploy.writes))
    really = sweep.really_broken_off(*sorted({numbers[1], numbers[len(numbers) // 2], numbers[-1]}))
    for name, account in really.items():
        assert sweep.written(account) == sweep.written(accounts[name]), name
    again = sweep.playbooks.run("deploy", hosts(accounts))
    assert again.status == 0, again.output
    for name, account in accounts.items():
        assert resources(account) == grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS), name


def test_a_teardown_broken_off_after_any_write_is_completed_by_the_next(sweep: Sweep) -> None:
    accounts = sweep.broken_off(len(sweep.deploy.writes), sweep.deploy + sweep.teardown)
    # The variable may be forgotten by then.
    again = sweep.playbooks.run("teardown", hosts(accounts, 0))
    assert again.status == 0, again.output
    for name, account in accounts.items():
        left = {kind: found for kind, found in resources(account).items() if found and kind != KEPT}
        assert left == {}, name
