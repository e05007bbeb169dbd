"""How accounts are entered: once for each run, in a way that they can recognise, and without telling a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account

NAMES = ("production", "staging")
SESSION = {"iam_alerting_session_name": "ci-4711", "iam_alerting_source_identity": "alice@example.com"}


class Runs:
    """The runs of two accounts, each with all that Ansible can write down of it."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], folder: Path
    ) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.accounts = {name: open_account() for name in NAMES}
        self.playbooks = Playbooks(folder, playbooks.environment)
        self.playbooks.environment |= {
            "ANSIBLE_LOG_PATH": str(folder / "log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
            "ANSIBLE_CALLBACKS_ENABLED": "everything",
            "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
            "EVERYTHING": str(folder / "everything"),
        }
        self.calls: dict[str, list[dict[str, Any]]] = {}
        self.runs: dict[str, Run] = {}

    def run(self, title: str, playbook: str, **variables: Any) -> None:
        for account in self.accounts.values():
            self.sandbox.clear_calls(account.id)
        hosts = {name: {"account_id": account.id, **variables} for name, account in self.accounts.items()}
        run = self.runs[title] = self.playbooks.run(playbook, hosts, "-vvv")
        assert run.status == 0, run.output
        (self.folder / f"output-{title}").write_text(run.output)
        self.calls[title] = [call for account in self.accounts.values() for call in self.sandbox.calls(account.id)]

    def entered(self, title: str) -> list[dict[str, Any]]:
        """How the accounts were entered in a run."""
        return [call for call in self.calls[title] if call["eventName"] == "AssumeRole"]


@pytest.fixture(scope="module")
def runs(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Runs:
    runs = Runs(sandbox, playbooks, open_account, tmp_path_factory.mktemp("runs"))
    for account in runs.accounts.values():
        allow_tags(account, sandbox.management_account)
    playbooks.begun({name: {"account_id": account.id} for name, account in runs.accounts.items()})
    runs.run("deploy", "deploy", **SESSION, iam_alerting_session_tags={"pipeline": "4711"})
    runs.run("again", "deploy")
    runs.run("status", "status")
    runs.run("teardown", "teardown")
    return runs


def allow_tags(account: Account, by: str) -> None:
    statement = (
        f'{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{by}:root"}}, '
        '"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}'
    )
    account.client("iam").update_assume_role_policy(
        RoleName="OrganizationAccountAccessRole",
        PolicyDocument=f'{{"Version": "2012-10-17", "Statement": [{statement}]}}',
    )


@pytest.mark.parametrize("title", ["deploy", "again", "status", "teardown"])
def test_each_account_is_entered_once(title: str, runs: Runs) -> None:
    entered = sorted(call["recipientAccountId"] for call in runs.entered(title))
    assert entered == sorted(account.id for account in runs.accounts.values())


def test_the_account_can_tell_who_it_was(runs: Runs) -> None:
    for call in runs.entered("deploy"):
        asked = call["requestParameters"]
        assert (asked["roleSessionName"], asked["sourceIdentity"]) == ("ci-4711", "alice@example.com")
        assert asked["tags"] == [{"key": "pipeline", "value": "4711"}]
    assert {call["requestParameters"]["roleSessionName"] for call in runs.entered("again")} == {"trailwatch"}
    assert all("tags" not in call["requestParameters"] for call in runs.entered("again"))


def test_every_call_of_the_session_tells_it(runs: Runs) -> None:
    calls = [call for call in runs.calls["deploy"] if call["eventName"] != "AssumeRole"]
    assert {call["eventName"] for call in calls} > {"PutRule", "PutTargets", "PutMetricAlarm"}
    mine = [call for call in calls if call["userIdentity"]["type"] == "AssumedRole"]
    assert {call["userIdentity"]["arn"].rpartition("/")[2] for call in mine} == {"ci-4711"}
    assert {call["userIdentity"]["sessionContext"]["sourceIdentity"] for call in mine} == {"alice@example.com"}


def test_no_secret_is_in_output_log_callbacks_or_cache(sandbox: Sandbox, runs: Runs) -> None:
    secrets = set(sandbox.secrets())
    assert len(secrets) > 2 * len(runs.calls)
    written = [path for path in runs.folder.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"log", "everything", "output-deploy"}
    assert (runs.folder / "facts").is_dir()
    for path in written:
        text = path.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], path.name
    # The callback does see the arguments of the modules that had the session.
    assert re.search(r"'profile': '?trailwatch", (runs.folder / "everything").read_text())


def test_no_session_is_left_on_the_disk(runs: Runs) -> None:
    named = re.findall(r'"?session_file"?: "?([^"\s,]+)', runs.runs["deploy"].output)
    assert named
    assert not [path for path in named if Path(path).exists()]
