"""A member that alerts by itself again, and the role by which it sent to the hub, wherever the run is broken off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources
from tests.integration.specification import specification

ACTIONS = ["iam:CreateUser"]
SUBSCRIBER = "alone@example.com"
ROLE = "iam-alerting-forward"
# From before the rules lead elsewhere to the end.
LAST_WRITES = 10


def alone(accounts: Mapping[str, Account]) -> dict[str, dict[str, Any]]:
    given = {"iam_alerting_actions": ACTIONS, "iam_alerting_subscribers": [SUBSCRIBER]}
    return {name: {"account_id": account.id, **given} for name, account in accounts.items()}


@pytest.fixture(scope="module")
def open_member(playbooks: Playbooks, open_account: Callable[[], Account]) -> Callable[[str], Account]:
    hub = open_account()
    of_hub = {"iam_alerting_topology": "member", "iam_alerting_hub": hub.id, "iam_alerting_actions": ACTIONS}

    def open_one(name: str) -> Account:
        account = open_account()
        playbooks.deployed({name: {"account_id": account.id, **of_hub}})
        return account

    return open_one


@pytest.fixture(scope="module")
def writes(playbooks: Playbooks, open_member: Callable[[str], Account]) -> int:
    """How many writes the whole change takes."""
    whole = {"whole": open_member("whole")}
    return len(playbooks.recorded("deploy", "whole", alone(whole)["whole"]).writes)


def test_broken_off_after_any_of_its_last_writes_it_is_completed_by_the_next_run(
    writes: int, sandbox: Sandbox, playbooks: Playbooks, open_member: Callable[[str], Account]
) -> None:
    accounts = {f"after-{number}": open_member(f"after-{number}") for number in range(writes - LAST_WRITES, writes)}
    for name, account in accounts.items():
        sandbox.fault(account.id, break_after_write=int(name.rpartition("-")[2]))
    broken = playbooks.run("deploy", alone(accounts))
    assert all(counts["failed"] for host, counts in broken.recap.items() if host != "localhost"), broken.output
    for account in accounts.values():
        sandbox.clear_faults(account.id)
    again = playbooks.run("deploy", alone(accounts))
    assert again.status == 0, again.output
    for name, account in accounts.items():
        assert resources(account) == specification(account.id, name, ACTIONS, [SUBSCRIBER]), name
