# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the messages of an account's dead-letter queue through the function again. It runs in the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive import report
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.run import redrive, waiting
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import failure, pair_entered
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import (
    SETTINGS_OPTION,
    arguments_of,
    checked_settings,
)


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_redrive."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, SETTINGS_OPTION)
        step = announced if self._task.check_mode else redriven
        try:
            settings = checked_settings(arguments)
            with pair_entered(arguments, settings) as pair:
                return {"account_id": settings.account_id, **step(pair)}
        except (SettingsError, AccountError, AnsibleAWSError) as error:
            raise failure(error) from None


def announced(pair: Pair) -> dict[str, Any]:
    """What would be done. Nothing is received, so nothing is hidden from others."""
    found = waiting(pair.source)
    return {"changed": bool(found.visible), "summary": report.would_do(found), "dead_letters": found.visible}


def redriven(pair: Pair) -> dict[str, Any]:
    """What came of the messages. A failure if one is left."""
    found = waiting(pair.source)
    run = redrive(pair, found.url)
    data = report.as_data(run)
    result = {"changed": len(data["left"]) < data["dead_letters"], "warnings": run.warnings, **data}
    failure = report.failure(run, found)
    if failure:
        return {**result, "failed": True, "msg": failure}
    return {**result, "summary": report.summary(run, found)}
