"""One inventory in slices, run side by side by ansible-runner, as job slices of AWX or a CI matrix: one report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from tests.integration.conftest import ROOT, Playbooks, Run
from tests.integration.live import Account

# Of seven accounts, by their place in the group; the last one is shorter.
SLICES = ("accounts[0:1]", "accounts[2:3]", "accounts[4:5]", "accounts[6:7]")
DENIED: dict[str, Any] = {"service": "sqs", "operation": "CreateQueue", "error": "AccessDenied", "status": 403}


@dataclass(frozen=True)
class Sliced:
    """The accounts by host, how each slice ended, the files of their reports, and what was made of them."""

    accounts: dict[str, Account]
    statuses: list[int]
    reports: list[Path]
    merged: Run
    page: Path


def slice_begun(playbooks: Playbooks, folder: Path, inventory: Path, limit: str) -> subprocess.Popen[bytes]:
    """Run deploy.yml for a part of the hosts, in a folder of its own."""
    folder.mkdir()
    command = [sys.executable, "-m", "ansible_runner", "run", str(folder), "--quiet", "--project-dir", str(ROOT)]
    command += ["--playbook", str(ROOT / "playbooks/deploy.yml"), "--inventory", str(inventory), "--limit", limit]
    report = f"-e iam_alerting_report_json={folder}/report.json"
    return subprocess.Popen([*command, "--cmdline", report], env=playbooks.environment)


@pytest.fixture(scope="module")
def sliced(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Sliced:
    accounts = {f"account-{number}": open_account() for number in range(7)}
    sandbox.fault(accounts["account-5"].id, **DENIED)
    hosts = {
        name: {"account_id": account.id, "iam_alerting_components": ["queue"]} for name, account in accounts.items()
    }
    folder = tmp_path_factory.mktemp("slices")
    inventory = folder / "accounts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"children": {"accounts": {"hosts": hosts}}}}))
    folders = [folder / f"slice-{number}" for number in range(len(SLICES))]
    begun = [slice_begun(playbooks, each, inventory, limit) for each, limit in zip(folders, SLICES, strict=True)]
    statuses = [process.wait() for process in begun]
    reports = [each / "report.json" for each in folders]
    page = folder / "deploy.html"
    asked = {"iam_alerting_reports": [str(path) for path in reports], "iam_alerting_report_html": str(page)}
    merged = playbooks.run("merge", {}, "-e", json.dumps(asked))
    return Sliced(accounts, statuses, reports, merged, page)


def test_every_account_is_done_once(sliced: Sliced, sandbox: Sandbox) -> None:
    for name, account in sliced.accounts.items():
        calls = [call for call in sandbox.calls(account.id) if call["eventName"] == "CreateQueue"]
        assert len(calls) == 1, name
        assert ("errorCode" in calls[0]) == (name == "account-5")


def test_only_the_slice_with_the_failure_fails(sliced: Sliced) -> None:
    assert [status != 0 for status in sliced.statuses] == [False, False, True, False]


def test_there_is_one_report_on_all_of_them(sliced: Sliced) -> None:
    states = {account["host"]: account["state"] for account in sliced.merged.report["accounts"]}
    assert states == {name: "failed" if name == "account-5" else "changed" for name in sliced.accounts}
    assert "7 accounts: 6 changed, 1 failed." in sliced.merged.output
    page = sliced.page.read_text()
    assert all(account.id in page for account in sliced.accounts.values())


def test_a_merge_tells_ci_of_the_failure(sliced: Sliced, playbooks: Playbooks) -> None:
    assert sliced.merged.status != 0
    assert "1 accounts failed" in sliced.merged.output
    well = [str(path) for path, status in zip(sliced.reports, sliced.statuses, strict=True) if status == 0]
    run = playbooks.run("merge", {}, "-e", json.dumps({"iam_alerting_reports": well}))
    assert run.status == 0, run.output


def test_a_slice_that_wrote_no_report_is_named(sliced: Sliced, playbooks: Playbooks, tmp_path: Path) -> None:
    missing = tmp_path / "slice-4.json"
    asked = {"iam_alerting_reports": [str(sliced.reports[0]), str(missing)]}
    run = playbooks.run("merge", {}, "-e", json.dumps(asked))
    assert run.status != 0
    assert f"'{missing}', which cannot be read" in run.output.replace("\\", "")
