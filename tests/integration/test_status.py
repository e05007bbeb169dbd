"""What the status tells of accounts that are well, and of those where a hand was at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.hands import lambda_, queue_url, s3, trail
from tests.integration.live import Account

NAME = "iam-alerting"
# No other test's: all of a worker share the mailboxes of one sandbox.
SUBSCRIBER, LATE = "status@example.com", "late@example.com"
# Those of a plan, the metric, whether the subscriber is protected, and the history of one who is pending or missing.
MOST_READS = 31


def rule_is_disabled(account: Account) -> None:
    account.client("events").disable_rule(Name=NAME)


def event_is_dead(account: Account) -> None:
    account.client("sqs").send_message(QueueUrl=queue_url(account), MessageBody="{}")


def subscriber_is_lost(account: Account) -> None:
    sns = account.client("sns")
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=f"arn:aws:sns:us-east-1:{account.id}:{NAME}")
    sns.unsubscribe(SubscriptionArn=subscriptions["Subscriptions"][0]["SubscriptionArn"])


def alarm_sounds(account: Account) -> None:
    account.client("cloudwatch").set_alarm_state(
        AlarmName=f"{NAME}/function-throttles", StateValue="ALARM", StateReason="Threshold Crossed"
    )


HANDS: dict[str, Callable[[Account], Any]] = {
    "stopped": trail("stop_logging"),
    "disabled": rule_is_disabled,
    "dead": event_is_dead,
    "lost": subscriber_is_lost,
    "muted": lambda_("put_function_concurrency", ReservedConcurrentExecutions=0),
    "alarmed": alarm_sounds,
    "drifted": s3("delete_public_access_block"),
}


class Status:
    """Accounts that were deployed and changed by hand, and their status in one run."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], folder: Path
    ) -> None:
        self.sandbox, self.playbooks, self.folder = sandbox, playbooks, folder
        self.ids = {name: open_account() for name in ("healthy", *HANDS, "pending", "unreadable")}
        playbooks.deployed(self.hosts())
        sandbox.confirm(SUBSCRIBER)
        self.ids["healthy"].client("iam").create_user(UserName="mallory")
        # Before the hands, some of which are told of, too.
        assert len(sandbox.wait_for_mails(SUBSCRIBER)) == 1
        for name, hand in HANDS.items():
            hand(self.ids[name])
        sandbox.fault(
            self.ids["unreadable"].id, service="sns", operation="GetTopicAttributes", error="AuthorizationError"
        )
        for account in self.ids.values():
            sandbox.clear_calls(account.id)
        self.run = self.read("status", "-e", f"iam_alerting_status_html={folder}/status.html")
        self.report = json.loads((folder / "status.json").read_text())
        self.accounts = {account["host"]: account for account in self.report["accounts"]}

    def hosts(self) -> dict[str, dict[str, Any]]:
        hosts: dict[str, dict[str, Any]] = {
            name: {"account_id": account.id, "iam_alerting_subscribers": [SUBSCRIBER]}
            for name, account in self.ids.items()
        }
        hosts["pending"]["iam_alerting_subscribers"] = [SUBSCRIBER, LATE]
        return hosts

    def read(self, name: str, *options: str) -> Run:
        return self.playbooks.run(
            name, self.hosts(), "-e", f"iam_alerting_status_json={self.folder}/status.json", *options
        )

    def problems(self, host: str) -> list[tuple[str, str]]:
        return [(problem["kind"], problem["what"]) for problem in self.accounts[host]["problems"]]


