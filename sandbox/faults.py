"""Faults to order, per account: a deploy that dies after its n-th write, or calls that fail as AWS lets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from sandbox.call import Call
from sandbox.errors import error_response
from sandbox.records import Caller, event_name
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
class Failure:
    """Some calls of an operation (empty: any) of a service (empty: any) fail: ``times`` requests (0: all), after
    ``skip`` calls that are let through.

    A request that an SDK repeats is the same call. It fails with the code ``error``, or in one of the ways of
    ``FAILED`` and ``Loss``, which ``kind`` names. If ``executed``, AWS has done its work, and only the answer is lost.
    With ``first_attempts`` no repeated request fails, so that each call fails once.
    """

    error: str = ""
    kind: str = ""
    status: int = 400
    message: str = "Injected by the sandbox"
    service: str = ""
    operation: str = ""
    times: int = 0
    skip: int = 0
    executed: bool = False
    first_attempts: bool = False
    used: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        if bool(self.error) == bool(self.kind) or self.kind not in KINDS:
            raise ValueError(f"a fault has an error's code, or one of the kinds {', '.join(filter(None, KINDS))}")

    def hits(self, call: Call) -> bool:
        """Whether this request is to fail; to be asked once for each."""
        if self.service not in ("", call.service) or self.operation not in ("", call.operation, event_name(call)):
            return False
        first = is_first_attempt(call)
        self.seen += first
        if self.first_attempts and not first:
            return False
        return self.seen > self.skip and (self.times == 0 or self.used < self.times)

    def answer(self, call: Call) -> Response | Loss:
        """What the caller gets."""
        if self.kind in FAILED:
            return FAILED[self.kind](call)
        return error_response(call, self.error, self.message, self.status) if self.error else Loss(self.kind)


class Loss(Enum):
    """No answer at all."""

    RESET = "reset"  # the connection breaks
    SILENCE = "timeout"  # nothing comes until the caller gives up


def is_first_attempt(call: Call) -> bool:
    """Whether the SDK makes the call, and does not repeat it. It says so in a header."""
    return "attempt=" not in (told := call.request.headers.get("amz-sdk-request", "")) or "attempt=1;" in f"{told};"


def _throttled(call: Call) -> Response:
    """As the model says of the call, or else as all of its protocol are throttled (each API's "Common Errors")."""
    modelled = next((shape for shape in call.model.error_shapes if _THROTTLING.match(shape.name)), None)
    if modelled is not None:
        told = modelled.metadata.get("error", {})
        return error_response(call, told.get("code", modelled.name), RATE, told.get("httpStatusCode", 400))
    code, status = {"rest-xml": ("SlowDown", 503), "query": ("Throttling", 400)}.get(
        call.wire, ("ThrottlingException", 400)
    )
    return error_response(call, code, RATE, status)


def _broken(call: Call) -> Response:
    code = {"s3": "InternalError", "lambda": "ServiceException", "iam": "ServiceFailure"}.get(
        call.service, "InternalFailure"
    )
    return error_response(call, code, "An internal error occurred", 500)


def _denied(call: Call) -> Response:
    code = "AccessDenied" if call.wire in ("query", "rest-xml") else "AccessDeniedException"
    return error_response(call, code, "Denied by the sandbox", 403)


RATE = "Rate exceeded"
_THROTTLING = re.compile("Throttl|TooManyRequests|RequestThrottl")
# The ways in which AWS answers that it has failed.
FAILED: dict[str, Callable[[Call], Response]] = {"throttle": _throttled, "internal": _broken, "denied": _denied}
KINDS = ("", *FAILED, *(loss.value for loss in Loss))


@dataclass(frozen=True)
class Verdict:
    """What a fault makes of a call: an answer in place of executing it, or one in place of the real answer."""

    instead: Response | Loss | None = None
    afterwards: Response | Loss | None = None


@dataclass
class Faults:
    """The faults in force. Not locked: used from one thread (the event loop, or under the caller's lock)."""

    breaks: dict[str, Break] = field(default_factory=dict)
    failures: dict[str, list[Failure]] = field(default_factory=dict)

    def add(self, account: str, order: dict[str, Any], writes_already: int = 0) -> None:
        """Put one fault in force; ``break_after_write`` in the order tells the two kinds apart."""
        if "break_after_write" in order:
            self.breaks[account] = Break(int(order["break_after_write"]), writes_already)
        else:
            self.failures.setdefault(account, []).append(Failure(**order))

    def clear(self, account: str | None = None) -> None:
        for table in (self.breaks, self.failures):
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
        # Each is asked, as each counts the calls.
        hitting = [fault for account in accounts for fault in self.failures.get(account, []) if fault.hits(call)]
        if hitting:
            hitting[0].used += 1
            answer = hitting[0].answer(call)
            return Verdict(afterwards=answer) if hitting[0].executed else Verdict(instead=answer)
        return self._count(call, caller.account)

    def find(self, account: str) -> list[dict[str, Any]]:
        """The failures ordered for the account, with how often each was ``used`` so far."""
        return [asdict(fault) for fault in self.failures.get(account, [])]

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
