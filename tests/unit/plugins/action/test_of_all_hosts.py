# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions that look at all hosts of a play, or at files: what they return, print and write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.trailwatch.aws.plugins.action import alert_preview, run_options, run_report, status_report
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import run
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import healthy

RECORD = Path(__file__).parents[2] / "function" / "records" / "create_user_by_iam_user.json"


def play(**hosts: Any) -> dict[str, Any]:
    return {
        "ansible_play_hosts_all": list(hosts),
        "ansible_forks": 5,
        "groups": {"all": list(hosts)},
        "hostvars": hosts,
    }


def host(account_id: str, **variables: Any) -> dict[str, Any]:
    return {"account_id": account_id.zfill(12), "iam_alerting_name": "iam-alerting", **variables}


def test_hosts_go_in_batches_and_the_last_of_each_ends_it() -> None:
    hosts = {name: host(str(number)) for number, name in enumerate("abcde")}
    result = run(run_options, task_vars=play(**hosts), batches=[1, "100%"])
    assert (result["hosts"], result["refused"]) == ("all", {})
    assert result["batches"] == {"a": ["a"], "e": ["b", "c", "d", "e"]}


def test_hosts_of_one_account_and_name_are_refused_and_the_others_run() -> None:
    hosts = {"a": host("1"), "b": host("2"), "again": host("1")}
    result = run(run_options, task_vars=play(**hosts))
    assert result["hosts"] == ["b"]
    assert set(result["refused"]) == {"a", "again"}
    assert "again" in result["refused"]["a"]


def test_an_option_of_a_run_that_cannot_be_used_ends_it_before_the_first_account() -> None:
    with pytest.raises(AnsibleActionFail, match="iam_alerting_.*'many'"):
        run(run_options, task_vars=play(), batches=["many"])


SYNC = {"changed": False, "summary": "in sync", "affected": [], "notes": []}


def test_the_report_is_printed_and_written_in_each_form_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {form: str(tmp_path / f"report.{form}") for form in ("json", "junit", "html")}
    hosts = play(good=host("1", iam_alerting_result=SYNC), bad=host("2", iam_alerting_failure="Topic | no"))
    result = run(run_report, task_vars=hosts, playbook="deploy", **files)
    assert (result["changed"], result["failing"]) == (False, ["bad"])
    assert "Topic | no" in capsys.readouterr().out
    written = json.loads(Path(files["json"]).read_text())
    assert [account["state"] for account in written["accounts"]] == ["failed", "in_sync"]
    assert 'failures="1"' in Path(files["junit"]).read_text()
    assert "<html" in Path(files["html"]).read_text()


def test_reports_of_slices_are_merged(tmp_path: Path) -> None:
    slices = []
    for name in ("a", "b"):
        slices.append(str(tmp_path / f"{name}.json"))
        run(
            run_report,
            task_vars=play(**{name: host(name, iam_alerting_result=SYNC)}),
            playbook="deploy",
            json=slices[-1],
        )
    merged = run(run_report, reports=slices, show="all")
    assert merged["totals"]["in_sync"] == 2


def test_reports_that_cannot_be_merged_and_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match="none.json"):
        run(run_report, reports=[str(tmp_path / "none.json")])
    with pytest.raises(AnsibleActionFail, match="iam_alerting_report_json is '/nowhere/report.json'"):
        run(run_report, task_vars=play(), playbook="deploy", json="/nowhere/report.json")


def test_the_status_of_all_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {form: str(tmp_path / f"status.{form}") for form in ("json", "html")}
    well = {key: value for key, value in healthy("good", 1).items() if key != "host"}
    hosts = play(
        good=host("1", iam_alerting_status={"account": well}),
        bad=host("2", iam_alerting_failure="Status | Read: denied"),
    )
    result = run(status_report, task_vars=hosts, **files)
    assert result["failing"] == ["bad"]
    assert "denied" in capsys.readouterr().out
    assert [account["host"] for account in json.loads(Path(files["json"]).read_text())["accounts"]] == ["bad", "good"]
    assert "<html" in Path(files["html"]).read_text()


def test_a_preview_shows_the_mail_of_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(alert_preview, path=str(RECORD), actions=["standard"])
    assert not result["changed"]
    assert len(result["alerts"]) == 1
    assert "Subject: CRITICAL iam:CreateUser by alice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"path": "/nowhere"}, "iam_alerting_preview is '/nowhere'"),
        ({"actions": ["iam:CraeteUser"]}, "iam:CreateUser"),
    ],
)
def test_a_preview_that_cannot_be_made_names_what_is_wrong(given: dict[str, Any], told: str) -> None:
    with pytest.raises(AnsibleActionFail, match=told):
        run(alert_preview, **{"path": str(RECORD), "actions": ["standard"], **given})
