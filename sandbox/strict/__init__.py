"""Where AWS refuses or remembers and ministack does not: checks before a call, repairs after it.

A check raises ``RefusedError``. A repair runs after the call succeeded, corrects ministack's stores, and may return
another response. Both run on the event loop, in the request scope of the resource's account.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope

from sandbox.call import Call
from sandbox.journal import Journal
from sandbox.records import Caller
from sandbox.wire import Response

Check = Callable[[Call, Caller], None]
Repair = Callable[[Call, Response], Response | None]
_MODULES = (
    *("cloudtrail", "event_history", "events", "functions", "identity", "keys", "messaging", "monitoring"),
    *("organizations", "storage", "tagging"),
)
_checks: dict[tuple[str, str], list[Check]] = defaultdict(list)
_repairs: dict[tuple[str, str], list[Repair]] = defaultdict(list)


def check(service: str, *operations: str) -> Callable[[Check], Check]:
    """Register a function as a check of these operations."""

    def register(function: Check) -> Check:
        for operation in operations:
            _checks[service, operation].append(function)
        return function

    return register


def repair(service: str, *operations: str) -> Callable[[Repair], Repair]:
    """Register a function as a repair of these operations."""

    def register(function: Repair) -> Repair:
        for operation in operations:
            _repairs[service, operation].append(function)
        return function

    return register


def before(call: Call, caller: Caller) -> None:
    """Run the checks of a call; ``RefusedError`` if AWS would refuse it."""
    with request_scope(caller.account, call.region):
        for function in _checks.get((call.service, call.operation), ()):
            function(call, caller)


def after(call: Call, caller: Caller, response: Response) -> Response:
    """Run the repairs of a successful call."""
    with request_scope(caller.account, call.region):
        for function in _repairs.get((call.service, call.operation), ()) if response.status < 300 else ():
            response = function(call, response) or response
    return response


def install(status_of_trails: dict[str, dict[str, Any]], journal: Journal) -> None:
    """Register all checks and repairs."""
    for name in _MODULES:
        importlib.import_module(f"sandbox.strict.{name}")
    vars(importlib.import_module("sandbox.strict.cloudtrail"))["STATUS"] = status_of_trails
    vars(importlib.import_module("sandbox.strict.event_history"))["JOURNAL"] = journal
