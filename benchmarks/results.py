"""The figures of a benchmark, plain values that go to JSON and come back."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.function.measure import Figures
from benchmarks.process import Usage

STOCK, TRAILWATCH, FLOOR = "stock", "Trailwatch", "floor"
# A member of a hub, and a standalone account where, as for the members, the organization's trail serves.
MEMBER, SERVED = "member", "Trailwatch, no trail"
FIRST, IN_SYNC, DRIFTED, STATUS = "first deploy", "in sync", "ten drifted", "status"


@dataclass(frozen=True)
class Sample:
    """One run: what it took, and what it called."""

    usage: Usage
    calls: int
    writes: int
    problem: str = ""


@dataclass(frozen=True)
class Measurement:
    """The medians of the runs of one subject in one situation, for all accounts together."""

    subject: str
    situation: str
    accounts: int
    runs: int
    wall: float
    cpu: float
    calls: float
    writes: float
    parent_mb: float
    tree_mb: float
    problem: str = ""

    @property
    def cpu_each(self) -> float:
        return self.cpu / self.accounts

    @property
    def wall_each(self) -> float:
        return self.wall / self.accounts

    @property
    def reads_each(self) -> float:
        return (self.calls - self.writes) / self.accounts

    @property
    def writes_each(self) -> float:
        return self.writes / self.accounts


@dataclass(frozen=True)
class Results:
    """A whole benchmark: its measurements, and what a reader must know of how they came about."""

    measurements: list[Measurement]
    handlers: dict[str, Figures]
    facts: dict[str, str]
    command: str

    def find(self, subject: str, situation: str) -> list[Measurement]:
        """The measurements of a subject in a situation, by number of accounts."""
        found = [one for one in self.measurements if (one.subject, one.situation) == (subject, situation)]
        return sorted(found, key=lambda one: one.accounts)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        data = json.loads(path.read_text())
        measurements = [Measurement(**one) for one in data["measurements"]]
        handlers = {name: Figures(**one) for name, one in data["handlers"].items()}
        return cls(measurements, handlers, data["facts"], data["command"])


def medians(subject: str, situation: str, accounts: int, samples: Sequence[Sample]) -> Measurement:
    """The median of each figure."""

    def median(name: str) -> float:
        return float(statistics.median(getattr(sample.usage, name) for sample in samples))

    return Measurement(
        subject,
        situation,
        accounts,
        len(samples),
        median("wall"),
        median("cpu"),
        statistics.median(sample.calls for sample in samples),
        statistics.median(sample.writes for sample in samples),
        median("parent_mb"),
        median("tree_mb"),
        next((sample.problem for sample in samples if sample.problem), ""),
    )
