"""The proof that an alert arrives, where it does and where one thing is broken; and that nothing of it is left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import deeds, hands
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import ADMIN_ROLE, Account

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
NAME = "iam-alerting"
# As long as an alert may take on a busy machine: what is broken is waited for so long.
SECONDS = 30
# For what has to arrive, however busy the machine.
PATIENT = {"iam_alerting_verify_minutes": 1}
AT_ONCE = {"__iam_alerting_leftover_minutes": 0}


def host(account: Account, **variables: Any) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "iam_alerting_actions": ACTIONS,
        "iam_alerting_subscribers": [f"{account.id}@example.com"],
        "iam_alerting_verify_minutes": SECONDS / 60,
        **variables,
    }


def traces(account: Account) -> dict[str, list[str]]:
    """What a verification makes and has to remove, as far as it is there."""
    iam, sns, sqs = (account.client(service) for service in ("iam", "sns", "sqs"))
    topic = f"arn:aws:sns:us-east-1:{account.id}:{NAME}"
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    found = {
        "users": [user["UserName"] for user in iam.list_users()["Users"]],
        "roles": [name for name in roles if name not in (ADMIN_ROLE, hands.ROLE)],
        "queues": [url for url in sqs.list_queues().get("QueueUrls", []) if not url.endswith(("-dlq", "-events"))],
        "subscriptions": [each["Endpoint"] for each in subscriptions if each["Protocol"] == "sqs"],
    }
    return {kind: names for kind, names in found.items() if names}


def hosts_of(accounts: Mapping[str, Account], **variables: Any) -> dict[str, dict[str, Any]]:
    """Each account by its name. In the one called two, alerts are grouped."""
    grouped = {"two": {"iam_alerting_group_seconds": 60}}
    return {name: host(account, **variables, **grouped.get(name, {})) for name, account in accounts.items()}


@pytest.fixture(scope="module")
def deployed(playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]) -> dict[str, Account]:
    accounts = {"one": open_account(), "two": open_account()}
    playbooks.deployed(hosts_of(accounts))
    confirm(sandbox, accounts)
    return accounts


def confirm(sandbox: Sandbox, accounts: Mapping[str, Account]) -> None:
    """Follow the links that the subscribers were mailed, as they are to before a verification."""
    for account in accounts.values():
        sandbox.confirm(f"{account.id}@example.com")


def topic_refuses(account: Account) -> None:
    sns, arn = account.client("sns"), f"arn:aws:sns:us-east-1:{account.id}:{NAME}"
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    nobody = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Resource": arn}
    policy["Statement"].append({"Sid": "NobodyPublishes", **nobody})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))


def other_actions(account: Account) -> None:
    detail = {"eventSource": ["iam.amazonaws.com"], "eventName": ["CreateGroup"]}
    pattern = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}
    hands.rule(EventPattern=json.dumps(pattern))(account)


BROKEN: dict[str, tuple[hands.Hand, str]] = {
    "trail-stopped": (hands.trail("stop_logging"), "record: the trail iam-alerting is not logging"),
    "rule-disabled": (
        lambda account: account.client("events").disable_rule(Name=NAME),
        "rule: the rule iam-alerting is disabled",
    ),
    "other-actions": (other_actions, "rule: iam:CreateUser is in no rule iam-alerting"),
    "no-permission": (
        hands.permission_goes(NAME),
        "rule: the policy of the function does not let the rule iam-alerting invoke it",
    ),
    "function-fails": (hands.code("raise KeyError('no luck')"), "function: the function failed"),
    "function-does-nothing": (deeds.code_is_replaced, "function: not as deployed: function CodeSha256"),
    "topic-refuses": (topic_refuses, "topic: the function could not publish: "),
}


def test_alerts_arrive_and_the_accounts_are_as_before(
    deployed: dict[str, Account], playbooks: Playbooks, sandbox: Sandbox
) -> None:
    run = playbooks.run("verify", hosts_of(deployed, **PATIENT))
    assert run.status == 0, run.output
    assert run.changed() == dict.fromkeys(deployed, 0)
    for name, account in deployed.items():
        stages = r"\(record [\d.]+, function [\d.]+, topic [\d.]+, queue [\d.]+, seen [\d.]+\)"
        assert re.fullmatch(rf"pass: CreateUser [\d.]+ s, DeleteUser [\d.]+ s {stages}", run.outcome(name))
        assert traces(account) == {}
        # Subscribers are told, too, that the queue of the verification was unsubscribed.
        mails = sandbox.wait_for_mails(f"{account.id}@example.com", 3)
        assert sorted(mail["Subject"].split()[1] for mail in mails) == [*ACTIONS, "sns:Unsubscribe"]
    again = playbooks.run("deploy", hosts_of(deployed))
    assert [again.outcome(name) for name in deployed] == ["in sync"] * len(deployed)


def test_who_has_not_confirmed_is_named_and_if_nobody_has_the_account_fails(
    playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    accounts = {"some": open_account(), "nobody": open_account()}
    hosts = {name: host(account, **PATIENT) for name, account in accounts.items()}
    for variables in hosts.values():
        variables["iam_alerting_subscribers"] = [*variables["iam_alerting_subscribers"], "late@example.com"]
    playbooks.deployed(hosts)
    confirm(sandbox, {"some": accounts["some"]})
    run = playbooks.run("verify", hosts)
    assert run.status != 0
    assert run.outcome("some").startswith("pass: "), run.output
    assert run.outcome("some").endswith("; not confirmed: late@example.com")
    pending = f"{accounts['nobody'].id}@example.com, late@example.com"
    assert f"nobody who gets them is subscribed there; not confirmed: {pending}. " in run.outcome("nobody")
    assert traces(accounts["nobody"]) == {}


def test_a_role_serves_as_well_as_a_user(deployed: dict[str, Account], playbooks: Playbooks) -> None:
    account = deployed["one"]
    roles = host(account, iam_alerting_actions=["iam:*Role"])
    assert playbooks.run("deploy", {"one": roles}).status == 0
    run = playbooks.run("verify", {"one": {**roles, "iam_alerting_verify_with": "role", **PATIENT}})
    assert run.outcome("one").startswith("pass: CreateRole "), run.output
    assert traces(account) == {}
    assert playbooks.run("deploy", {"one": host(account)}).status == 0


def test_check_writes_nothing_and_says_what_would_be_done(
    deployed: dict[str, Account], playbooks: Playbooks, sandbox: Sandbox
) -> None:
    account = deployed["two"]
    sandbox.clear_calls(account.id)
    run = playbooks.run("verify", hosts_of({"two": account}), "--check")
    assert run.outcome("two") == (
        "would create and delete a user under /trailwatch-verify/ and a queue for the time of it, and wait up to 0.5 "
        "minutes for the alerts of CreateUser and DeleteUser"
    )
    assert sandbox.calls(account.id)
    assert [call["eventName"] for call in sandbox.calls(account.id, writes=True)] == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not-listed": (
        {"iam_alerting_verify_with": "role"},
        "iam_alerting_actions has neither iam:CreateRole nor iam:DeleteRole, so no alert would come of them. Add one, "
        "or set iam_alerting_verify_with to user.",
    ),
    "too-long": ({"iam_alerting_verify_minutes": 60}, "iam_alerting_verify_minutes is 60, but it must be"),
    "no-kind": ({"iam_alerting_verify_with": "group"}, "value of iam_alerting_verify_with must be one of"),
    "name": ({"iam_alerting_name": "A"}, "iam_alerting_name is 'A', but it must have"),
}


def test_an_account_without_the_alerting_is_told_to_deploy(
    playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    account = open_account()
    run = playbooks.run("verify", {"empty": host(account)})
    assert run.outcome("empty").endswith(f"There is no topic arn:aws:sns:us-east-1:{account.id}:{NAME}. Deploy first")
    assert account.client("sqs").list_queues().get("QueueUrls", []) == []


def test_wrong_variables_are_refused_before_anything_is_done(
    playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    accounts = {name: open_account() for name in REFUSED}
    run = playbooks.run("verify", {name: host(accounts[name], **wrong) for name, (wrong, _said) in REFUSED.items()})
    assert run.status != 0
    for name, (_wrong, said) in REFUSED.items():
        assert said in run.outcome(name)
        assert sandbox.calls(accounts[name].id) == []


def test_an_event_that_is_suppressed_is_said_and_alone_proves_nothing(
    playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    record = {"reason": "tests", "owner": "qa@example.com", "expires": "9999-12-31", "name": "known"}
    patterns = {"half": "iam:CreateUser", "whole": "iam:*User"}
    accounts = {name: open_account() for name in patterns}
    hosts = {
        name: host(
            accounts[name], iam_alerting_suppressions=[{**record, "match": {"role": ADMIN_ROLE, "action": action}}]
        )
        for name, action in patterns.items()
    }
    playbooks.deployed(hosts)
    confirm(sandbox, accounts)
    run = playbooks.run("verify", {name: {**variables, **PATIENT} for name, variables in hosts.items()})
    assert run.outcome("half").startswith("pass: DeleteUser "), run.output
    assert run.outcome("half").endswith("; CreateUser suppressed by known")
    told = "CreateUser and DeleteUser stopped at the function: suppressed by known."
    assert told in run.outcome("whole")


@pytest.fixture(scope="module")
def broken(
    deployed: dict[str, Account], playbooks: Playbooks, open_account: Callable[[], Account]
) -> tuple[dict[str, Account], Run]:
    """Accounts with one thing broken in each, and one in order, verified in one run."""
    accounts = {name: open_account() for name in BROKEN}
    playbooks.deployed({name: host(account) for name, account in accounts.items()})
    for name, (hand, _said) in BROKEN.items():
        hand(accounts[name])
    hosts = {name: host(account) for name, account in accounts.items()}
    hosts["in-order"] = host(deployed["one"], **PATIENT)
    return accounts, playbooks.run("verify", hosts)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_with_its_stage(name: str, broken: tuple[dict[str, Account], Run]) -> None:
    accounts, run = broken
    said = run.outcome(name)
    assert f"stopped at the {BROKEN[name][1]}" in said
    assert "Deploy again" in said
    assert run.recap[name]["failed"] == 1
    assert traces(accounts[name]) == {}


def test_a_broken_account_does_not_hide_the_others(broken: tuple[dict[str, Account], Run]) -> None:
    _accounts, run = broken
    assert run.status != 0
    assert run.outcome("in-order").startswith("pass: ")


def test_what_a_broken_run_left_is_removed_by_a_later_one(
    playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    # The writes are CreateQueue, Subscribe, CreateUser, DeleteUser, ...
    left = {1: {"queues"}, 2: {"queues", "subscriptions"}, 3: {"queues", "subscriptions", "users"}}
    accounts = {f"after-{number}": open_account() for number in left}
    hosts = {name: host(account) for name, account in accounts.items()}
    playbooks.deployed(hosts)
    confirm(sandbox, accounts)
    for number, account in zip(left, accounts.values(), strict=True):
        sandbox.fault(account.id, break_after_write=number)
    run = playbooks.run("verify", hosts)
    for name, account in accounts.items():
        sandbox.clear_faults(account.id)
        assert "ExpiredToken" in run.outcome(name), run.output
    assert [set(traces(account)) for account in accounts.values()] == list(left.values())
    young = playbooks.run("verify", hosts, "--check")
    assert "would remove" not in young.output
    hosts = {name: {**variables, **PATIENT, **AT_ONCE} for name, variables in hosts.items()}
    announced = playbooks.run("verify", hosts, "--check")
    run = playbooks.run("verify", hosts)
    assert run.status == 0, run.output
    for name, account in accounts.items():
        assert "; removed what an earlier run left: " in run.outcome(name)
        what = run.outcome(name).rpartition("left: ")[2]
        assert announced.outcome(name).endswith(f"; would remove what an earlier run left: {what}")
        assert run.recap[name]["changed"] == 1
        assert traces(account) == {}
