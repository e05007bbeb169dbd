# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action plugin in this process, as a task would."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

SETTINGS: dict[str, Any] = {
    "account_id": "123456789012",
    "account_name": "production",
    "name": "iam-alerting",
    "actions": ["iam:CreateUser", "iam:DeleteUser"],
    "log_retention_days": 365,
}


def run(plugin: ModuleType, *, check: bool = False, task_vars: Any = None, **arguments: Any) -> dict[str, Any]:
    """What the action returns for these arguments.

    Raises:
        AnsibleActionFail: the task fails without a result of its own.
    """
    loader = DataLoader()
    name = f"trailwatch.aws.{plugin.__name__.rpartition('.')[2]}"
    task = Task.load({"action": {"module": name, **arguments}, "check_mode": check}, loader=loader)
    context = PlayContext()
    connection = connection_loader.get("local", context)
    action = plugin.ActionModule(task, connection, context, loader, Templar(loader=loader), None)
    result: dict[str, Any] = action.run(task_vars=task_vars or {})
    return result


def settings(**changed: Any) -> dict[str, Any]:
    """The settings of an account out of moto, entered with the credentials of the environment."""
    return {**SETTINGS, **changed}
