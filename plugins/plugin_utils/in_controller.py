# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection in the process of its task, where it would run on the controller anyway.

In a process of its own, a module has to start Python and to import Ansible and boto3, which takes it ten times as long
as what it is there for. The controller has done both. The module is the same: it gets its arguments where Ansible's
wrapper puts them, and answers on its standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.plugins.action.normal import ActionModule as InItsOwnProcess
from ansible.utils.display import Display
from ansible_collections.amazon.aws.plugins.module_utils.botocore import HAS_BOTO3

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.clients import parts_shared

# The form that Ansible gives arguments and answers of a module that does not ask for another.
PROFILE = "legacy"

display = Display()


class InController(InItsOwnProcess):
    """What Ansible does for a module without an action plugin, but for the process if the module can do without."""

    # The action plugin of a module imports it, and so do the strategies before they fork the workers of its task.
    MODULE: ModuleType

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        if not self._is_for_controller(variables):
            result: dict[str, Any] = super().run(tmp, task_vars)
            return result
        display.vvv(f"Using module file {self.MODULE.__file__} without a process of its own")
        arguments = dict(self._task.args)
        self._update_module_args(self._task.action, arguments, variables)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        with environment_of(environment), parts_shared() if HAS_BOTO3 else contextlib.nullcontext():
            return answer(self.MODULE.main, arguments)

    def _is_for_controller(self, variables: Mapping[str, Any]) -> bool:
        """Whether the module would run on this machine, as this user, by this Python, and be waited for."""
        here = self._connection.transport == "local" and not self._connection.become
        return here and not self._task.async_val and self._is_for_this_python(variables)

    def _is_for_this_python(self, variables: Mapping[str, Any]) -> bool:
        if self._task.delegate_to:
            variables = variables["ansible_delegated_vars"][self._task.delegate_to]
        wanted = constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
        interpreter = str(self._templar.template(wanted))
        # "auto", "auto_silent": whichever Ansible finds.
        return interpreter == sys.executable or interpreter.startswith("auto")


@contextlib.contextmanager
def environment_of(variables: Mapping[str, Any]) -> Iterator[None]:
    """Set these environment variables for the block."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def answer(main: Callable[[], None], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a module answers, a failure too, to these arguments, Ansible's own ones (C(_ansible_...)) among them.

    Whatever it raises is not caught here: an error of the module itself, which Ansible tells as one of the task.
    """
    output = io.StringIO()
    with _given(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main()
    decoder = get_module_decoder(PROFILE, Direction.MODULE_TO_CONTROLLER)
    result: dict[str, Any] = json.loads(output.getvalue(), cls=decoder)
    return result


@contextlib.contextmanager
def _given(arguments: Mapping[str, Any]) -> Iterator[None]:
    encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder).encode()
    basic._ANSIBLE_PROFILE = PROFILE
    try:
        yield
    finally:
        basic._ANSIBLE_ARGS = basic._ANSIBLE_PROFILE = None
