# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the stack of one account: read what is there, compare, write nothing. It runs in the controller."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    key,
    preflight,
    subscriptions,
    trails,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import (
    check_components,
    removable_components,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.history import remembered
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import (
    REMOVAL,
    Plan,
    is_unwanted,
    make_plan,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.regions import ALL
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import CREATE, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import warnings_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import entered, failure, hand_on
from ansible_collections.trailwatch.aws.plugins.plugin_utils.plan_words import (
    differences,
    for_cloudformation,
    left_over,
    notes,
    summary,
)
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import (
    COMPONENTS_OPTION,
    SETTINGS_OPTION,
    arguments_of,
    checked_settings,
)

# Two minutes: what is done to a queue counts after one (SQS API Reference, "SetQueueAttributes", "DeleteQueue"), to a
# table or to the lifecycle of a bucket after more.
REREADS = 24
REREAD_PAUSE_SECONDS = 5

ARGUMENTS = {
    **SETTINGS_OPTION,
    **COMPONENTS_OPTION,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "keep": {"type": "list", "elements": "str", "default": []},
    "applied": {"type": "list", "elements": "str", "default": []},
    "lost": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_plan."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, ARGUMENTS)
        try:
            settings = checked_settings(arguments)
            known = () if arguments["state"] == "present" else removable_components(settings)
            plan, changes = planned(arguments, settings, check_components(arguments["components"], settings, known))
        except (SettingsError, AccountError, AnsibleAWSError) as error:
            raise failure(error, arguments["applied"]) from None
        result = told(arguments, settings, plan, changes, self._task.check_mode)
        if not changes:
            return result
        if settings.is_of_stack_set:
            # Whatever is told of is not changed here, nor would it be.
            failed = {"changed": False, "to_apply": False, "failed": True, "msg": for_cloudformation(settings, changes)}
            return result | failed | differences(changes)
        if arguments["applied"]:
            result |= {"failed": True, "msg": left_over(changes)}
        if result["to_apply"]:
            result["session_file"] = str(hand_on(arguments, settings))
        return result | {
            **differences(changes),
            "lost": subscriptions.named(plan.subscribers, subscriptions.LOST),
            "desired": plan.desired,
            "package": str(write_package(settings.code)),
        }


def told(
    arguments: dict[str, Any], settings: Settings, plan: Plan, changes: Mapping[str, Change], check_mode: bool
) -> dict[str, Any]:
    """The result for any account, whether something differs or not."""
    noted = notes(arguments, settings, plan)
    unwanted = [name for name, document in plan.desired.items() if is_unwanted(document)]
    # The id, if the trail that is to be removed is the organization's.
    organization = without_trail(plan, changes)
    is_wanted = arguments["state"] == "present"
    warnings = warnings_of(settings) if is_wanted else trails.warnings(organization)
    return {
        # Ansible shows the diff of a task that is changed. After the steps that mend it, it would be told twice.
        "changed": bool(changes) and not arguments["applied"],
        "summary": summary(arguments, changes, unwanted, noted, check_mode),
        "notes": noted,
        "account_id": settings.account_id,
        "region": settings.region,
        "bucket": plan.desired["bucket"]["Name"],
        "organization": organization,
        # In words, if there is one.
        "key": key.title(plan.live.get("key")),
        "differing": list(changes),
        "affected": list(arguments["applied"] or changes),
        "former": bool(plan.former),
        "removing": [name for name, change in changes.items() if change == REMOVAL],
        # One plain value for the role to look at: a condition costs each account, also when nothing differs.
        "to_apply": bool(changes) and not check_mode,
        **({"warnings": warnings} if warnings else {}),
    }


def planned(arguments: dict[str, Any], settings: Settings, names: list[str]) -> tuple[Plan, dict[str, Change]]:
    """The plan, read with credentials that are certainly for the account, and what is to be changed by it.

    Raises:
        AccountError: the account cannot be entered, or something in it may not be read.
        AnsibleAWSError: a read failed, a resource is somebody else's, or the changes could not be made to the end.
    """
    if arguments["state"] == "absent":
        settings = to_be_removed(settings)
    with entered(arguments, settings) as account_clients:
        plan = made_plan(account_clients, settings, names, REREADS if arguments["applied"] else 0)
        if arguments["state"] == "present" and plan.trails.failure:
            raise TrailError(message=plan.trails.failure)
        changes = removals(plan, arguments["keep"]) if arguments["state"] == "absent" else plan.differing
        if settings.is_of_stack_set:
            return plan, {} if arguments["state"] == "absent" else changes
        if changes and not arguments["applied"]:
            preflight.check(account_clients, settings, plan, changes)
        return with_history(arguments, account_clients, plan), changes


def to_be_removed(settings: Settings) -> Settings:
    """The settings by which all that is ours is found: whoever's trail serves, and forwarders in any region."""
    regions = (ALL,) if settings.forwarding_regions else ()
    return dataclasses.replace(settings, trail=CREATE, forwarding_regions=regions)


def with_history(arguments: dict[str, Any], account_clients: Any, plan: Plan) -> Plan:
    """The plan, its subscribers with what CloudTrail remembers of them.

    It does not know yet of those who have just been subscribed, and to remove the alerting nobody has to.
    """
    if arguments["state"] == "absent" or "topic" in arguments["applied"]:
        return plan
    topic = plan.desired["topic"]["TopicArn"]
    return dataclasses.replace(
        plan, subscribers=tuple(remembered(account_clients["cloudtrail"], topic, plan.subscribers))
    )


def made_plan(account_clients: Any, settings: Settings, names: list[str], rereads: int) -> Plan:
    """The plan, read again up to so many times while something differs.

    After something was applied, AWS needs some time until all of it says the same of what was just written.
    """
    plan = make_plan(account_clients, settings, names)
    while plan.differing and rereads:
        time.sleep(REREAD_PAUSE_SECONDS)
        plan = make_plan(account_clients, settings, names)
        rereads -= 1
    return plan


def without_trail(plan: Plan, changes: Mapping[str, Change]) -> str:
    """The id of the organization that loses its trail by the changes; empty if none does."""
    organization = plan.trails.organization
    return organization.id if organization and changes.get("trail") == REMOVAL else ""


def removals(plan: Plan, keep: Collection[str]) -> dict[str, Change]:
    """For each component that is there and not to be kept, that it is to be no more."""
    return {name: REMOVAL for name in plan.present if name not in keep}


def write_package(package: Package) -> Path:
    """The package as a file that is removed when ansible-playbook ends; one serves all accounts of a run."""
    folder = Path(constants.DEFAULT_LOCAL_TMP)
    path = folder / f"trailwatch-{package.contents_sha256}.zip"
    if not path.exists():
        # Several workers may come here at once: each writes its own file, and the last one stays whole.
        handle, part = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(package.zip)
        Path(part).replace(path)
    return path
