# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of slices become the one that a single run would have written, or it is said why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.merge import MergeError, merged
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    GENERATED,
    changed,
    in_sync,
    report,
)


def written(folder: Path, *reports: Any) -> list[str]:
    paths = [folder / f"slice-{number}.json" for number in range(len(reports))]
    for path, each in zip(paths, reports, strict=True):
        path.write_text(json.dumps(each))
    return [str(path) for path in paths]


def test_slices_become_the_report_of_one_run(tmp_path: Path) -> None:
    paths = written(tmp_path, report(*EACH[3:]), report(*EACH[:2]), report(EACH[2]))
    assert merged(paths, [], GENERATED) == report(*EACH)


def test_what_counts_as_a_failure_is_said_anew(tmp_path: Path) -> None:
    paths = written(tmp_path, report(changed("one", 1, "rule")), report(in_sync("two", 2)))
    assert merged(paths, [], GENERATED)["failing"] == []
    assert merged(paths, ["changed"], GENERATED)["failing"] == ["one"]


def test_a_run_without_accounts_is_none_of_the_errors(tmp_path: Path) -> None:
    assert merged(written(tmp_path, report()), [], GENERATED)["totals"]["accounts"] == 0


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([report(in_sync("two")), report(in_sync("one"))], "host one is in '{}/slice-0.json' and in '{}/slice-2.json'"),
        ([report(in_sync("two"), playbook="teardown")], "playbook is 'deploy' in '{}/slice-0.json', but 'teardown' in"),
        ([report(in_sync("two"), check_mode=True)], "check_mode is False in '{}/slice-0.json', but True in"),
        ([["accounts"]], "'{}/slice-1.json', which is no report of a run"),
        ([{**report(), "accounts": [{"host": "two"}]}], "'{}/slice-1.json', which is no report of a run"),
        ([{**report(), "accounts": [{**in_sync("two"), "state": "fine"}]}], "which is no report of a run"),
    ],
)
def test_what_is_no_whole_is_refused(others: list[Any], told: str, tmp_path: Path) -> None:
    paths = written(tmp_path, report(in_sync("one")), *others)
    with pytest.raises(MergeError) as refused:
        merged(paths, [], GENERATED)
    assert told.replace("{}", str(tmp_path)) in str(refused.value)


def test_a_file_that_is_given_twice_is_no_second_slice(tmp_path: Path) -> None:
    with pytest.raises(MergeError, match="host one is in"):
        merged(written(tmp_path, report(in_sync("one"))) * 2, [], GENERATED)


def test_a_report_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MergeError, match="/missing.json', which cannot be read: No such file"):
        merged([f"{tmp_path}/missing.json"], [], GENERATED)


def test_no_file_is_refused() -> None:
    with pytest.raises(MergeError, match="iam_alerting_reports names no file"):
        merged([], [], GENERATED)
