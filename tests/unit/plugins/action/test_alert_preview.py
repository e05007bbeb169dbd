# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and folders as they are given to the action."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.action import alert_preview
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import Rules
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.sources import SourceError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

RECORD = Path(__file__).parents[2] / "function" / "records" / "create_user_by_iam_user.json"


def found(path: Path) -> tuple[str, dict[str, Any]]:
    return alert_preview.found(path, Rules(["iam:CreateUser"]), Function("iam-alerting", {}, (), "2026-03-20"), 0)


def log_file(path: Path, records: int) -> Path:
    path.write_text(json.dumps({"Records": [json.loads(RECORD.read_text())["detail"]] * records}))
    return path


def test_a_few_records_are_shown(tmp_path: Path) -> None:
    text, result = found(log_file(tmp_path / "few.json", alert_preview.MOST_MAILS))
    assert text.count("\nSubject: CRITICAL iam:CreateUser by alice in 111111111111\n") == alert_preview.MOST_MAILS
    assert len(result["alerts"]) == alert_preview.MOST_MAILS


@pytest.mark.parametrize("records", [0, alert_preview.MOST_MAILS + 1])
def test_many_records_are_counted(records: int, tmp_path: Path) -> None:
    text, result = found(log_file(tmp_path / "many.json", records))
    assert text.startswith(f"{records} records in 1 file")
    assert result["summary"]["mailed"] == records


def test_a_broken_file_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "b.json.gz").write_text("no gzip")
    shutil.copy(RECORD, tmp_path / "2026" / "c.json")
    shutil.copy(RECORD, tmp_path / "a.json")
    text, result = found(tmp_path)
    assert [each["file"] for each in result["broken"]] == ["2026/b.json.gz"]
    assert result["summary"]["mailed"] == 2
    assert "1 file could not be used:\n  2026/b.json.gz: It is no JSON: " in text


def test_a_folder_without_log_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No file below this folder ends in .json or .json.gz"):
        found(tmp_path)


def test_suppressions_are_checked() -> None:
    with pytest.raises(SettingsError, match="Give a dictionary with name, match, reason, owner, expires"):
        alert_preview.function({"name": "iam-alerting", "account_names": {}, "suppressions": [{"name": "x"}]})
