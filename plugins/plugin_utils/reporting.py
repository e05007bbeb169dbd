# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions have in common that report on all hosts of a play, once, on the controller."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.utils.display import Display

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.files import FileError, write

# What playbooks/tasks/remember_failure.yml says of a host that failed.
FAILURE = "iam_alerting_failure"


def hosts_of_play(task_vars: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each host of the play with its variables, one after the other: those of all would be much."""
    for host in task_vars["ansible_play_hosts_all"]:
        yield str(host), task_vars["hostvars"][host]


def known(variables: Mapping[str, Any], name: str) -> Any:
    """The value of a variable. None if there is none or it cannot be worked out, which must not cost the report."""
    try:
        return variables[name]
    except (KeyError, AnsibleError):
        return None


def now() -> str:
    """The time of a report."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show(report: Document, table: Callable[[Document, int], str]) -> None:
    """Print the report as a table, as wide as the terminal is."""
    Display().display(f"\n{table(report, shutil.get_terminal_size((120, 24)).columns)}\n")


def save(report: Document, path: str | None, variable: str, form: Callable[[Document], str]) -> None:
    """Write the report in a form to a file, if somebody asked for it by this variable.

    Raises:
        AnsibleActionFail: it cannot be written.
    """
    if not path:
        return
    try:
        write(variable, path, form(report))
    except FileError as error:
        raise AnsibleActionFail(str(error)) from error


def as_json(report: Document) -> str:
    """The report for programs."""
    return json.dumps(report, indent=1) + "\n"
