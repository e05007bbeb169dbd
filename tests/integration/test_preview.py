"""What a preview says, by the variables of the inventory. Nothing of AWS is there to be asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ROOT, Playbooks, Run

RECORDS = ROOT / "tests" / "unit" / "function" / "records"
SUPPRESSION = {
    "name": "onboarding",
    "match": {"user": "alice"},
    "reason": "Onboarding.",
    "owner": "it",
    "expires": "2999-12-31",
}
HOSTS: dict[str, dict[str, Any]] = {
    "production": {"account_id": "111111111111", "iam_alerting_actions": ["iam:CreateUser"]},
    "staging": {"account_id": "222222222222", "iam_alerting_suppressions": [SUPPRESSION]},
}


@pytest.fixture
def preview(tmp_path: Path) -> Playbooks:
    return Playbooks(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true"})


def previewed(preview: Playbooks, path: Path, *options: str) -> Run:
    return preview.run("preview", HOSTS, "-e", f"iam_alerting_preview={path}", *options)


def test_the_mail_of_a_record_is_printed_as_it_is(preview: Playbooks) -> None:
    run = previewed(preview, RECORDS / "create_user_by_iam_user.json")
    assert run.status == 0, run.output
    assert run.recap["production"]["changed"] == 0
    assert "\nSent         yes\n" in run.output
    golden = (RECORDS.parent / "golden" / "create_user_by_iam_user.txt").read_text()
    assert golden.startswith("Subject: CRITICAL iam:CreateUser by alice in production (111111111111)\n")
    assert golden in run.output


def test_another_host_has_other_variables(preview: Playbooks) -> None:
    path = RECORDS / "create_user_by_iam_user.json"
    run = previewed(preview, path, "-e", "iam_alerting_preview_host=staging")
    assert "Suppressed by onboarding until 2999-12-31 (owner it): Onboarding." in run.output
    assert "by alice in production (111111111111)" in run.output


def test_a_host_that_is_not_there_is_refused(preview: Playbooks) -> None:
    run = previewed(preview, RECORDS, "-e", "iam_alerting_preview_host=stagin")
    assert run.status != 0
    assert "iam_alerting_preview_host is 'stagin', but no host of the inventory has this name." in run.output
    assert "EVENTS" not in run.output


def test_a_folder_is_counted_and_a_broken_file_told(preview: Playbooks, tmp_path: Path) -> None:
    logs = tmp_path / "AWSLogs"
    logs.mkdir()
    for name in ("create_user_by_iam_user", "create_access_key_for_another_user"):
        shutil.copy(RECORDS / f"{name}.json", logs)
    (logs / "broken.json.gz").write_bytes(b"\x1f\x8b")
    run = previewed(preview, logs)
    assert run.status != 0
    assert "2 records in 2 files, 2026-03-14T03:07:42Z to 2026-03-14T03:07:42Z\n" in run.output
    assert "Events       1 mailed, 0 suppressed, 1 left out\n" in run.output
    assert "  broken.json.gz: It cannot be read: " in run.output
    assert "1 of the files could not be used" in run.output
