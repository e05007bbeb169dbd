# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell how the alerting of one account is doing, and write nothing there. It runs in the controller."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import check_components
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.history import remembered
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import make_plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscriptions import with_protection
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import (
    ALARM,
    DEAD_LETTERS,
    DEAF,
    DELIVERY,
    DRIFT,
    PENDING,
    UNEXPECTED,
    account_status,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.status.last_alert import last_alert
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import entered
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import (
    COMPONENTS_OPTION,
    SETTINGS_OPTION,
    arguments_of,
    checked_settings,
)

# What cannot be read fails in any case, and that a hub stands by is as it should be.
REFUSABLE = [DRIFT, DEAF, DEAD_LETTERS, ALARM, DELIVERY, PENDING, UNEXPECTED]

ARGUMENTS = {
    **SETTINGS_OPTION,
    **COMPONENTS_OPTION,
    "fail_on": {"type": "list", "elements": "str", "choices": REFUSABLE, "default": []},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_status."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, ARGUMENTS)
        try:
            status = read_status(arguments)
        except (SettingsError, AccountError, AnsibleAWSError) as error:
            raise AnsibleActionFail(str(error)) from error
        result = {"changed": False, "account": status}
        named = refused(status, arguments["fail_on"])
        return result | ({"failed": True, "msg": "; ".join(named)} if named else {})


def read_status(arguments: dict[str, Any]) -> Document:
    """The status of an account: what its plan reads, and what else is known of its alerts and subscribers.

    Raises:
        SettingsError: a variable cannot be used.
        AccountError: the account cannot be entered.
        AnsibleAWSError: a read failed, or a resource is somebody else's.
    """
    settings = checked_settings(arguments)
    names = check_components(arguments["components"], settings)
    with entered(arguments, settings) as account_clients:
        plan = make_plan(account_clients, settings, names)
        if settings.is_member:  # whose topic is the hub's
            return account_status(settings, plan, None)
        alert = last_alert(account_clients["cloudwatch"], settings.name, datetime.datetime.now(datetime.UTC))
        known = remembered(account_clients["cloudtrail"], plan.desired["topic"]["TopicArn"], plan.subscribers)
        subscribers = with_protection(account_clients["sns"], plan.live.get("topic"), known)
    return account_status(settings, dataclasses.replace(plan, subscribers=tuple(subscribers)), alert)


def refused(status: Document, kinds: Collection[str]) -> list[str]:
    """The problems of these kinds, with their kind."""
    return [f"{problem['kind']}: {problem['what']}" for problem in status["problems"] if problem["kind"] in kinds]
