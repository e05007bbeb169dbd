"""Faults to order, per account: a deploy that dies after its n-th write, or plain errors of an operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.call import Call
from sandbox.errors import error_response
from sandbox.records import Caller
from sandbox.wire import Response

EXPIRED = "The security token included in the request is expired"


@dataclass
class Break:
    """After the n-th write of the account: that call is executed, its answer lost, and nothing works any more."""

    after_write: int
    writes: int = 0

    @property
    def broken(self) -> bool:
        return self.writes >= self.after_write


@dataclass
class Error:
    """So many calls of an operation (empty: any) of a service (empty: any) fail unexecuted; ``times`` 0: all."""

    error: str
    status: int = 400
    message: str = "Injected by the sandbox"
    service: str = ""
    operation: str = ""
    times: int = 0
    used: int = 0

    def hits(self, call: Call) -> bool:
        return (
            self.service in ("", call.service)
            and self.operation in ("", call.operation)
            and (self.times == 0 or self.used < self.times)
        )


@dataclass(frozen=True)
class Verdict:
    """What a fault makes of a call: an answer in place of executing it, or one in place of the real answer."""

    instead: Response | None = None
    afterwards: Response | None = None


@dataclass
class Faults:
    """The faults in force. Not locked: used from one thread (the event loop, or under the caller's lock)."""

    breaks: dict[str, Break] = field(default_factory=dict)
    errors: dict[str, list[Error]] = field(default_factory=dict)

    def add(self, account: str, order: dict[str, Any], writes_already: int = 0) -> None:
        """Put one fault in force; ``break_after_write`` in the order tells the two kinds apart."""
        if "break_after_write" in order:
            self.breaks[account] = Break(int(order["break_after_write"]), writes_already)
        else:
            self.errors.setdefault(account, []).append(Error(**order))

    def clear(self, account: str | None = None) -> None:
        for table in (self.breaks, self.errors):
            if account is None:
                table.clear()
            else:
                table.pop(account, None)

    def judge(self, call: Call, caller: Caller) -> Verdict:
        """Called once per call, in order of arrival, before it is executed. Code of a Lambda is not disturbed."""
        if caller.by != "caller":
            return Verdict()
        accounts = {caller.account, call.assumed_account or caller.account}
        if any(self.breaks[account].broken for account in accounts if account in self.breaks):
            return Verdict(instead=_expired(call))
        for fault in self.errors.get(caller.account, []):
            if fault.hits(call):
                fault.used += 1
                return Verdict(instead=error_response(call, fault.error, fault.message, fault.status))
        return self._count(call, caller.account)

    def _count(self, call: Call, account: str) -> Verdict:
        fault = self.breaks.get(account)
        if fault is None or call.read_only:
            return Verdict()
        # Counted on arrival, not on completion: of calls in flight together exactly one is the n-th.
        fault.writes += 1
        return Verdict(afterwards=_expired(call)) if fault.broken else Verdict()


def _expired(call: Call) -> Response:
    code = "ExpiredToken" if call.wire in ("query", "rest-xml") else "ExpiredTokenException"
    return error_response(call, code, EXPIRED, 403)
