# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress of a run over many accounts, without a line per account and task."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: Progress of a run over many accounts
version_added: 0.2.0
description:
  - Prints no line per host and task, but the plays, a line of progress now and then, each failure at once with its host
    and reason, diffs if they are asked for, what the playbook itself reports, and the recap.
  - A failure that the playbook rescues counts as one.
  - With C(-v) and more it prints results as P(ansible.builtin.default#callback) does.
author:
  - Trailwatch contributors (@trailwatch)
extends_documentation_fragment:
  - default_callback
  - result_format_callback
options:
  interval:
    description: A line of progress is printed every so many seconds at most.
    type: float
    default: 10
    env:
      - name: TRAILWATCH_PROGRESS_INTERVAL
    ini:
      - section: callback_progress
        key: interval
requirements:
  - set as stdout callback in the configuration
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import on_one_line, printable


class CallbackModule(Default):
    """The default callback without its lines for what went well."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "trailwatch.aws.progress"

    def __init__(self) -> None:
        super().__init__()
        self._hosts = self._finished = 0
        self._changed: set[str] = set()
        self._failed: set[str] = set()
        self._told = time.monotonic()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        super().v2_playbook_on_play_start(play)
        self._hosts = len(play.get_variable_manager()._inventory.get_hosts(play.hosts))

    def _task_start(self, task: Any, prefix: str | None = None) -> None:
        self._task_type_cache[task._uuid] = prefix or "TASK"
        self._last_task_name = task.get_name().strip()
        self._finished = 0

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.result.get("changed"):
            self._changed.add(result.host.get_name())
        self._progress()
        # What is always shown is the playbook's own report.
        if self._run_is_verbose(result):
            super().v2_runner_on_ok(result)
        else:
            self._handle_warnings_and_exception(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            host, task = result.host.get_name(), result.task.get_name().strip()
            self._failed.add(host)
            self._say(f"failed: [{host}] {task}: {reason(result.result)}", constants.COLOR_ERROR)
        self._progress()
        if self._display.verbosity:
            super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        host = result.host.get_name()
        self._failed.add(host)
        self._say(f"unreachable: [{host}] {reason(result.result)}", constants.COLOR_UNREACHABLE)
        self._progress()

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._progress()

    def v2_on_file_diff(self, result: Any) -> None:
        found = result.result.get("diff")
        if found and result.result.get("changed"):
            text = self._get_diff(found)
            if text:
                self._say(f"diff: [{result.host.get_name()}] {result.task.get_name().strip()}", constants.COLOR_CHANGED)
                self._display.display(text)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Which hosts include a file is no news."""

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """The loop as a whole is told."""

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """The loop as a whole is told."""

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """The loop as a whole is told."""

    def _progress(self) -> None:
        """Count one more host that has done the task, and say so if nothing was said for a while."""
        self._finished += 1
        if time.monotonic() - self._told < self.get_option("interval"):
            return
        self._told = time.monotonic()
        counts = f"{len(self._changed)} changed, {len(self._failed)} failed so far"
        moment = time.strftime("%H:%M:%S")
        self._say(
            f"{moment} {self._last_task_name}: {self._finished} of {self._hosts} ({counts})", constants.COLOR_VERBOSE
        )

    def _say(self, text: str, color: str) -> None:
        # In one line that cannot do anything to a terminal, as some of it comes from strangers.
        self._display.display(on_one_line(printable(text)), color=color)


def reason(result: Mapping[str, Any]) -> str:
    """Why a task failed: of a loop, the items that failed tell it. What is not to be shown, Ansible has taken out."""
    if "censored" in result:
        return str(result["censored"])
    items = [item for item in result.get("results") or [] if isinstance(item, Mapping) and item.get("failed")]
    shown = [item for item in items if not item.get("_ansible_no_log")]
    return "; ".join(str(item.get("msg", "no message")) for item in shown) or str(result.get("msg", "no message"))
