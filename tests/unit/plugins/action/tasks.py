# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action plugin in this process, as a task would."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import become_loader, connection_loader
from ansible.template import Templar

SETTINGS: dict[str, Any] = {
    "account_id": "123456789012",
    "account_name": "production",
    "name": "iam-alerting",
    "actions": ["iam:CreateUser", "iam:DeleteUser"],
    "log_retention_days": 365,
}


def run(
    plugin: ModuleType,
    *,
    check: bool = False,
    task_vars: Any = None,
    keywords: Mapping[str, Any] | None = None,
    connection: str = "local",
    become: bool = False,
    **arguments: Any,
) -> dict[str, Any]:
    """What the action returns for these arguments.

    Args:
        keywords: what else stands in the task.

    Raises:
        AnsibleActionFail: the task fails without a result of its own.
    """
    loader = DataLoader()
    name = f"trailwatch.aws.{plugin.__name__.rpartition('.')[2]}"
    action = {"module": name, **arguments}
    task = Task.load({"action": action, "check_mode": check, **(keywords or {})}, loader=loader)
    context = PlayContext()
    connected = connection_loader.get(connection, context)
    if become:
        connected.set_become_plugin(become_loader.get("sudo"))
    templar = Templar(loader=loader, variables=task_vars or {})
    plugged = plugin.ActionModule(task, connected, context, loader, templar, None)
    result: dict[str, Any] = plugged.run(task_vars=task_vars or {})
    return result


def settings(**changed: Any) -> dict[str, Any]:
    """The settings of an account out of moto, entered with the credentials of the environment."""
    return {**SETTINGS, **changed}
