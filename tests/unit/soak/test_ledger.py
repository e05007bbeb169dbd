"""The account of each event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from soak.ledger import Evidence, ledger, most_within

CAP = 8
SOUND = Evidence(
    offered=["a", "b", "c", "d", "e"],
    mailed=["a", "e"],
    grouped={"b": "a", "c": "a"},
    told={"a": 2},
    logged={"a": ["mailed"], "b": ["grouped"], "c": ["grouped"], "d": ["suppressed"], "e": ["failed", "mailed"]},
    letters=["e"],
    times=[1.0, 2.0, 3.0],
)


def test_each_event_has_one_fate() -> None:
    found = ledger(SOUND, CAP)
    assert found.problems == []
    assert found.fates == {"mailed": 2, "grouped": 2, "suppressed": 1}
    assert found.letters == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"offered": [*SOUND.offered, "f"]}, "lost: f"),
        ({"mailed": ["a", "a", "e"]}, "more than once: a: mailed, mailed"),
        ({"mailed": ["a", "b", "e"]}, "more than once: b: mailed, grouped"),
        ({"mailed": ["a", "e", "x"]}, "not offered: x"),
        ({"logged": {**SOUND.logged, "a": ["grouped"]}}, "logged otherwise: a: grouped"),
        ({"told": {"a": 1}}, "not told as counted: window of a: 2 counted, 1 told"),
        ({"told": {"a": 2, "e": 1}}, "not told as counted: window of e: 0 counted, 1 told"),
        ({"letters": ["b"]}, "a dead letter that was not mailed: b"),
        ({"left": 3}, "3 messages are left in the queues"),
        ({"times": [number / 10 for number in range(9)]}, "9 mails within a second"),
        ({"suspended": True}, "the mail subscription is suspended"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], problem: str) -> None:
    assert problem in ledger(replace(SOUND, **changes), CAP).problems


def test_of_many_three_are_named() -> None:
    events = [str(number) for number in range(5)]
    assert ledger(Evidence(offered=events), CAP).problems == ["lost: 0; 1; 2 and 2 more"]


@pytest.mark.parametrize(
    ("times", "most"), [([], 0), ([1.0], 1), ([1.0, 2.0], 1), ([0.5, 1.25, 1.375, 1.5], 3), ([5.0, 5.0, 0.0], 2)]
)
def test_most_within_a_second_wherever_it_begins(times: list[float], most: int) -> None:
    assert most_within(times, 1.0) == most
