"""The function's role is deleted, or made anew by hand: the function alerts again after the next deployment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.deeds import role_goes
from tests.integration.hands import queue_url
from tests.integration.live import Account, resources

ROLE = "iam-alerting-function"
# From a role that was made anew to the function that has it: the spare role comes, is used, and goes.
WRITES = 4


def subscriber(name: str) -> str:
    return f"{name}.of-execution-role@example.com"


def hosts(accounts: Mapping[str, Account]) -> dict[str, dict[str, Any]]:
    given = {"iam_alerting_actions": ["iam:CreateUser"]}
    return {
        name: {"account_id": account.id, "iam_alerting_subscribers": [subscriber(name)], **given}
        for name, account in accounts.items()
    }


def role_is_made_anew(account: Account) -> None:
    """The same in all that can be compared, but its id."""
    iam = account.client("iam")
    role, policy = iam.get_role(RoleName=ROLE)["Role"], iam.get_role_policy(RoleName=ROLE, PolicyName=ROLE)
    role_goes(account)
    trust, document = (json.dumps(each) for each in (role["AssumeRolePolicyDocument"], policy["PolicyDocument"]))
    given = {name: role[name] for name in ("Description", "Tags")}
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust, **given)
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=document)


class Accounts:
    """Accounts that alert, until something becomes of the role of their function."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, accounts: Mapping[str, Account]) -> None:
        self.sandbox, self.playbooks, self.accounts = sandbox, playbooks, accounts
        playbooks.deployed(hosts(accounts))
        for name in accounts:
            sandbox.confirm(subscriber(name))

    def run(self, playbook: str, *options: str) -> Run:
        return self.playbooks.run(playbook, hosts(self.accounts), *options)

    def is_told(self, name: str, user: str) -> bool:
        before = len(self.sandbox.mails(subscriber(name)))
        self.accounts[name].client("iam").create_user(UserName=user)
        mails = self.sandbox.wait_for_mails(subscriber(name), before + 1)
        return len(mails) == before + 1 and user in mails[-1].get_content()

    def all_alert(self, user: str) -> bool:
        return all([self.is_told(name, user) for name in self.accounts])


@pytest.fixture(scope="module")
def accounts(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Accounts:
    made = Accounts(sandbox, playbooks, {name: open_account() for name in ("lost", "anew")})
    role_goes(made.accounts["lost"])
    role_is_made_anew(made.accounts["anew"])
    return made


def test_a_role_made_anew_does_not_let_the_function_run(accounts: Accounts) -> None:
    account = accounts.accounts["anew"]
    account.client("iam").create_user(UserName="unheard")
    sqs, queue = account.client("sqs"), queue_url(account)
    deadline = time.monotonic() + 30
    while not any("unheard" in letter["Body"] for letter in looked_at(sqs, queue)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not any("unheard" in mail.get_content() for mail in accounts.sandbox.mails(subscriber("anew")))


def looked_at(sqs: Any, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get(
        "Messages", []
    )
    return found


def test_the_status_says_that_the_function_cannot_run(accounts: Accounts, tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    accounts.run("status", "-e", f"iam_alerting_status_json={file}")
    told = {account["host"]: account["problems"] for account in json.loads(file.read_text())["accounts"]}
    deaf = {"kind": "deaf", "what": "function iam-alerting cannot run: its role is gone, or was made anew"}
    assert all(deaf in told[name] for name in accounts.accounts), told


def test_the_next_deployment_lets_the_function_run_again(accounts: Accounts) -> None:
    run = accounts.run("deploy")
    assert run.outcome("lost") == "changed: execution_role, function", run.output
    assert run.outcome("anew") == "changed: function", run.output
    assert accounts.all_alert("mallory")
    for account in accounts.accounts.values():
        assert [*resources(account)["roles"]] == [ROLE]
    accounts.sandbox.clear_calls()
    assert set(accounts.run("deploy").changed().values()) == {0}
    assert all(accounts.sandbox.calls(account.id, writes=True) == [] for account in accounts.accounts.values())


def test_a_run_broken_off_is_completed_by_the_next(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    made = Accounts(sandbox, playbooks, {f"after-{number}": open_account() for number in range(1, WRITES)})
    for number, account in enumerate(made.accounts.values(), start=1):
        role_is_made_anew(account)
        sandbox.fault(account.id, break_after_write=number)
    broken = made.run("deploy")
    assert all(counts["failed"] for host, counts in broken.recap.items() if host != "localhost"), broken.output
    for account in made.accounts.values():
        sandbox.clear_faults(account.id)
    assert made.run("deploy").status == 0
    assert made.all_alert("mallory")
    for name, account in made.accounts.items():
        assert [*resources(account)["roles"]] == [ROLE], name
