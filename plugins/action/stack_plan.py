# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work out the stack of one account. It runs in the controller and calls nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError, configured_region
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import FILE_IN_PACKAGE, catalogue, in_package
from ansible_collections.trailwatch.aws.plugins.module_utils.package import build_package, code_sha256
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import (
    Settings,
    SettingsError,
    check_account_id,
    check_actions,
    check_name,
    check_region,
    check_subscribers,
    check_tags,
)

FUNCTION_SOURCE = Path(__file__).resolve().parents[2] / "files" / "lambda"

ARGUMENTS = {
    "account_id": {"type": "raw", "required": True},
    "account_name": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "region": {"type": "str", "default": ""},
    "profile": {"type": "str", "default": ""},
    "actions": {"type": "list", "elements": "str", "required": True},
    "subscribers": {"type": "list", "elements": "raw", "default": []},
    "log_retention_days": {"type": "int", "required": True},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
    "tags": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_plan."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        try:
            settings = checked_settings(arguments)
        except (SettingsError, AccountError) as error:
            raise AnsibleActionFail(str(error)) from error
        package = build_package(FUNCTION_SOURCE, {FILE_IN_PACKAGE: in_package(catalogue())})
        desired = desired_stack(settings)
        desired["function"]["CodeSha256"] = code_sha256(package)
        return {
            "changed": False,
            "account_id": settings.account_id,
            "region": settings.region,
            "partition": settings.partition,
            "desired": desired,
            "package": str(write_package(package, desired["function"]["CodeSha256"])),
        }


def checked_settings(arguments: dict[str, Any]) -> Settings:
    """The settings of one account.

    Raises:
        SettingsError: a variable cannot be used.
        AccountError: the profile does not exist.
    """
    account_id = check_account_id(arguments["account_id"])
    configured = configured_region(arguments["profile"]) if not arguments["region"] else None
    region = check_region(arguments["region"], configured)
    return Settings(
        name=check_name(arguments["name"], account_id, region),
        account_id=account_id,
        account_name=arguments["account_name"],
        region=region,
        actions=check_actions(arguments["actions"]),
        subscriptions=check_subscribers(arguments["subscribers"]),
        log_retention_days=arguments["log_retention_days"],
        architecture=arguments["architecture"],
        extra_tags=check_tags(arguments["tags"]),
    )


def write_package(package: bytes, sha256: str) -> Path:
    """The package as a file that is removed when ansible-playbook ends; one serves all accounts of a run."""
    folder = Path(constants.DEFAULT_LOCAL_TMP)
    path = folder / f"trailwatch-{sha256.replace('/', '_')}.zip"
    if not path.exists():
        # Several workers may come here at once: each writes its own file, and the last one stays whole.
        handle, part = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(package)
        Path(part).replace(path)
    return path
