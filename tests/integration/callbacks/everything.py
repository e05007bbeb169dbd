"""A callback that writes down whatever Ansible gives it: results, and the tasks with their arguments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: everything
type: notification
short_description: writes down everything
description: Writes down everything that a callback gets.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "everything"
    CALLBACK_NEEDS_ENABLED = True

    def v2_on_any(self, *args: Any, **kwargs: Any) -> None:
        with Path(os.environ["EVERYTHING"]).open("a") as stream:
            for each in (*args, *kwargs.values()):
                fields = each._task.dump_attrs() if hasattr(each, "_task") and hasattr(each, "_result") else ""
                stream.write(f"{getattr(each, '_result', each)!r}\n{fields!r}\n")
