"""A key of the customer's: what it encrypts, who may use it, and what becomes of it.

Two accounts are deployed with it in one run, one of them with grouping; all tests here use them, in their order.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.key_needs import Policies, needs, refusals
from tests.integration.live import Account, resources
from tests.integration.specification import specification
from tests.integration.specification_options import grouped, with_key

ACTIONS = ["iam:CreateUser", "iam:DeleteUser", "iam:CreateRole"]
SUBSCRIBER = "keys@example.com"
SECONDS = 300
MOST_READS = {"single": 32, "grouped": 39}
ALIAS = "alias/iam-alerting"
# The sandbox's numbers are true at once.
AT_ONCE = ("-e", "__iam_alerting_settle_seconds=0")


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

    def teardown(self) -> Run:
        """The log files of the one account stay, those of the other go."""
        for account in self.accounts.values():
            self.sandbox.clear_calls(account.id)
        hosts = {name: {**host, "iam_alerting_delete_logs": name == "grouped"} for name, host in self.hosts().items()}
        return self.playbooks.run("teardown", hosts)

    def mailed(self, words: str) -> list[str]:
        mails = (f"{mail['Subject']} {mail.get_content()}" for mail in self.sandbox.mails(SUBSCRIBER))
        return [mail for mail in mails if words in mail]

    def trail(self, account: Account) -> dict[str, Any]:
        """What became of the log files. The question is an event for the next one."""
        return dict(account.client("cloudtrail").get_trail_status(Name="iam-alerting"))

    def queue_url(self, account: Account, queue: str) -> str:
        return str(account.client("sqs").get_queue_url(QueueName=f"iam-alerting-{queue}")["QueueUrl"])

    def received(self, account: Account, queue: str) -> str:
        """The next message of a queue; nothing if there is none."""
        answer = account.client("sqs").receive_message(QueueUrl=self.queue_url(account, queue))
        return str(answer.get("Messages", [{"Body": ""}])[0]["Body"])

    def waiting(self, name: str) -> int:
        """How many events wait for the function."""
        account = self.accounts[name]
        url = self.queue_url(account, "events")
        number = "ApproximateNumberOfMessages"
        answer = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[number])
        return int(answer["Attributes"][number])

    @contextlib.contextmanager
    def key_without(self, name: str, sid: str) -> Iterator[None]:
        """In the block, the key's policy lacks a statement."""
        kms, key = self.accounts[name].client("kms"), self.key_arn(name)
        whole = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        document = json.loads(whole)
        document["Statement"] = [statement for statement in document["Statement"] if statement["Sid"] != sid]
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
        yield
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=whole)

    def specified(self, name: str) -> dict[str, Any]:
        """The account as it is to be, but for the key."""
        account = self.accounts[name]
        if name == "grouped":
            return grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS)
        return specification(account.id, name, ACTIONS, [SUBSCRIBER])


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Ask until the answer is one; the last one at the deadline."""

    def poll(ask: Callable[[], Any], timeout: float = 20) -> Any:
        deadline = time.monotonic() + timeout
        while not (found := ask()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    return poll


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


def test_each_has_what_it_needs_and_nobody_else_has_anything(deployment: Deployment) -> None:
    for name, account in deployment.accounts.items():
        policies = Policies.of(account, resources(account))
        needed = {each.title: policies.allow(deployment.sandbox, each) for each in needs(account, policies)}
        assert needed == dict.fromkeys(needed, True), name
        others = {each.title: policies.allow(deployment.sandbox, each) for each in refusals(account, policies)}
        assert others == dict.fromkeys(others, False), name


def test_each_statement_of_the_key_is_needed_for_what_it_says_and_for_nothing_else(deployment: Deployment) -> None:
    account = deployment.accounts["grouped"]
    policies = Policies.of(account, resources(account))
    needed = [each for each in needs(account, policies) if each.policy == "key"]
    for statement in policies.documents["key"]["Statement"]:
        sid = statement["Sid"]
        lost = {each.title for each in needed if not policies.allow(deployment.sandbox, each, without=sid)}
        assert lost == {each.title for each in needed if each.sid == sid}, sid
        assert lost, sid


def test_alerts_arrive_and_log_files_are_written(deployment: Deployment, eventually: Callable[..., Any]) -> None:
    for name, account in deployment.accounts.items():
        account.client("iam").create_user(UserName=f"of-{name}")
        assert eventually(lambda name=name: deployment.mailed(f"of-{name}")), name
        assert eventually(lambda account=account: deployment.trail(account).get("LatestDeliveryTime")), name
        assert "LatestDeliveryError" not in deployment.trail(account)


def test_without_its_statement_cloudtrail_writes_no_log_file(
    deployment: Deployment, eventually: Callable[..., Any]
) -> None:
    account = deployment.accounts["single"]
    for sid in ("CloudTrailEncryptsLogFiles", "CloudTrailUsesTheBucketKey"):
        with deployment.key_without("single", sid):
            assert eventually(lambda: deployment.trail(account).get("LatestDeliveryError")), sid
        assert eventually(lambda: deployment.trail(account).get("LatestDeliveryTime")), sid


def test_without_its_statement_the_function_publishes_nothing_and_the_event_is_a_dead_letter(
    deployment: Deployment, eventually: Callable[..., Any]
) -> None:
    account = deployment.accounts["single"]
    with deployment.key_without("single", "TheFunctionPublishes"):
        account.client("iam").create_user(UserName="unpublished")
        # The alert that the key's policy was changed is one, too.
        assert eventually(lambda: "unpublished" in deployment.received(account, "dlq"), 30)
    assert not deployment.mailed("unpublished")


def test_without_their_statement_rules_lose_the_event_and_nothing_tells_of_it(
    deployment: Deployment, eventually: Callable[..., Any]
) -> None:
    iam = deployment.accounts["grouped"].client("iam")
    with deployment.key_without("grouped", "RulesSendToTheQueues"):
        iam.delete_user(UserName="of-grouped")
        assert deployment.waiting("grouped") == 0
    iam.create_user(UserName="of-grouped")
    iam.delete_user(UserName="of-grouped")
    assert eventually(lambda: deployment.mailed("iam:DeleteUser"))
    assert len(deployment.mailed("iam:DeleteUser")) == 1


def test_without_its_statement_the_function_does_not_get_what_is_in_the_queue(
    deployment: Deployment, eventually: Callable[..., Any]
) -> None:
    client = deployment.accounts["grouped"].client("lambda")

    def result() -> str:
        (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
        return str(mapping["LastProcessingResult"])

    with deployment.key_without("grouped", "TheFunctionUsesTheQueues"):
        deployment.accounts["grouped"].client("iam").create_user(UserName="waits")
        assert eventually(lambda: "kms:Decrypt" in result())
        # Beside it the event that the key's policy was changed.
        assert deployment.waiting("grouped") == 2
    assert eventually(lambda: result() == "OK")
    with deployment.key_without("grouped", "TheFunctionRemembers"):
        deployment.accounts["grouped"].client("iam").create_user(UserName="forgotten")
        assert eventually(lambda: result() == "PROBLEM: Function call failed")


def test_whoever_changes_its_policy_is_told_of(deployment: Deployment, eventually: Callable[..., Any]) -> None:
    for name in deployment.accounts:
        key = deployment.key_arn(name).rpartition("/")[2]
        assert eventually(lambda key=key: deployment.mailed(f"its key {key}")), name


def test_verification_passes(deployment: Deployment) -> None:
    # Events of users are left to a summary by now.
    run = deployment.run("verify", iam_alerting_verify_with="role")
    assert run.status == 0, run.output
    assert all("pass: " in run.outcome(name) for name in deployment.accounts)


def test_a_key_that_cannot_be_used_makes_the_account_deaf(deployment: Deployment) -> None:
    account = deployment.accounts["single"]
    account.client("kms").disable_key(KeyId=deployment.key_arn("single"))
    run = deployment.playbooks.run("status", {"single": deployment.hosts()["single"]})
    assert f"key {ALIAS} cannot be used: its state is Disabled" in " ".join(run.output.split())


def test_switched_off_awss_own_keys_encrypt_and_the_key_stays(deployment: Deployment) -> None:
    expected = {name: deployment.specified(name) for name in deployment.accounts}
    for name, account in deployment.accounts.items():
        kept = with_key(account.id, deployment.specified(name), deployment.key_arn(name))["keys"]
        expected[name]["keys"] = kept
    expected["single"]["keys"][ALIAS]["state"] = "Disabled"
    run = deployment.run("deploy", *AT_ONCE, iam_alerting_customer_key=False)
    assert run.status == 0, run.output
    for name, account in deployment.accounts.items():
        assert resources(account) == expected[name], name
        key = deployment.key_arn(name).rpartition("/")[2]
        assert f"key kept for what it has encrypted: {ALIAS} ({key})" in run.outcome(name)


def test_teardown_keeps_the_key_with_the_log_files_or_lets_it_go_with_them(deployment: Deployment) -> None:
    keys = {name: deployment.key_arn(name).rpartition("/")[2] for name in deployment.accounts}
    run = deployment.teardown()
    assert run.status == 0, run.output
    single, grouped_ = (run.outcome(name) for name in ("single", "grouped"))
    assert f"us-east-1 and their key {ALIAS} ({keys['single']}) (to delete" in single
    assert grouped_ == f"removed, with all log files; the key {ALIAS} ({keys['grouped']}) is deleted in 30 days"
    found = {name: resources(account) for name, account in deployment.accounts.items()}
    left = {name: [kind for kind, found_ in of.items() if found_] for name, of in found.items()}
    assert left == {"single": ["keys", "buckets"], "grouped": ["keys"]}
    assert found["grouped"]["keys"][ALIAS]["state"] == "PendingDeletion"
    again = deployment.teardown()
    assert again.changed() == dict.fromkeys(deployment.accounts, 0), again.output
    assert deployment.written() == {name: [] for name in deployment.accounts}


def test_the_next_deployment_takes_the_key_again_though_it_was_to_be_deleted(deployment: Deployment) -> None:
    arns = {name: deployment.key_arn(name) for name in deployment.accounts}
    run = deployment.run("deploy")
    assert run.status == 0, run.output
    for name, account in deployment.accounts.items():
        assert resources(account) == with_key(account.id, deployment.specified(name), arns[name]), name
