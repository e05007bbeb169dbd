# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report how the alerting of all accounts is doing. It runs once, in the controller, after all were read."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import unreadable
from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.plugins.module_utils.status.report import make_report
from ansible_collections.trailwatch.aws.plugins.module_utils.status.table import problems_table, whole_table

ARGUMENTS = {
    "show": {"type": "str", "choices": ["problems", "all"], "default": "problems"},
    "json": {"type": "path"},
    "html": {"type": "path"},
}
# What the role registers for each host, and what playbooks/tasks/remember_failure.yml says of one that failed.
STATUS = "iam_alerting_status"
FAILURE = "iam_alerting_failure"


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.status_report."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        variables = task_vars or {}
        accounts = [host_status(host, variables["hostvars"][host]) for host in variables["ansible_play_hosts_all"]]
        report = make_report(accounts, datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        table = whole_table if arguments["show"] == "all" else problems_table
        Display().display(f"\n{table(report, shutil.get_terminal_size((120, 24)).columns)}\n")
        if arguments["json"]:
            write("iam_alerting_status_json", arguments["json"], json.dumps(report, indent=1) + "\n")
        if arguments["html"]:
            write("iam_alerting_status_html", arguments["html"], page(report))
        return {"changed": False, "totals": report["totals"]}


def host_status(host: str, variables: Mapping[str, Any]) -> Document:
    """The status of the account of a host, from the host's variables."""
    registered = known(variables, STATUS) or {}
    account = registered.get("account")
    if account is None:
        reason = " ".join(str(registered.get("msg") or known(variables, FAILURE) or "was not read").split())
        name = str(known(variables, "iam_alerting_account_name") or host)
        account = unreadable(str(known(variables, "account_id") or ""), name, reason)
    return {"host": host, **account}


def known(variables: Mapping[str, Any], name: str) -> Any:
    """The value of a variable. None if there is none or it cannot be worked out, which must not cost the report."""
    try:
        return variables[name]
    except (KeyError, AnsibleError):
        return None


def write(variable: str, path: str, text: str) -> None:
    """Write a file, as a whole or not at all, for a reader that looks at that moment.

    Raises:
        AnsibleActionFail: it cannot be written. The text names variable and path.
    """
    place = Path(path)
    part = place.with_name(f".{place.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(place)
    except OSError as error:
        raise AnsibleActionFail(
            f"{variable} is {path!r}, which cannot be written: {error.strerror}. Give a file in a folder that is there."
        ) from error
