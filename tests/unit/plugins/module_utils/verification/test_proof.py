# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the alerts: with long polls, for a bounded time, and no longer than there is something to wait for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.verification import proof
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, Journey, Line


class Clock:
    """A time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Listener:
    """A queue that gets these messages in these polls, by number."""

    def __init__(self, clock: Clock, **arrivals: list[Arrival]) -> None:
        self.clock, self.arrivals, self.polls = clock, arrivals, []

    def receive(self, wait_seconds: int) -> list[Arrival]:
        self.polls.append(wait_seconds)
        found = self.arrivals.get(f"poll_{len(self.polls)}", [])
        self.clock.now += 1 if found else wait_seconds
        return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(proof, "time", made)
    return made


@pytest.fixture
def log_reads(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Line]]:
    """What each read of the log finds, first to last; the last one stays. C([{}]) as long as nobody says other."""
    found: list[dict[str, Line]] = [{}]
    monkeypatch.setattr(proof.log, "lines", lambda *arguments: found.pop(0) if len(found) > 1 else found[0])
    return found


def journeys() -> list[Journey]:
    return [Journey(action, "name-1", 0.0, action) for action in ("iam:CreateUser", "iam:DeleteUser")]


def arrival(action: str) -> Arrival:
    return Arrival(action, "about name-1", 1.0, 2.0, 3.0)


def line(**entry: Any) -> Line:
    return Line(entry, "stream", 0)


def follow(made: list[Journey], listener: Listener, seconds: float) -> None:
    proof.follow(made, listener, None, "group", seconds)  # type: ignore[arg-type]


def test_it_ends_when_both_have_arrived(clock: Clock, log_reads: list[dict[str, Line]]) -> None:
    log_reads[:] = [{"iam:CreateUser": line(), "iam:DeleteUser": line()}]
    made = journeys()
    listener = Listener(clock, poll_2=[arrival("iam:DeleteUser")], poll_3=[arrival("iam:CreateUser")])
    follow(made, listener, 900)
    assert all(journey.arrival and journey.line for journey in made)
    assert listener.polls == [20, 20, 20]


def test_the_waiting_is_bounded(clock: Clock, log_reads: list[dict[str, Line]]) -> None:
    made = journeys()
    listener = Listener(clock)
    follow(made, listener, 50)
    assert listener.polls == [20, 20, 10]
    assert not any(journey.is_over for journey in made)


def test_what_is_kept_quiet_is_not_waited_for(clock: Clock, log_reads: list[dict[str, Line]]) -> None:
    log_reads[:] = [{action: line(suppressedBy={"name": "ci"}) for action in ("iam:CreateUser", "iam:DeleteUser")}]
    listener = Listener(clock)
    follow(journeys(), listener, 900)
    assert listener.polls == [20]


def test_a_message_without_the_name_is_taken_as_soon_as_the_log_tells_its_event_id(
    clock: Clock, log_reads: list[dict[str, Line]]
) -> None:
    log_reads[:] = [{}, {"iam:CreateUser": line(eventID="e-1")}]
    (made, _other) = journeys()
    follow([made], Listener(clock, poll_1=[Arrival("iam:CreateUser", "uid e-1", 1.0, 2.0, 3.0)]), 900)
    assert made.arrival is not None


def test_a_log_that_is_late_is_read_again_but_not_for_ever(clock: Clock, log_reads: list[dict[str, Line]]) -> None:
    (made, _other) = journeys()
    follow([made], Listener(clock, poll_1=[arrival("iam:CreateUser")]), 900)
    assert made.arrival is not None
    assert clock.pauses == [proof.LOG_PAUSE_SECONDS] * proof.LOG_READS


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ({"arrival": arrival("x")}, {"arrival": arrival("x")}, True),
        ({"arrival": arrival("x")}, {"line": line(suppressedBy={"name": "ci"})}, True),
        ({"arrival": arrival("x")}, {}, False),
        ({"line": line(suppressedBy={"name": "ci"})}, {"line": line(disposition="grouped")}, False),
        ({}, {}, False),
    ],
)
def test_a_proof_holds_if_one_arrived_and_none_was_lost(
    first: dict[str, Any], second: dict[str, Any], holds: bool
) -> None:
    made = [Journey("iam:CreateUser", "n", 0.0, "r", **first), Journey("iam:DeleteUser", "n", 0.0, "r", **second)]
    assert proof.Proof(made).holds is holds
