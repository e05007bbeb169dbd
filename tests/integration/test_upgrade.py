"""What an older release deployed is brought up by this one, and nobody and nothing is lost.

The requests of the older release were recorded by scripts/record_release.py.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from sandbox.replay import Target, Write
from tests.integration import hands
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources, waiting
from tests.integration.recordings import Recording
from tests.integration.specification import specification
from tests.integration.specification_options import grouped

RELEASES = Path(__file__).with_name("releases")
DEPLOYED = sorted(RELEASES.glob("*/*.json.gz"))
ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SECONDS = 300
LOG_FILE = {"Key": "AWSLogs/evidence.json.gz", "Body": b"{}"}


def name_of(path: Path) -> str:
    """Such as C(plain-of-0.1.0)."""
    return f"{path.name.partition('.')[0]}-of-{path.parent.name}"


def recorded(path: Path) -> Recording:
    found = json.loads(gzip.decompress(path.read_bytes()))
    binary = ("body", "answer")
    writes = (Write(**each | {part: base64.b64decode(each[part]) for part in binary}) for each in found["writes"])
    return Recording(Target(**found["origin"]), tuple(writes))


class Upgrade:
    """An account for each deployment of an older release, in use, and the run of this one over all of them."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.accounts = {name_of(path): open_account() for path in DEPLOYED}
        for path, (name, account) in zip(DEPLOYED, self.accounts.items(), strict=True):
            recorded(path).repeat(sandbox.environment(), Target(account.id, name))
            sandbox.confirm(self.subscriber(name))
            account.client("iam").create_user(UserName="before")
            sandbox.wait_for_mails(self.subscriber(name))
            account.client("s3").put_object(Bucket=hands.bucket(account), **LOG_FILE)
            account.client("sqs").send_message(QueueUrl=hands.queue_url(account), MessageBody="{}")
        self.before = {name: self.kept(name) for name in self.accounts}
        self.run = self.deploy()

    def subscriber(self, name: str) -> str:
        return f"{self.accounts[name].id}@example.com"

    def deploy(self, *options: str) -> Run:
        hosts = {
            name: {
                "account_id": account.id,
                "iam_alerting_actions": ACTIONS,
                "iam_alerting_subscribers": [self.subscriber(name)],
                "iam_alerting_group_seconds": SECONDS if name.startswith("grouped") else 0,
            }
            for name, account in self.accounts.items()
        }
        return self.playbooks.run("deploy", hosts, *options)

    def kept(self, name: str) -> dict[str, Any]:
        """What nobody could bring back."""
        account = self.accounts[name]
        versions = account.client("s3").list_object_versions(Bucket=hands.bucket(account))["Versions"]
        topic = hands.arn(account, "sns", hands.NAME)
        subscriptions = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        return {
            "log files": {(version["Key"], version["VersionId"]) for version in versions},
            "subscribers": {(each["Endpoint"], each["SubscriptionArn"]) for each in subscriptions},
            "asked to confirm": len(self.sandbox.mails(self.subscriber(name), "confirmation")),
            "dead letters": waiting(account, f"{hands.NAME}-dlq"),
        }


@pytest.fixture(scope="module")
def upgrade(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Upgrade:
    return Upgrade(sandbox, playbooks, open_account)


@pytest.mark.parametrize("name", [name_of(path) for path in DEPLOYED])
def test_no_subscriber_no_log_file_and_no_dead_letter_is_lost(name: str, upgrade: Upgrade) -> None:
    assert upgrade.run.status == 0, upgrade.run.output
    assert upgrade.run.outcome(name).startswith("changed: ")
    before, after = upgrade.before[name], upgrade.kept(name)
    assert LOG_FILE["Key"] in {key for key, _version in before["log files"]}
    assert before["log files"] <= after.pop("log files")
    assert before["dead letters"] == 1
    assert after == {kind: before[kind] for kind in after}


@pytest.mark.parametrize("name", [name_of(path) for path in DEPLOYED])
def test_the_account_is_as_if_this_release_had_deployed_it(name: str, upgrade: Upgrade) -> None:
    account, subscribers = upgrade.accounts[name], [upgrade.subscriber(name)]
    if name.startswith("grouped"):
        expected = grouped(account.id, name, ACTIONS, subscribers, SECONDS)
    else:
        expected = specification(account.id, name, ACTIONS, subscribers)
    assert resources(account) == expected


def test_alerts_come_as_before_and_nothing_is_left_to_do(upgrade: Upgrade) -> None:
    for name, account in upgrade.accounts.items():
        mails = upgrade.sandbox.mails(upgrade.subscriber(name))
        account.client("iam").delete_user(UserName="before")
        upgrade.sandbox.wait_for_mails(upgrade.subscriber(name), len(mails) + 1)
    again = upgrade.deploy("--check", "--diff")
    assert {again.outcome(name) for name in upgrade.accounts} == {"in sync"}, again.output
