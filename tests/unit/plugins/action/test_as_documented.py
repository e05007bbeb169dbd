# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each action takes the options that its module documents, with the types, choices and defaults that stand there."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.trailwatch.aws.plugins.action import stack_plan
from ansible_collections.trailwatch.aws.plugins.plugin_utils.in_controller import InController
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import SETTINGS_OPTION
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.test_settings_option import as_specified

PLUGINS = "ansible_collections.trailwatch.aws.plugins"


def is_of_its_own(name: str) -> bool:
    """Whether the action has arguments; else it runs a module, and these are the module's."""
    return not issubclass(importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule, InController)


FILES = Path(stack_plan.__file__).parent.glob("[!_]*.py")
NAMES = sorted(path.stem for path in FILES if is_of_its_own(path.stem))


@pytest.mark.parametrize("name", NAMES)
def test_the_options_are_as_documented(name: str) -> None:
    module = importlib.import_module(f"{PLUGINS}.modules.{name}")
    action = importlib.import_module(f"{PLUGINS}.action.{name}")
    options: dict[str, Any] = yaml.safe_load(module.DOCUMENTATION).get("options", {})
    # A secret is hidden by the action; documentation has no word for that. The settings are a fragment of their own.
    taken = getattr(action, "ARGUMENTS", SETTINGS_OPTION)
    own = {
        option: {key: value for key, value in kind.items() if key != "no_log"}
        for option, kind in taken.items()
        if option != "settings"
    }
    assert as_specified(options) == own


def test_all_actions_are_looked_at() -> None:
    assert {"stack_plan", "stack_confirm", "run_report", "account_session"} <= set(NAMES)
