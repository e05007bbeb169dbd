# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what is asked of a run before the first account is entered. It runs once, in the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.files import FileError, check_folder
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.batches import batches_of, serial_of
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.hosts import sharing
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.options import (
    SHOW,
    check_batches,
    check_fail_on,
    check_max_fail_percentage,
    check_show,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.plugin_utils.reporting import known

ARGUMENTS = {
    "batches": {"type": "raw", "default": ["100%"]},
    "max_fail_percentage": {"type": "raw", "default": 0},
    "show": {"type": "str", "default": SHOW[0]},
    "fail_on": {"type": "raw", "default": []},
    "files": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.run_options."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        try:
            options = checked(arguments)
            return {"changed": False, **options, **hosts(task_vars or {}, options["batches"])}
        except (SettingsError, FileError) as error:
            raise AnsibleActionFail(str(error)) from error


def checked(arguments: dict[str, Any]) -> dict[str, Any]:
    """The options of a run that are used as they are checked.

    Raises:
        SettingsError: one cannot be used.
        FileError: a file could not be written.
    """
    check_show(arguments["show"])
    check_fail_on(arguments["fail_on"])
    for variable, path in arguments["files"].items():
        if path:
            check_folder(variable, path)
    return {
        "batches": check_batches(arguments["batches"]),
        "max_fail_percentage": check_max_fail_percentage(arguments["max_fail_percentage"]),
    }


def hosts(task_vars: Mapping[str, Any], sizes: Sequence[int | str]) -> dict[str, Any]:
    """Which hosts of the play are to be run and how many at a time, and which are refused and why."""
    everywhere = task_vars["hostvars"]
    # Of all hosts, as the others of a slice's inventory are run in other slices.
    stacks = {str(host): stack(everywhere[host]) for host in task_vars["groups"]["all"]}
    of_play = [str(host) for host in task_vars["ansible_play_hosts_all"]]
    shared = sharing(stacks)
    refused = {host: shared[host] for host in of_play if host in shared}
    left = [host for host in of_play if host not in refused]
    batches = batches_of(left, sizes)
    return {
        "hosts": left if refused else "all",
        "refused": refused,
        # Where the last of these hosts is done, the batch is.
        "batches": {batch[-1]: batch for batch in batches},
        "serial": serial_of(batches, task_vars["ansible_forks"]),
    }


def stack(variables: Mapping[str, Any]) -> tuple[str, str]:
    """The account of a host, and the name of its stack there."""
    return str(known(variables, "account_id") or ""), str(known(variables, "iam_alerting_name") or "")
