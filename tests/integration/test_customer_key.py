"""A key of the customer's: what it encrypts, who may use it, and what becomes of it.

Two accounts are deployed with it in one run, one of them with grouping; all tests here use them, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import grouped, specification, with_key

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
SECONDS = 300
MOST_READS = {"single": 28, "grouped": 35}
ALIAS = "alias/iam-alerting"


class Deployment:
    """The two accounts."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.accounts = {"single": open_account(), "grouped": open_account()}

    def hosts(self, **variables: Any) -> Mapping[str, Mapping[str, Any]]:
        return {
            name: {
                "account_id": account.id,
                "iam_alerting_actions": ACTIONS,
                "iam_alerting_subscribers": [SUBSCRIBER],
                "iam_alerting_group_seconds": SECONDS if name == "grouped" else 0,
                "iam_alerting_customer_key": True,
                **variables,
            }
            for name, account in self.accounts.items()
        }

    def run(self, playbook: str, *options: str, **variables: Any) -> Run:
        for account in self.accounts.values():
            self.sandbox.clear_calls(account.id)
        return self.playbooks.run(playbook, self.hosts(**variables), *options)

    def written(self) -> dict[str, list[str]]:
        return {
            name: [call["eventName"] for call in self.sandbox.calls(account.id, writes=True)]
            for name, account in self.accounts.items()
        }

    def key_arn(self, name: str) -> str:
        answer = self.accounts[name].client("kms").describe_key(KeyId=ALIAS)
        return str(answer["KeyMetadata"]["Arn"])

    def specified(self, name: str) -> dict[str, Any]:
        """The account as it is to be, but for the key."""
        account = self.accounts[name]
        if name == "grouped":
            return grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS)
        return specification(account.id, name, ACTIONS, [SUBSCRIBER])


@pytest.fixture(scope="module")
def deployment(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Deployment:
    deployment = Deployment(sandbox, playbooks, open_account)
    run = deployment.run("deploy")
    assert run.status == 0, run.output
    sandbox.confirm(SUBSCRIBER)
    return deployment


def test_the_accounts_are_what_the_specification_says(deployment: Deployment) -> None:
    for name, account in deployment.accounts.items():
        expected = with_key(account.id, deployment.specified(name), deployment.key_arn(name))
        assert resources(account) == expected, name


def test_a_second_run_changes_nothing_and_costs_a_few_reads(deployment: Deployment) -> None:
    run = deployment.run("deploy")
    assert run.status == 0, run.output
    assert run.changed() == dict.fromkeys(deployment.accounts, 0), run.output
    assert deployment.written() == {name: [] for name in deployment.accounts}
    for name, account in deployment.accounts.items():
        assert len(deployment.sandbox.calls(account.id)) <= MOST_READS[name], name
