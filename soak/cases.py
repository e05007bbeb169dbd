"""Which call is to fail in which way, and in whose account: all of it pure."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What AWS, or the way to it, does to a call once; an SDK is expected to repeat it.
TRANSIENT = ("throttle", "internal", "reset", "timeout")
# The call is executed and its answer lost, in each of these ways in turn.
LOST_BY = ("internal", "reset", "timeout")
KINDS = (*TRANSIENT, "lost", "denied", "killed")
# ansible-playbook is started anew for each of them: a sample will do.
KILLED_EVERY = 4
# Of what an SDK repeats, one account meets several; it waits a minute for each of those that are not answered.
PER_ACCOUNT = {"throttle": 24, "internal": 24, "reset": 24, "timeout": 6}


@dataclass(frozen=True)
class Call:
    """One call of a run: the C(skip)-th but one of its operation, as CloudTrail names it."""

    service: str
    operation: str
    skip: int
    write: bool

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} {self.skip + 1}"

    @property
    def api_name(self) -> str:
        """The operation as the API and error messages name it, as far as CloudTrail's name goes."""
        undated = re.sub(r"\d{8}(v2)?$", "", self.operation)
        return undated.replace("BucketPublicAccessBlock", "PublicAccessBlock")


@dataclass(frozen=True)
class Case:
    """That a call fails once."""

    call: Call
    kind: str
    way: str

    @property
    def order(self) -> dict[str, Any]:
        """What to order of the sandbox."""
        call = self.call
        which = {"service": call.service, "operation": call.operation, "skip": call.skip, "times": 1}
        return {**which, "kind": self.way, "executed": self.kind in ("lost", "killed")}

    @property
    def waits(self) -> bool:
        """Whether the run waits for an answer until it gives up."""
        return self.way == "timeout"


def calls_of(records: Iterable[Mapping[str, Any]]) -> list[Call]:
    """The calls of a run that its CloudTrail records tell of."""
    seen: Counter[tuple[str, str]] = Counter()
    calls = []
    for record in records:
        name = (record["eventSource"].partition(".")[0], record["eventName"])
        calls.append(Call(*name, seen[name], not record["readOnly"]))
        seen[name] += 1
    return calls


def cases_of(kind: str, calls: Sequence[Call]) -> list[Case]:
    """A case for each call that can fail so; an answer that is lost, or a run that is killed, matters after a write."""
    writes = [call for call in calls if call.write]
    if kind == "lost":
        return [Case(call, kind, way) for call, way in zip(writes, itertools.cycle(LOST_BY), strict=False)]
    if kind == "killed":
        return [Case(call, kind, "timeout") for call in writes[::KILLED_EVERY]]
    return [Case(call, kind, kind) for call in calls]


def by_account(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases of one kind as they share accounts, those of an account far from each other."""
    if not cases:
        return []
    accounts = -(-len(cases) // PER_ACCOUNT.get(cases[0].kind, 1))
    return [list(cases[first::accounts]) for first in range(accounts)]