@pytest.fixture(scope="module")
def status(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Status:
    return Status(sandbox, playbooks, open_account, tmp_path_factory.mktemp("status"))


def test_a_healthy_account(status: Status) -> None:
    account = status.accounts["healthy"]
    assert account["problems"] == [], account
    assert account["status"] == "healthy"
    assert account["trail"]["logging"] is True
    assert account["trail"]["last_delivery"].endswith("Z")
    assert account["rules"] == [{"name": NAME, "state": "ENABLED"}]
    assert account["function"]["state"] == "Active"
    assert account["function"]["code_as_desired"] is True
    told = {"protocol": "email", "endpoint": SUBSCRIBER, "state": "confirmed"}
    assert account["subscribers"] == [{**told, "asked": None, "protected": False, "note": None}]
    assert account["dead_letters"] == 0
    assert account["last_alert"].endswith(":00:00Z")
    assert account["drift"] == []


def test_what_a_hand_did_is_named(status: Status) -> None:
    assert status.problems("stopped") == [("deaf", f"trail {NAME} is not logging"), ("drift", "differs: trail")]
    assert status.problems("disabled") == [("deaf", f"rule {NAME} is disabled"), ("drift", "differs: rule")]
    assert status.problems("dead") == [("dead_letters", f"dead letters: 1 in {NAME}-dlq")]
    assert status.problems("lost") == [
        ("deaf", "no subscriber has confirmed"),
        ("drift", "differs: topic"),
        ("drift", f"missing: {SUBSCRIBER}"),
    ]
    assert status.problems("muted") == [
        ("deaf", f"function {NAME} never runs: its reserved concurrency is 0"),
        ("drift", "differs: function"),
    ]
    assert status.problems("alarmed") == [
        (
            "alarm",
            f"alarm {NAME}/function-throttles: Lambda does not run the function {NAME}, so alerts are late; after "
            f"six hours they come to the queue {NAME}-dlq",
        )
    ]
    states = {alarm["name"]: alarm["state"] for alarm in status.accounts["alarmed"]["alarms"]}
    assert states.pop(f"{NAME}/function-throttles") == "ALARM"
    assert "ALARM" not in states.values()
    assert status.problems("drifted") == [("drift", "differs: bucket")]
    assert status.accounts["pending"]["last_alert"] is None
    assert status.problems("pending") == [("pending", f"not confirmed: {LATE}")]


def test_an_account_that_cannot_be_read_is_told_with_the_reason(status: Status) -> None:
    account = status.accounts["unreadable"]
    assert account["status"] == "unreadable"
    assert account["account_id"] == status.ids["unreadable"].id
    assert "AuthorizationError" in account["problems"][0]["what"]
    assert account.keys() == status.accounts["healthy"].keys()
    assert status.run.status != 0
    assert [host for host, counts in status.run.recap.items() if counts["failed"]] == ["unreadable"]


def test_the_terminal_tells_the_problems_and_the_totals(status: Status) -> None:
    assert f"trail {NAME} is not logging; differs: trail" in status.run.output
    assert "1 healthy (-e iam_alerting_status_show=all lists them)" in status.run.output
    assert (
        "10 accounts: 1 healthy, 1 unreadable, 4 deaf, 1 with dead letters, 1 with alarms, 5 drifted, 1 with pending "
        "subscribers." in status.run.output
    )
    assert status.report["totals"]["deaf"] == 4


def test_the_page_has_every_account(status: Status) -> None:
    page = (status.folder / "status.html").read_text()
    assert all(account.id in page for account in status.ids.values())


def test_nothing_is_written_and_little_read(status: Status) -> None:
    for account in status.ids.values():
        assert status.sandbox.calls(account.id, writes=True) == []
        assert len(status.sandbox.calls(account.id)) <= MOST_READS


HOSTS = "dead,alarmed,drifted,pending"


def test_problems_of_a_named_kind_are_failures(status: Status) -> None:
    options = ("-e", '{"iam_alerting_status_fail_on": ["dead_letters", "drift", "alarm"]}', "--limit", HOSTS)
    run = status.read("status", *options)
    assert run.status != 0
    failed = {host: counts["failed"] for host, counts in run.recap.items()}
    assert failed == {"dead": 1, "alarmed": 1, "drifted": 1, "pending": 0}
    report = json.loads((status.folder / "status.json").read_text())
    assert [account["status"] for account in report["accounts"]] == ["dead_letters", "alarm", "drift", "pending"]


def test_problems_alone_are_no_failure(status: Status) -> None:
    run = status.read("status", "-e", "iam_alerting_status_show=all", "--limit", "healthy,stopped")
    assert run.status == 0, run.output
    assert "healthy" in run.output.split("WHAT")[1].split("2 accounts:")[0]


@pytest.mark.parametrize(
    ("variable", "value"), [("iam_alerting_status_html", "/nowhere/status.html"), ("iam_alerting_status_show", "some")]
)
def test_what_cannot_be_reported_is_not_read(variable: str, value: str, status: Status) -> None:
    account = status.ids["healthy"]
    status.sandbox.clear_calls(account.id)
    run = status.read("status", "-e", f"{variable}={value}")
    assert run.status != 0
    assert f"{variable} is '{value}'" in run.output
    assert status.sandbox.calls(account.id) == []


def test_a_report_that_cannot_be_written_is_a_failure_also_of_some_accounts(status: Status) -> None:
    status.sandbox.clear_calls(status.ids["healthy"].id)
    run = status.read("status", "-e", "iam_alerting_status_html=/nowhere/status.html", "--limit", "healthy")
    assert run.status != 0
    assert "iam_alerting_status_html is '/nowhere/status.html', but there is no such folder" in run.output
    assert status.sandbox.calls(status.ids["healthy"].id) == []


def test_hosts_that_all_share_one_account_are_read(status: Status) -> None:
    shared = {**status.hosts()["healthy"], "iam_alerting_account_name": "healthy"}
    file = status.folder / "shared.json"
    run = status.playbooks.run("status", {"one": shared, "two": shared}, "-e", f"iam_alerting_status_json={file}")
    assert run.status == 0, run.output
    assert [account["status"] for account in json.loads(file.read_text())["accounts"]] == ["healthy", "healthy"]
