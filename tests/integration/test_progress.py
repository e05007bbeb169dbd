"""What the callback for many accounts prints, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account


@pytest.fixture(scope="module")
def run(playbooks: Playbooks, open_account: Callable[[], Account], tmp_path_factory: pytest.TempPathFactory) -> Run:
    quiet = Playbooks(tmp_path_factory.mktemp("progress"), playbooks.environment)
    quiet.environment |= {"ANSIBLE_STDOUT_CALLBACK": "trailwatch.aws.progress", "TRAILWATCH_PROGRESS_INTERVAL": "0"}
    hosts = {name: {"account_id": open_account().id} for name in ("one", "two")}
    wrong = {"account_id": "1\x1b[31m"}
    return quiet.run("deploy", {**hosts, "wrong": wrong}, "--check", "--diff")


def test_no_line_for_each_host_and_task(run: Run) -> None:
    assert not re.search(r"^(ok|changed|skipping|included): (?!\[one\] => )", run.output, re.MULTILINE)
    assert "TASK [Plan" not in run.output


def test_plays_progress_report_and_recap(run: Run) -> None:
    assert "PLAY [Deploy IAM alerting]" in run.output
    assert re.search(r"^\d\d:\d\d:\d\d .*Compare.*: \d of 3 \(\d changed, 1 failed so far\)$", run.output, re.MULTILINE)
    assert run.outcome("one").startswith("would change: ")
    assert run.recap["one"]["failed"] == 0


def test_failures_are_told_with_host_and_reason_and_cannot_touch_the_terminal(run: Run) -> None:
    assert run.status != 0
    (line,) = re.findall(r"^failed: \[wrong\] .*account_id is .*$", run.output, re.MULTILINE)
    assert "twelve digits" in line
    assert "\x1b" not in line


def test_diffs_are_shown_with_their_host(run: Run) -> None:
    assert re.search(r"^diff: \[one\] .*Compare", run.output, re.MULTILINE)
    assert run.output.count("--- before: topic (absent)") == 2
