# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report of a run takes from the hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.trailwatch.aws.plugins.action import run_options, run_report
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.files import FileError


class Broken(dict[str, Any]):
    """Variables of a host of which no template can be worked out."""

    def __getitem__(self, name: str) -> Any:
        raise AnsibleError("'numbers' is undefined")


def variables(**hosts: Any) -> dict[str, Any]:
    return {"ansible_play_hosts_all": list(hosts), "hostvars": hosts}


def test_the_hosts_of_a_stopped_batch_tell_why_the_later_ones_were_skipped() -> None:
    accounts = run_report.outcomes(
        variables(
            canary={"account_id": "1", "iam_alerting_failure": "no", "iam_alerting_stopped": "1 of 1 failed"},
            later={"account_id": "2"},
        )
    )
    assert [(each["host"], each["account_id"], each["state"], each["what"]) for each in accounts] == [
        ("canary", "1", "failed", "no"),
        ("later", "2", "skipped", "1 of 1 failed"),
    ]


def test_variables_that_cannot_be_worked_out_do_not_cost_the_report() -> None:
    (account,) = run_report.outcomes(variables(production=Broken()))
    assert account["account_id"] == ""
    assert account["state"] == "failed"


def test_thousands_of_hosts() -> None:
    result = {"changed": False, "summary": "in sync", "affected": [], "notes": []}
    hosts = {f"a{number}": {"account_id": f"{number:012}", "iam_alerting_result": result} for number in range(2000)}
    accounts = run_report.outcomes(variables(**hosts))
    assert {account["state"] for account in accounts} == {"in_sync"}
    assert len(accounts) == 2000


OPTIONS: dict[str, Any] = {
    "batches": [1],
    "max_fail_percentage": "5",
    "show": "short",
    "fail_on": [],
    "files": {"iam_alerting_report_json": ""},
}


def test_options_come_back_as_they_are_used() -> None:
    assert run_options.checked(OPTIONS) == {"batches": [1], "max_fail_percentage": 5.0}


def test_a_file_without_a_folder_is_refused() -> None:
    with pytest.raises(FileError, match="iam_alerting_report_junit is '/nowhere/report.xml'"):
        run_options.checked({**OPTIONS, "files": {"iam_alerting_report_junit": "/nowhere/report.xml"}})
