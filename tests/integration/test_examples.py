"""The commands of the example pipelines, run as they stand; only what installs, and OIDC, is left out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from tests.integration.conftest import ROOT, Playbooks
from tests.integration.live import Account, resources

EXAMPLES = ROOT / "examples"
SUBSCRIBER = "secops@example.com"
INVENTORY = """\
[canary]
first  account_id={first}
[others]
second account_id={second}
[all:vars]
iam_alerting_subscribers=["{subscriber}"]
"""


def on_github(workflow: str, job: str) -> tuple[str, dict[str, str]]:
    """The commands of a job that call Ansible, and its environment."""
    found = yaml.safe_load((EXAMPLES / "github" / f"{workflow}.yml").read_text())["jobs"][job]
    (script,) = [step["run"] for step in found["steps"] if "ansible-playbook" in step.get("run", "")]
    return f"set -eo pipefail\n{script}", found["env"]


def on_gitlab(job: str) -> tuple[str, dict[str, str]]:
    found = yaml.safe_load((EXAMPLES / "gitlab" / ".gitlab-ci.yml").read_text())
    variables = {**found[".ansible"]["variables"], **found[job]["variables"]}
    kept = {name: value for name, value in variables.items() if not name.startswith("AWS_")}
    return "\n".join(["set -eo pipefail", *found[job]["script"]]), kept


class Pipeline:
    """A repository of a user with two accounts, one of them the canary."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], folder: Path
    ) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.accounts = {name: open_account() for name in ("first", "second")}
        ids = {name: account.id for name, account in self.accounts.items()}
        (folder / "accounts.ini").write_text(INVENTORY.format(**ids, subscriber=SUBSCRIBER))
        # The repository has no ansible.cfg.
        inherited = {name: value for name, value in playbooks.environment.items() if name != "ANSIBLE_CONFIG"}
        self.environment = inherited | {
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
            "PATH": f"{Path(sys.executable).parent}:{playbooks.environment['PATH']}",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    def run(self, job: tuple[str, dict[str, str]]) -> subprocess.CompletedProcess[str]:
        script, given = job
        (self.folder / "summary.md").write_text("")
        environment = {**self.environment, **given, "ROLE": "OrganizationAccountAccessRole", "SESSION": "ci-4711"}
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()

    def rules(self, name: str) -> Any:
        return resources(self.accounts[name])["rules"]


@pytest.fixture(scope="module")
def pipeline(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pipeline:
    return Pipeline(sandbox, playbooks, open_account, tmp_path_factory.mktemp("repository"))


def test_a_pull_request_shows_what_would_change_and_writes_nothing(pipeline: Pipeline) -> None:
    run = pipeline.run(on_github("plan", "plan"))
    assert run.returncode == 0, run.stdout
    assert pipeline.summary().startswith("~~~~~~~~~~diff\n")
    assert "would change: bucket, trail" in pipeline.summary()
    assert "--- before: topic (absent)" in pipeline.summary()
    for account in pipeline.accounts.values():
        assert pipeline.sandbox.calls(account.id, writes=True) == []


def test_a_merge_goes_to_the_canary_and_then_to_all(pipeline: Pipeline) -> None:
    run = pipeline.run(on_github("deploy", "canary"))
    assert run.returncode == 0, run.stdout
    assert (bool(pipeline.rules("first")), bool(pipeline.rules("second"))) == (True, False)
    run = pipeline.run(on_github("deploy", "all"))
    assert run.returncode == 0, run.stdout
    assert pipeline.rules("second")
    workflow = yaml.safe_load((EXAMPLES / "github" / "deploy.yml").read_text())
    assert workflow["jobs"]["all"]["needs"] == "canary"


@pytest.mark.parametrize("job", ["plan", "canary", "all"])
def test_gitlab_runs_them_too(job: str, pipeline: Pipeline) -> None:
    run = pipeline.run(on_gitlab(job))
    assert run.returncode == 0, run.stdout
    assert "in sync" in run.stdout


@pytest.mark.parametrize("job", [on_github("drift", "drift"), on_gitlab("drift")], ids=["github", "gitlab"])
def test_the_night_fails_on_drift_and_on_nothing_else(job: tuple[str, dict[str, str]], pipeline: Pipeline) -> None:
    pipeline.sandbox.confirm(SUBSCRIBER)
    run = pipeline.run(job)
    assert run.returncode == 0, run.stdout
    s3 = pipeline.accounts["second"].client("s3")
    bucket = f"iam-alerting-{pipeline.accounts['second'].id}-us-east-1"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket=bucket)
    run = pipeline.run(job)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)
    assert run.returncode != 0
    assert "differs: bucket" in run.stdout
