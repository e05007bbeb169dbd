"""Which trail serves, and what is refused before the first write. One run for all accounts, and one after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import others
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, Management

ALL = "bucket, trail, topic, queue, log_group, execution_role, function, rule, alarms, tampering_rule"
WITHOUT_TRAIL = ALL.removeprefix("bucket, trail, ")
MOST_READS = 24
MULTI_REGION: dict[str, Any] = {"IsMultiRegionTrail": True}


@dataclass
class Scene:
    """The accounts, the variables of each, and how the first run ended."""

    sandbox: Sandbox
    playbooks: Playbooks
    accounts: dict[str, Account]
    variables: dict[str, dict[str, Any]]
    first: Run

    def run(self, playbook: str, *names: str, **variables: Any) -> Run:
        for name in names:
            self.sandbox.clear_calls(self.accounts[name].id)
        return self.playbooks.run(playbook, self.hosts(*names, **variables))

    def hosts(self, *names: str, **variables: Any) -> dict[str, dict[str, Any]]:
        return {name: {"account_id": self.accounts[name].id, **self.variables[name], **variables} for name in names}

    def writes(self, name: str) -> list[str]:
        return [call["eventName"] for call in self.sandbox.calls(self.accounts[name].id, writes=True)]


ADDRESS = "served@example.com"
EXISTING = {"iam_alerting_trail": "existing"}
VARIABLES: dict[str, dict[str, Any]] = {
    "served": {"iam_alerting_subscribers": [ADDRESS]},
    "asked-for": EXISTING,
    "stopped": {},
    "full": {},
    "topic": {},
    "queue": {},
    "role": {},
    "unable": {},
    "blind": {},
}


@pytest.fixture(scope="module")
def scene(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Scene:
    accounts = {name: open_account() for name in VARIABLES}
    others.trail(accounts["served"], **MULTI_REGION)
    for name in ("asked-for", "stopped"):
        others.trail(accounts[name], logs=False, **MULTI_REGION)
    for number in range(5):
        others.trail(accounts["full"], f"others-{number}", logs=False)
    for make in (others.topic, others.queue, others.role):
        make(accounts[make.__name__])
    management = sandbox.management_account
    denied = {
        "served": ["iam:SimulatePrincipalPolicy"],
        "unable": ["iam:CreateRole", "sns:CreateTopic"],
        "blind": ["iam:GetRole", "iam:SimulatePrincipalPolicy"],
    }
    variables = dict(VARIABLES)
    for name, actions in denied.items():
        others.deployer(accounts[name], management, *actions)
        role = f"arn:aws:iam::{accounts[name].id}:role/ops/deployer"
        variables[name] = {**VARIABLES[name], "iam_alerting_assume_role": role}
    for account in accounts.values():
        sandbox.clear_calls(account.id)
    scene = Scene(sandbox, playbooks, accounts, variables, Run(0, {}, ""))
    scene.first = playbooks.run("deploy", scene.hosts(*accounts))
    return scene


REFUSED = {
    "asked-for": ("iam_alerting_trail is existing", "others: it is not logging", "iam_alerting_trail to create"),
    "full": ("us-east-1 has 5 trails (others-0, ", "trails per Region"),
    "topic": ("topic iam-alerting that is not ours", "'Marketing'", "iam_alerting_name"),
    "queue": ("queue iam-alerting-dlq that is not ours", "iam_alerting_name"),
    "role": ("role iam-alerting-function that is not ours", "trust policy", "iam_alerting_name"),
    "unable": ("lacks permissions", "iam:CreateRole on arn:aws:iam::", "sns:CreateTopic on arn:aws:sns:", "role/ops/"),
    "blind": ("assumed-role/deployer/", "may not read role iam-alerting-function in account", "iam:GetRole"),
}


def test_what_would_stop_half_way_is_refused_before_the_first_write(scene: Scene) -> None:
    assert scene.first.status != 0
    for name, told in REFUSED.items():
        line = scene.first.outcome(name)
        assert line.startswith("FAILED: ")
        assert all(word in line for word in told), line
        assert scene.writes(name) == []


def test_a_check_announces_that_the_run_would_fail(scene: Scene) -> None:
    run = scene.playbooks.run("deploy", scene.hosts("unable", "full"), "--check")
    assert run.status != 0
    assert "iam:CreateRole" in run.outcome("unable")
    assert "trails per Region" in run.outcome("full")


def test_a_trail_that_is_there_serves_and_ours_is_not_made(scene: Scene) -> None:
    account = scene.accounts["served"]
    assert scene.first.outcome("served") == (
        f"changed: {WITHOUT_TRAIL}; not confirmed yet: {ADDRESS}; trail in use: others"
    )
    assert list(resources_of_trails(account)) == ["others"]
    assert [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]] == [f"others-{account.id}"]
    scene.sandbox.confirm(ADDRESS)
    account.client("iam").create_user(UserName="new")
    (mail,) = scene.sandbox.wait_for_mails(ADDRESS, 1)
    assert "iam:CreateUser" in mail["Subject"]


def resources_of_trails(account: Account) -> dict[str, Any]:
    return {trail["Name"]: trail for trail in account.client("cloudtrail").describe_trails()["trailList"]}


def test_one_that_does_not_log_is_left_alone_and_ours_is_made(scene: Scene) -> None:
    assert scene.first.outcome("stopped").startswith(f"changed: {ALL}; beside ours there is trail: others (if it logs")
    assert sorted(resources_of_trails(scene.accounts["stopped"])) == ["iam-alerting", "others"]


def test_the_status_names_the_trail_and_says_deaf_where_none_serves(scene: Scene, tmp_path: Path) -> None:
    report = tmp_path / "status.json"
    hosts = scene.hosts("served", "asked-for")
    assert scene.playbooks.run("status", hosts, "-e", f"iam_alerting_status_json={report}").status == 0
    accounts = {account["host"]: account for account in json.loads(report.read_text())["accounts"]}
    assert accounts["served"]["trail"] | {"last_delivery": None} == {
        "name": "others",
        "own": False,
        "exists": True,
        "logging": True,
        "last_delivery": None,
        "delivery_error": None,
    }
    # Nothing is deployed there either.
    assert accounts["asked-for"]["trail"]["exists"] is False
    assert accounts["asked-for"]["status"] == "deaf"


@pytest.fixture(scope="module")
def second(scene: Scene) -> Run:
    scene.accounts["stopped"].client("cloudtrail").start_logging(Name="others")
    scene.variables["stopped"] = EXISTING
    return scene.run("deploy", "served", "stopped")


def test_a_second_run_with_a_trail_of_others_changes_nothing(second: Run, scene: Scene) -> None:
    assert second.outcome("served") == "in sync; trail in use: others"
    assert second.changed()["served"] == 0
    assert scene.writes("served") == []
    assert len(scene.sandbox.calls(scene.accounts["served"].id)) <= MOST_READS


def test_switched_to_existing_our_trail_goes_and_the_bucket_stays(second: Run, scene: Scene) -> None:
    account = scene.accounts["stopped"]
    bucket = f"iam-alerting-{account.id}-us-east-1"
    assert second.outcome("stopped") == (
        f"removed: trail; trail in use: others; kept the log files of a former trail in bucket: {bucket}"
    )
    assert scene.writes("stopped") == ["DeleteTrail"]
    assert list(resources_of_trails(account)) == ["others"]
    account.client("s3").head_bucket(Bucket=bucket)


@pytest.fixture
def organization(sandbox: Sandbox) -> Iterator[Account]:
    """The management account with a trail of the organization, which goes again: all accounts see it."""
    management = Management(sandbox.management_account, sandbox.environment())
    management.client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    others.trail(management, "organization", IsOrganizationTrail=True, **MULTI_REGION)
    yield management
    management.client("cloudtrail").delete_trail(Name="organization")


def test_the_organizations_trail_serves_its_members(organization: Account, second: Run, scene: Scene) -> None:
    account = scene.accounts["served"]
    account.client("cloudtrail").stop_logging(Name="others")
    told = f"organization of account {organization.id} (changes of it are not seen here)"
    assert scene.run("deploy", "served").outcome("served") == f"in sync; trail in use: {told}"
    assert scene.writes("served") == []
    account.client("iam").create_user(UserName="another")
    # That the account's own trail was stopped comes through the organization's, too.
    told_of = [mail["Subject"].split()[1] for mail in scene.sandbox.wait_for_mails(ADDRESS, 3)]
    assert told_of == ["iam:CreateUser", "cloudtrail:StopLogging", "iam:CreateUser"]
