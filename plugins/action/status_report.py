# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report how the alerting of all accounts is doing. It runs once, in the controller, after all were read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import on_one_line
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import unreadable
from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.plugins.module_utils.status.report import make_report
from ansible_collections.trailwatch.aws.plugins.module_utils.status.table import problems_table, whole_table
from ansible_collections.trailwatch.aws.plugins.plugin_utils.reporting import (
    FAILURE,
    as_json,
    hosts_of_play,
    known,
    now,
    save,
    show,
)

ARGUMENTS = {
    "show": {"type": "str", "choices": ["problems", "all"], "default": "problems"},
    "json": {"type": "path"},
    "html": {"type": "path"},
}
# What the role registers for each host.
STATUS = "iam_alerting_status"


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.status_report."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        accounts, failing = [], []
        for host, variables in hosts_of_play(task_vars or {}):
            accounts.append(host_status(host, variables))
            if known(variables, FAILURE) is not None:
                failing.append(host)
        report = make_report(accounts, now())
        show(report, whole_table if arguments["show"] == "all" else problems_table)
        save(report, arguments["json"], "iam_alerting_status_json", as_json)
        save(report, arguments["html"], "iam_alerting_status_html", page)
        return {"changed": False, "totals": report["totals"], "failing": failing}


def host_status(host: str, variables: Mapping[str, Any]) -> Document:
    """The status of the account of a host, from the host's variables."""
    registered = known(variables, STATUS) or {}
    account = registered.get("account")
    if account is None:
        reason = on_one_line(str(registered.get("msg") or known(variables, FAILURE) or "was not read"))
        name = str(known(variables, "iam_alerting_account_name") or host)
        account = unreadable(str(known(variables, "account_id") or ""), name, reason)
    return {"host": host, **account}
