"""What came of each event, from all that tells of it: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FATES = ("mailed", "grouped", "suppressed")


@dataclass
class Evidence:
    """What was found in one account, each by the events' ids.

    Attributes:
        offered: the events that CloudTrail recorded, one for each call.
        mailed: an id for each mail about one event.
        grouped: from the table: the event that opened the window in which an event was counted.
        told: how many events the summaries tell of, by the event that opened the window.
        logged: what the function's log says came of each event, all of it.
        letters: what was in the dead-letter queue before it was redriven.
        left: how many messages are in the queues in the end.
        times: when each mail was written, alerts and summaries.
        suspended: whether SNS has suspended the mail subscription.
    """

    offered: Collection[str]
    mailed: Sequence[str] = ()
    grouped: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    logged: Mapping[str, Sequence[str]] = field(default_factory=dict)
    letters: Collection[str] = ()
    left: int = 0
    times: Sequence[float] = ()
    suspended: bool = False


@dataclass(frozen=True)
class Ledger:
    """What came of the events of one account: how many had which fate, and what is wrong."""

    fates: Mapping[str, int]
    letters: int
    rate: int
    problems: Sequence[str]


def ledger(evidence: Evidence, cap: int) -> Ledger:
    """Account for each event once, and check that mails came no faster than so many a second."""
    mails = Counter(evidence.mailed)
    suppressed = {event for event, said in evidence.logged.items() if "suppressed" in said}
    found = {
        event: ["mailed"] * mails[event]
        + ["grouped"] * (event in evidence.grouped)
        + ["suppressed"] * (event in suppressed)
        for event in evidence.offered
    }
    fates = Counter(fates[0] for fates in found.values() if len(fates) == 1)
    rate = most_within(evidence.times, 1.0)
    problems = [
        *_listed("lost", (event for event, fates in found.items() if not fates)),
        *_listed(
            "more than once", (f"{event}: {', '.join(fates)}" for event, fates in found.items() if len(fates) > 1)
        ),
        *_listed("not offered", set(mails) - set(evidence.offered)),
        *_listed("logged otherwise", _logged_otherwise(evidence, found)),
        *_listed("not told as counted", _not_told(evidence)),
        *_listed("a dead letter that was not mailed", (event for event in evidence.letters if not mails[event])),
        *([f"{evidence.left} messages are left in the queues"] if evidence.left else []),
        *([f"{rate} mails within a second"] if rate > cap else []),
        *(["the mail subscription is suspended"] if evidence.suspended else []),
    ]
    return Ledger(dict(fates), len(evidence.letters), rate, problems)


def most_within(times: Iterable[float], seconds: float) -> int:
    """The most of these moments that lie within so many seconds, wherever these begin."""
    ordered, first, most = sorted(times), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _logged_otherwise(evidence: Evidence, found: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for event, fates in found.items():
        if any(fate not in evidence.logged.get(event, ()) for fate in fates):
            yield f"{event}: {', '.join(evidence.logged.get(event, ())) or 'nothing'}"


def _not_told(evidence: Evidence) -> Iterable[str]:
    counted = Counter(evidence.grouped.values())
    for opener in counted.keys() | evidence.told.keys():
        if counted[opener] != evidence.told.get(opener, 0):
            yield f"window of {opener}: {counted[opener]} counted, {evidence.told.get(opener, 0)} told"


def _listed(what: str, which: Iterable[str]) -> list[str]:
    every = sorted(which)
    more = f" and {len(every) - 3} more" if len(every) > 3 else ""
    return [f"{what}: {'; '.join(every[:3])}{more}"] if every else []
