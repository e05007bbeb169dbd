"""What is held to have come of a case."""

from __future__ import annotations

import pytest

from soak.cases import Call, Case
from soak.verdict import Result, Verdict, judged, table, told

CASE = Case(Call("cloudtrail", "CreateTrail", 0, True), "lost", "reset")
CLEAR = "FAILED: (TrailAlreadyExistsException) when calling the CreateTrail operation"


@pytest.mark.parametrize(
    ("outcome", "problems", "verdict"),
    [
        ("changed: trail", [], Verdict.RIGHT),
        (CLEAR, [], Verdict.CONVERGED),
        (None, [], Verdict.KILLED),
        ("FAILED: something went wrong", [], Verdict.NEITHER),
        ("not reached", [], Verdict.NEITHER),
        ("changed: trail", ["not as specified: trails"], Verdict.NEITHER),
        (CLEAR, ["the third run writes: StartLogging"], Verdict.NEITHER),
        (None, ["not as specified: trails"], Verdict.NEITHER),
    ],
)
def test_verdict(outcome: str | None, problems: list[str], verdict: Verdict) -> None:
    (result,) = judged([CASE], outcome, problems)
    assert result.verdict is verdict


def test_what_is_neither_is_told_with_its_reason() -> None:
    results = judged([CASE], "changed: trail", ["not as specified: trails"])
    assert told(results, Verdict.NEITHER) == ["lost (reset) at cloudtrail:CreateTrail 1: not as specified: trails"]
    assert told(results, Verdict.RIGHT) == []


def test_table_counts_each_kind_that_was_tried() -> None:
    other = Case(CASE.call, "throttle", "throttle")
    lines = table([Result(CASE, Verdict.CONVERGED), Result(CASE, Verdict.NEITHER), Result(other, Verdict.RIGHT)])
    assert lines.splitlines()[2:] == ["| throttle | 1 | 1 | 0 | 0 | 0 | 0 |", "| lost | 2 | 0 | 1 | 0 | 0 | 1 |"]
