# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module's main() in this process, and see or break off the calls that it makes to AWS."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from botocore.client import BaseClient
from botocore.exceptions import ClientError

READS = ("Get", "List", "Head", "Describe")


class BrokenOffError(BaseException):
    """The run was killed; nothing in a module catches this."""


def run(main: Callable[[], None], *, check: bool = False, **options: Any) -> dict[str, Any]:
    """What the module returns, in diff mode, for these options."""
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
    output = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        main()
    return json.loads(output.getvalue())


@contextlib.contextmanager
def recorded() -> Iterator[list[str]]:
    """The names of the operations called in the block, in order."""
    names: list[str] = []
    make = BaseClient._make_api_call

    def call(client: Any, name: str, arguments: Any) -> Any:
        names.append(name)
        return make(client, name, arguments)

    with patch.object(BaseClient, "_make_api_call", call):
        yield names


def writes(names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith(READS)]


@contextlib.contextmanager
def broken_off_after(number: int) -> Iterator[None]:
    """In the block, the run ends right after its write of this number."""
    done: list[str] = []
    make = BaseClient._make_api_call

    def call(client: Any, name: str, arguments: Any) -> Any:
        answer = make(client, name, arguments)
        done.extend(writes([name]))
        if len(done) == number and writes([name]):
            raise BrokenOffError(name)
        return answer

    with patch.object(BaseClient, "_make_api_call", call):
        yield


@contextlib.contextmanager
def answering(**answers: Any) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """In the block, these operations answer so, or raise, in place of moto; the calls are recorded with arguments.

    An answer may be a list of answers for one call after the other; the last one stays.
    """
    calls: list[tuple[str, dict[str, Any]]] = []
    queues = {name: list(answer) if isinstance(answer, list) else [answer] for name, answer in answers.items()}
    make = BaseClient._make_api_call

    def call(client: Any, name: str, arguments: Any) -> Any:
        calls.append((name, arguments))
        if name not in queues:
            return make(client, name, arguments)
        queue = queues[name]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    with patch.object(BaseClient, "_make_api_call", call):
        yield calls


def error(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{code} it is"}}, operation)


def examples(module: ModuleType) -> list[dict[str, Any]]:
    """The options of every task in the examples of a module's documentation."""
    name = f"trailwatch.aws.{module.__name__.rsplit('.', 1)[1]}"
    return [task[name] for task in yaml.safe_load(module.EXAMPLES)]
