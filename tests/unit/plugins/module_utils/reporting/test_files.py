# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where reports are written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.files import FileError, check_folder, write


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    write("iam_alerting_status_json", str(tmp_path / "status.json"), "{}\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("status.json", "{}\n")]


def test_a_file_that_cannot_be_written_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"iam_alerting_status_html is '.*/no/status.html', which cannot be"):
        write("iam_alerting_status_html", str(tmp_path / "no" / "status.html"), "")


def test_there_has_to_be_a_folder_and_the_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_folder("iam_alerting_report_json", "report.json")
    check_folder("iam_alerting_report_json", str(tmp_path / "report.json"))
    with pytest.raises(FileError, match=r"iam_alerting_report_json is 'no/report.json', but there is no such folder"):
        check_folder("iam_alerting_report_json", "no/report.json")
    with pytest.raises(FileError, match="which is a folder. Give a file in it"):
        check_folder("iam_alerting_report_json", str(tmp_path))
