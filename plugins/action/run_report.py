# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report what came of a run in all accounts, or of several runs. It runs once, in the controller, after them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import outcome
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.junit import junit
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.merge import MergeError, merged
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.options import FAIL_ON, SHOW
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.page import page
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.report import make_report
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.table import short_table, whole_table
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
    "playbook": {"type": "str", "choices": ["deploy", "teardown", "verify", "redrive", "confirm", "migrate"]},
    "reports": {"type": "list", "elements": "path"},
    "show": {"type": "str", "choices": list(SHOW), "default": SHOW[0]},
    "fail_on": {"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": []},
    "json": {"type": "path"},
    "junit": {"type": "path"},
    "html": {"type": "path"},
}
# What the role registers for each host, and what playbooks/tasks/go_on.yml tells those of a batch that stops the run.
RESULT = "iam_alerting_result"
STOPPED = "iam_alerting_stopped"


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.run_report."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        either = ("playbook", "reports")
        arguments = self.validate_argument_spec(
            argument_spec=ARGUMENTS, required_one_of=[either], mutually_exclusive=[either]
        )[1]
        report = self.report(arguments, task_vars or {})
        show(report, whole_table if arguments["show"] == "all" else short_table)
        for name, form in (("json", as_json), ("junit", junit), ("html", page)):
            save(report, arguments[name], f"iam_alerting_report_{name}", form)
        return {"changed": False, "totals": report["totals"], "failing": report["failing"]}

    def report(self, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Document:
        """The report on this run, or the one that earlier ones make together."""
        if arguments["playbook"]:
            check_mode = bool(self._task.check_mode)
            return make_report(arguments["playbook"], check_mode, outcomes(task_vars), arguments["fail_on"], now())
        try:
            return merged(arguments["reports"], arguments["fail_on"], now())
        except MergeError as error:
            raise AnsibleActionFail(str(error)) from error


def outcomes(task_vars: Mapping[str, Any]) -> list[Document]:
    """What came of the account of each host of the play. The hosts of one batch at most know why the run stopped."""
    found: list[Document] = []
    stopped: str | None = None
    for host, variables in hosts_of_play(task_vars):
        # The hosts of a batch come before those that it stops.
        stopped = stopped or known(variables, STOPPED)
        found.append(host_outcome(host, variables, stopped))
    return found


def host_outcome(host: str, variables: Mapping[str, Any], stopped: str | None) -> Document:
    """What came of the account of a host, from the host's variables."""
    return outcome(
        host,
        str(known(variables, "account_id") or ""),
        str(known(variables, "iam_alerting_account_name") or host),
        known(variables, RESULT) or {},
        known(variables, FAILURE),
        stopped,
    )
