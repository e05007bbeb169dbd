"""Deploy to three accounts, and what an engineer then gets."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources
from tests.integration.specification import specification

ACTIONS = ["iam:CreateUser", "iam:DeleteUser", "iam:AttachUserPolicy"]
ALL = "bucket, trail, topic, queue, log_group, execution_role, function, rule, alarms, tampering_rule"
NAMES = ("production", "staging", "research")


class Deployment:
    """Three accounts, deployed once for all tests here; each has a subscriber of its own."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox = sandbox
        self.playbooks = playbooks
        self.accounts = {name: open_account() for name in NAMES}
        self.first = self.deploy()
        for name in NAMES:
            sandbox.confirm(self.subscriber(name))

    def subscriber(self, name: str) -> str:
        return f"{name}@example.com"

    def hosts(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            name: {
                "account_id": account.id,
                "iam_alerting_actions": ACTIONS,
                "iam_alerting_subscribers": [self.subscriber(name)],
            }
            for name, account in self.accounts.items()
        }

    def deploy(self) -> Run:
        return self.playbooks.run("deploy", self.hosts())


@pytest.fixture(scope="module")
def deployment(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Deployment:
    deployment = Deployment(sandbox, playbooks, open_account)
    assert deployment.first.status == 0, deployment.first.output
    return deployment


def test_the_accounts_are_what_the_specification_says(deployment: Deployment) -> None:
    for name, account in deployment.accounts.items():
        assert resources(account) == specification(account.id, name, ACTIONS, [deployment.subscriber(name)])


def test_who_has_not_confirmed_is_named_per_account(deployment: Deployment) -> None:
    for name, account in deployment.accounts.items():
        said = f"changed: {ALL}; not confirmed yet: {deployment.subscriber(name)}"
        assert deployment.first.outcome(name) == said
        assert re.search(rf"^{name} +{account.id} +changed: bucket, trail, ", deployment.first.output, re.MULTILINE)


def test_a_second_run_changes_nothing_and_makes_no_write_call(deployment: Deployment) -> None:
    for account in deployment.accounts.values():
        deployment.sandbox.clear_calls(account.id)
    run = deployment.deploy()
    assert run.status == 0, run.output
    assert run.changed() == dict.fromkeys(NAMES, 0), run.output
    for account in deployment.accounts.values():
        assert deployment.sandbox.calls(account.id, writes=False)
        assert [call["eventName"] for call in deployment.sandbox.calls(account.id, writes=True)] == []


def test_one_mail_for_each_action_on_the_list_and_none_for_others(deployment: Deployment) -> None:
    address = deployment.subscriber("production")
    iam = deployment.accounts["production"].client("iam")
    iam.create_user(UserName="mallory")
    iam.create_group(GroupName="off-the-list")
    iam.delete_user(UserName="mallory")
    mails = deployment.sandbox.wait_for_mails(address, 2)
    # Whatever else was on its way is there by the time that a later event's mail is.
    iam.create_user(UserName="afterwards")
    mails = deployment.sandbox.wait_for_mails(address, 3)
    actions = sorted(mail["Subject"].split()[1] for mail in mails)
    assert actions == ["iam:CreateUser", "iam:CreateUser", "iam:DeleteUser"]
    assert all("in production (" in mail["Subject"] for mail in mails)
    assert all(mail["From"].startswith("cloudtrail-alerting") for mail in mails)
    text = next(mail.get_content() for mail in mails if "DeleteUser" in mail["Subject"])
    assert "iam:DeleteUser on user mallory" in text
    assert "assumed-role/OrganizationAccountAccessRole/tester" in text


def test_the_log_files_are_in_the_bucket(deployment: Deployment) -> None:
    account = deployment.accounts["staging"]
    account.client("iam").create_user(UserName="for-the-record")
    bucket = f"iam-alerting-{account.id}-us-east-1"
    deadline = time.monotonic() + 20
    while "for-the-record" not in (names := " ".join(created_users(account.client("s3"), bucket))):
        assert time.monotonic() < deadline, f"no log file tells of the user; found: {names}"
        time.sleep(0.2)


def created_users(s3: Any, bucket: str) -> list[str]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    files = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys if key.endswith(".json.gz")]
    records = [record for file in files for record in json.loads(gzip.decompress(file))["Records"]]
    return [record["requestParameters"]["userName"] for record in records if record["eventName"] == "CreateUser"]


def test_a_subscriber_taken_off_the_list_is_named_and_only_unsubscribed_if_asked_for(deployment: Deployment) -> None:
    account, address = deployment.accounts["research"], deployment.subscriber("research")
    host = deployment.hosts()["research"]
    both = {**host, "iam_alerting_subscribers": [address, "second@example.com"]}
    deployment.playbooks.run("deploy", {"research": both})
    deployment.sandbox.confirm("second@example.com")
    left = deployment.playbooks.run("deploy", {"research": host})
    assert left.outcome("research") == "in sync; not on the list: second@example.com"
    run = deployment.playbooks.run("deploy", {"research": {**host, "iam_alerting_purge_subscribers": True}})
    assert run.outcome("research") == "changed: topic"
    assert run.changed() == {"research": 2}, run.output  # the plan, and the topic
    assert resources(account)["topics"]["iam-alerting"]["subscriptions"] == [("email", address)]


def test_suppressed_events_give_no_mail_and_expired_records_are_reported(deployment: Deployment) -> None:
    account, address = deployment.accounts["staging"], deployment.subscriber("staging")
    record: dict[str, Any] = {
        "match": {"role": "OrganizationAccountAccessRole"},
        "reason": "tests",
        "owner": "qa@example.com",
    }
    records = [
        {"name": "users-of-tests", **record, "expires": "9999-12-31"},
        {"name": "forgotten", **record, "expires": "2020-12-31"},
    ]
    records[0]["match"] = {**record["match"], "action": "iam:CreateUser"}
    host = {**deployment.hosts()["staging"], "iam_alerting_suppressions": records}
    run = deployment.playbooks.run("deploy", {"staging": host})
    expired = "suppressions expired: forgotten on 2020-12-31 (owner qa@example.com)"
    assert run.outcome("staging") == f"changed: function; {expired}"
    before = about_iam(deployment, address)
    iam = account.client("iam")
    iam.create_user(UserName="expected")
    iam.delete_user(UserName="expected")
    deadline = time.monotonic() + 20
    while len(mails := about_iam(deployment, address)[len(before) :]) < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [mail["Subject"].split()[1] for mail in mails] == ["iam:DeleteUser"]
    assert "suppression forgotten fits, but expired on 2020-12-31" in mails[0].get_content()


def about_iam(deployment: Deployment, address: str) -> list[EmailMessage]:
    """The mails but for those about the deployment itself, which changes the function."""
    return [mail for mail in deployment.sandbox.mails(address) if mail["Subject"].split()[1].startswith("iam:")]


def test_no_credentials_in_the_output_however_verbose(deployment: Deployment) -> None:
    # Something has to differ, else no module is called, and none gets credentials.
    host = {**deployment.hosts()["research"], "iam_alerting_log_retention_days": 180}
    run = deployment.playbooks.run("deploy", {"research": host}, "-vvv")
    assert "changed: bucket, log_group" in run.output
    shown = re.findall(r"(?:secret_key|session_token)\"?: \"?([^\s\",]*)", run.output)
    # Modules get the session by a file, and none as arguments.
    assert set(shown) == {""}
