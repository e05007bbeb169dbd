"""What came of each case, and the table of it: all of it pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from soak.cases import KINDS, Case


class Verdict(Enum):
    """What came of a case; the first three are as they should be."""

    RIGHT = "finished right"
    CONVERGED = "failed clearly, and converged"
    KILLED = "killed, and converged"
    UNREACHED = "call not made"
    NEITHER = "neither"


@dataclass(frozen=True)
class Result:
    """What came of a case, with what is to be said of it."""

    case: Case
    verdict: Verdict
    said: str = ""


def is_failure(outcome: str) -> bool:
    """Whether the line of an account in a report tells of a failure."""
    return outcome.startswith("FAILED: ") or outcome == "not reached"


def is_clear(outcome: str, cases: Iterable[Case]) -> bool:
    """Whether the line of an account says that it failed, and at which of the calls that were made to fail."""
    return outcome.startswith("FAILED: ") and any(case.call.api_name in outcome for case in cases)


def judged(cases: Sequence[Case], outcome: str | None, problems: Sequence[str]) -> list[Result]:
    """What came of the cases of one account.

    Args:
        cases: those that its first run met.
        outcome: what the report of that run says of the account; None if the run was killed.
        problems: what was not right after it was repeated.
    """
    if problems:
        verdict, said = Verdict.NEITHER, "; ".join(problems)
    elif outcome is None:
        verdict, said = Verdict.KILLED, ""
    elif not is_failure(outcome):
        verdict, said = Verdict.RIGHT, ""
    elif is_clear(outcome, cases):
        verdict, said = Verdict.CONVERGED, outcome
    else:
        verdict, said = Verdict.NEITHER, f"does not say which call failed: {outcome}"
    return [Result(case, verdict, said) for case in cases]


def table(results: Sequence[Result]) -> str:
    """How many cases of each kind came to what."""
    verdicts = list(Verdict)
    counts = Counter((result.case.kind, result.verdict) for result in results)
    lines = ["| kind | calls | " + " | ".join(verdict.value for verdict in verdicts) + " |"]
    lines.append("|---|" + "--:|" * (len(verdicts) + 1))
    for kind in KINDS:
        numbers = [counts[kind, verdict] for verdict in verdicts]
        if any(numbers):
            lines.append(f"| {kind} | {sum(numbers)} | " + " | ".join(map(str, numbers)) + " |")
    return "\n".join(lines)


def told(results: Sequence[Result], verdict: Verdict) -> list[str]:
    """A line for each case that came to that."""
    return [
        f"{result.case.kind} ({result.case.way}) at {result.case.call}: {result.said}"
        for result in results
        if result.verdict is verdict
    ]
