# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""A batch of messages from the queue: what is dealt with, reported and logged."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import batch
import handler
import hypothesis
import pytest
from groups import STALE
from hypothesis import strategies as st
from suppression import Suppression

from tests.unit.function.world import FIRST, FUNCTION, MAX_RECEIVES, InterruptedCallError, World, logged, more, storm

Build = Callable[..., dict[str, Any]]


def test_suppressed_event_leaves_no_trace_in_the_table(
    world: World, event: Build, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = Suppression("ci", {"user": ("alice",)}, "known", "ops", "9999-12-31")
    monkeypatch.setattr(handler, "suppressions", lambda: (quiet,))
    world.come(event())
    world.run()
    [entry] = logged(capsys)
    assert (world.mails, world.steps) == ([], 0)
    assert (entry["suppressedBy"]["name"], entry["SuppressedEvents"]) == ("ci", 1)


def test_grouped_events_are_logged_and_counted(world: World, event: Build, capsys: pytest.CaptureFixture[str]) -> None:
    world.come(*storm(event, 2))
    world.receive()
    first, second = logged(capsys)
    assert (first["disposition"], first["messageId"]) == ("mailed", "m-1")
    assert (second["disposition"], second["messageId"], second["eventID"]) == ("grouped", "", "e-1")
    assert first["group"] == second["group"]
    assert (second["GroupedEvents"], second["Pipeline"]) == (1, "iam-alerting")
    assert second["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Pipeline"]]


def test_without_the_table_each_event_has_its_mail_on_the_third_delivery(world: World, event: Build) -> None:
    def no_table(step: int, name: str) -> None:
        if name == "put_item":
            raise InterruptedCallError(name)

    world.before = no_table
    world.come(*storm(event, 3))
    for _delivery in range(3):
        world.receive()
    assert world.subjects() == [FIRST] * 3


@pytest.mark.parametrize(("failures", "mails"), [(1, 2), (2, 3), (MAX_RECEIVES, 3)])
def test_a_reminder_that_fails_costs_two_mails_more_and_no_event(
    world: World, event: Build, capsys: pytest.CaptureFixture[str], failures: int, mails: int
) -> None:
    failed: list[str] = []

    def no_reminders(step: int, name: str) -> None:
        if name == "send_message" and len(failed) < failures:
            failed.append(name)
            raise InterruptedCallError("not authorized")

    world.before = no_reminders
    world.come(event())
    world.run()
    assert world.subjects() == [FIRST] * mails
    assert world.dead == []
    told = [entry["reminderError"] for entry in logged(capsys) if "reminderError" in entry]
    assert told == (["InterruptedCallError: not authorized"] if failures > 2 else [])
    assert bool(world.windows()) == bool(told)


def test_window_whose_reminder_failed_is_told_of_with_the_next(world: World, event: Build) -> None:
    def no_reminders(step: int, name: str) -> None:
        if name == "send_message":
            raise InterruptedCallError("not authorized")

    first, second, third = storm(event, 3)
    world.before = no_reminders
    world.come(first, second)
    world.run()
    assert world.subjects() == [FIRST] * 3
    world.before = lambda step, name: None
    world.now += STALE
    world.come(third)
    world.run()
    assert world.subjects() == [FIRST] * 4 + [more(1)]
    assert (world.windows(), world.dead) == ([], [])


def test_broken_message_does_not_stop_the_others(
    world: World, event: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    first, last = storm(event, 2)
    world.come(first)
    world.put("{ no JSON")
    world.come(last)
    world.run()
    assert world.subjects() == [FIRST, more(1)]
    assert world.dead == ["{ no JSON"]
    failures = [entry for entry in logged(capsys) if "itemIdentifier" in entry]
    assert len(failures) == MAX_RECEIVES
    assert failures[0]["itemIdentifier"] == "q-2"
    assert failures[0]["error"].startswith("JSONDecodeError: ")


def test_what_there_is_no_time_for_comes_again(world: World, event: Build) -> None:
    def slow(step: int, name: str) -> None:
        if name == "publish":
            world.remaining = 5_000

    world.after = slow
    world.come(*storm(event, 3))
    world.receive()
    assert len(world.mails) == 1
    assert [message["id"] for message in world.queue if "detail" in message["body"]] == ["q-2", "q-3"]


def test_switched_off_each_event_of_the_queue_has_its_mail(
    world: World, event: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = storm(event, 4)
    world.come(*events[:2])
    world.receive()
    monkeypatch.setenv("GROUP_SECONDS", "0")
    world.come(*events[2:])
    world.run()
    assert world.subjects() == [FIRST, FIRST, FIRST, more(1)]
    assert world.windows() == []


def test_an_event_that_comes_by_itself_is_mailed_without_the_table(world: World, event: Build) -> None:
    handler.lambda_handler(event(), SimpleNamespace(invoked_function_arn=FUNCTION))
    assert world.subjects() == [FIRST]
    assert world.steps == 1


texts = st.text(st.characters(exclude_categories=()), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
fields = st.sampled_from(["eventID", "eventTime", "eventName", "userIdentity", "recipientAccountId", "awsRegion"])
bodies = values | st.fixed_dictionaries({"detail": st.dictionaries(fields, values) | values})


@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(body=bodies)
def test_any_json_is_delivered_or_reported(world: World, body: Any) -> None:
    message = {"id": "q", "body": json.dumps(body), "count": 1}
    is_event = isinstance(body, dict) and isinstance(body.get("detail"), dict)
    assert world.invoke(message) == ([] if is_event else ["q"])


@pytest.mark.parametrize("body", ["", "[" * 100_000, '{"summary": {}}', '{"summary": 1}', '{"detail": {}} x', "NaN"])
def test_any_other_text_is_reported(world: World, body: str) -> None:
    assert world.invoke({"id": "q", "body": body, "count": 1}) == ["q"]


# Sums of these are exact.
sixteenths = st.integers(0, 32).map(lambda number: number / 16)


@hypothesis.settings(deadline=None)
@hypothesis.given(took=st.lists(sixteenths, min_size=5))
def test_no_five_mails_of_a_batch_come_within_a_second(took: list[float]) -> None:
    now, mailed = [0.0], []

    def send(seconds: float) -> None:
        mailed.append(now[0] + seconds / 2)
        now[0] += seconds

    def sleep(seconds: float) -> None:
        now[0] += seconds

    for seconds in took:
        batch.paced(send, sleep)(seconds)
    assert all(fifth - first >= 1 for first, fifth in zip(mailed, mailed[4:], strict=False))


def test_failed_mail_waits_too() -> None:
    slept: list[float] = []

    def fail() -> str:
        raise InterruptedCallError

    with pytest.raises(InterruptedCallError):
        batch.paced(fail, slept.append)()
    assert slept == [0.25]


def test_a_heartbeat_is_counted_and_leaves_no_trace_in_the_table(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.come({"trailwatch": "heartbeat"})
    world.run()
    [entry] = logged(capsys)
    assert (world.mails, world.steps, world.queue) == ([], 0, [])
    assert (entry["Heartbeats"], entry["Pipeline"]) == (1, "iam-alerting")
