"""What could not be delivered is sent through the function again, once it can be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import hands
from tests.integration.conftest import Playbooks
from tests.integration.live import Account

NAME = "iam-alerting"
# What each account has of its own. In one of them alerts are grouped.
ACCOUNTS: dict[str, dict[str, Any]] = {"one": {}, "grouped": {"iam_alerting_group_seconds": 60}}
REMINDER = json.dumps({"summary": {"pk": "group", "opener": "event#2026-11-23T03:12:45Z#1a2b"}})


def address(account: Account) -> str:
    return f"{account.id}@example.com"


def hosts(accounts: dict[str, Account], **variables: Any) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "account_id": account.id,
            "iam_alerting_actions": ["iam:CreateUser", "iam:DeleteUser"],
            "iam_alerting_subscribers": [address(account)],
            **ACCOUNTS[name],
            **variables,
        }
        for name, account in accounts.items()
    }


@pytest.fixture(scope="module")
def deployed(playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]) -> dict[str, Account]:
    accounts = {name: open_account() for name in ACCOUNTS}
    playbooks.deployed(hosts(accounts))
    for account in accounts.values():
        sandbox.confirm(address(account))
    return accounts


def dead_letters(account: Account) -> int:
    """How many messages of the dead-letter queue can be received."""
    attribute = "ApproximateNumberOfMessages"
    answer = account.client("sqs").get_queue_attributes(QueueUrl=hands.queue_url(account), AttributeNames=[attribute])
    return int(answer["Attributes"][attribute])


def put(account: Account, body: str) -> None:
    account.client("sqs").send_message(QueueUrl=hands.queue_url(account), MessageBody=body)


def wait_for_dead_letters(account: Account, number: int) -> None:
    deadline = time.monotonic() + 60
    while dead_letters(account) < number:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def look_into_dead_letters(account: Account) -> list[dict[str, Any]]:
    """The messages that can be received, which stay so."""
    answer = account.client("sqs").receive_message(
        QueueUrl=hands.queue_url(account),
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
    )
    return [json.loads(message["Body"]) for message in answer["Messages"]]


def about_mallory(sandbox: Sandbox, account: Account) -> list[EmailMessage]:
    return [mail for mail in sandbox.mails(address(account)) if "user mallory" in mail.get_content()]


def no_longer_publishes(account: Account) -> None:
    iam, role = account.client("iam"), f"{NAME}-function"
    (policy,) = [name for name in iam.list_role_policies(RoleName=role)["PolicyNames"] if "grouping" not in name]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    document["Statement"] = [each for each in document["Statement"] if "sns:Publish" not in each["Action"]]
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def test_nothing_is_said_to_be_nothing(deployed: dict[str, Account], playbooks: Playbooks) -> None:
    run = playbooks.run("redrive", hosts(deployed))
    assert run.status == 0, run.output
    assert run.changed() == dict.fromkeys(deployed, 0)
    assert [run.outcome(name) for name in deployed] == ["no dead letters"] * len(deployed)


def test_what_was_not_delivered_is_mailed_once_the_cause_is_mended(
    deployed: dict[str, Account], playbooks: Playbooks, sandbox: Sandbox
) -> None:
    account = deployed["one"]
    one = {"one": account}
    no_longer_publishes(account)
    account.client("iam").create_user(UserName="mallory")
    account.client("iam").delete_user(UserName="mallory")
    # Also the call with which it was broken, as that touches the alerting.
    wait_for_dead_letters(account, 3)
    # Lambda tells the error with the event, and each event comes once.
    records = look_into_dead_letters(account)
    assert [record["requestContext"]["condition"] for record in records] == ["RetriesExhausted"] * 3
    assert {record["requestPayload"]["detail"]["eventName"] for record in records} == {
        "CreateUser",
        "DeleteUser",
        "PutRolePolicy",
    }
    assert all("AuthorizationError" in record["responsePayload"]["errorMessage"] for record in records)

    sandbox.clear_calls(account.id)
    check = playbooks.run("redrive", hosts(one), "--check")
    assert check.outcome("one") == "would redrive 3 dead letters"
    assert check.recap["one"]["changed"] == 1
    called = {call["eventName"] for call in sandbox.calls(account.id)}
    assert called == {"AssumeRole", "GetQueueUrl", "GetQueueAttributes"}
    assert dead_letters(account) == 3

    # The other account has nothing, and is reported nevertheless.
    broken = playbooks.run("redrive", hosts(deployed))
    said = broken.outcome("one")
    assert broken.status != 0
    assert "3 dead letters: 3 left. " in said, broken.output
    assert "iam:CreateUser " in said
    assert "iam:DeleteUser " in said
    assert "the function failed: " in said
    assert "AuthorizationError" in said
    assert broken.outcome("grouped") == "no dead letters"
    assert dead_letters(account) == 3
    assert sandbox.mails(address(account)) == []

    assert playbooks.run("deploy", hosts(one)).status == 0
    mended = playbooks.run("redrive", hosts(one))
    assert mended.outcome("one") == "3 dead letters: 3 alerted", mended.output
    assert mended.recap["one"]["changed"] == 1
    # The deployment that mended it is told of by itself.
    sandbox.wait_for_mails(address(account), 4)
    mails = about_mallory(sandbox, account)
    assert sorted(mail["Subject"].split()[1] for mail in mails) == ["iam:CreateUser", "iam:DeleteUser"]

    again = playbooks.run("redrive", hosts(one))
    assert again.outcome("one") == "no dead letters"
    assert again.status == 0
    assert len(about_mallory(sandbox, account)) == 2


def test_a_reminder_is_taken_and_what_is_no_event_is_left_and_named(
    deployed: dict[str, Account], playbooks: Playbooks
) -> None:
    for account in deployed.values():
        put(account, REMINDER)
        put(account, "no event")
    # What the rule could not deliver is the event alone.
    put(deployed["one"], json.dumps({"detail": {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}}))
    run = playbooks.run("redrive", hosts(deployed))
    # The one has a table to look for the window in, the other has none.
    told = {
        "grouped": "2 dead letters: 1 reminded of a summary",
        "one": "3 dead letters: 1 alerted, 1 a reminder without anything to tell",
    }
    for name, what in told.items():
        assert f"{what}, 1 left. message " in run.outcome(name), run.output
        assert run.outcome(name).endswith(": is no event; look at it, and delete it by hand")
        assert run.recap[name]["failed"] == 1
        assert dead_letters(deployed[name]) == 1


def test_an_account_without_the_alerting_is_told_to_deploy(
    playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    run = playbooks.run("redrive", hosts({"one": open_account()}))
    assert run.outcome("one").endswith(f"There is no queue {NAME}-dlq. Deploy first")


def test_wrong_variables_are_refused_before_anything_is_done(
    deployed: dict[str, Account], playbooks: Playbooks, sandbox: Sandbox
) -> None:
    account = deployed["one"]
    sandbox.clear_calls(account.id)
    run = playbooks.run("redrive", hosts({"one": account}, iam_alerting_name="A"))
    assert "iam_alerting_name is 'A', but it must have" in run.outcome("one")
    assert sandbox.calls(account.id) == []
