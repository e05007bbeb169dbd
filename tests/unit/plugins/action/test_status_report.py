# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report takes from the hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError

from ansible_collections.trailwatch.aws.plugins.action import status_report

ROLE = Path(status_report.__file__).resolve().parents[2] / "roles" / "iam_alerting" / "tasks"


class Variables(dict[str, Any]):
    """Those of a host, of which one cannot be worked out."""

    def __getitem__(self, name: str) -> Any:
        if name == "account_id":
            raise AnsibleError("'numbers' is undefined")
        return super().__getitem__(name)


def test_what_a_host_registered_is_its_status() -> None:
    variables = {"iam_alerting_status": {"changed": False, "account": {"status": "healthy"}}}
    assert status_report.host_status("production", variables) == {"host": "production", "status": "healthy"}


def test_a_status_counts_though_its_problems_made_the_host_fail() -> None:
    registered = {"failed": True, "msg": "drift: differs: topic", "account": {"status": "drift"}}
    variables = {"iam_alerting_status": registered, "iam_alerting_failure": "Status | Read: drift: differs: topic"}
    assert status_report.host_status("production", variables)["status"] == "drift"


def test_a_host_that_failed_is_told_with_the_reason_in_one_line() -> None:
    failure = {"account_id": "1", "iam_alerting_failure": "Arguments: iam_alerting_tags\n is no dictionary"}
    found = status_report.host_status("production", failure)
    assert found["problems"] == [{"kind": "unreadable", "what": "Arguments: iam_alerting_tags is no dictionary"}]
    assert found["account_id"] == "1"


def test_of_a_read_that_failed_the_reason_alone_is_told() -> None:
    registered = {"failed": True, "msg": "The role cannot be\nassumed"}
    variables = {"iam_alerting_status": registered, "iam_alerting_failure": "Status | Read: The role cannot be"}
    found = status_report.host_status("production", variables)
    assert found["problems"] == [{"kind": "unreadable", "what": "The role cannot be assumed"}]


def test_a_variable_that_cannot_be_worked_out_does_not_cost_the_report() -> None:
    found = status_report.host_status("production", Variables())
    assert found["account_id"] == ""
    assert found["problems"][0]["what"] == "was not read"


def test_a_status_is_asked_for_with_all_that_makes_the_plan_of_a_deployment() -> None:
    (plan,), (status,) = (yaml.safe_load((ROLE / f"{name}.yml").read_text()) for name in ("plan", "status"))
    of_changes = {"state", "keep", "applied", "lost"}
    asked = {name: value for name, value in plan["trailwatch.aws.stack_plan"].items() if name not in of_changes}
    told = dict(status["trailwatch.aws.stack_status"])
    assert told.pop("fail_on") == "{{ iam_alerting_status_fail_on }}"
    assert told == asked
