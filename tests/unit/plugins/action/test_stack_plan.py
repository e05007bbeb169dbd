"""The second plan: what was just written may take a while to be seen, and what is not seen then is told."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.action import stack_plan
from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import REMOVAL, Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import LackingError, failure
from ansible_collections.trailwatch.aws.plugins.plugin_utils.plan_words import left_over, notes, summary
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

STOPPED = Plan({"trail": Change({"IsLogging": False}, {"IsLogging": True})}, ("trail",), ())
IN_SYNC = Plan({"trail": Change({}, {})}, ("trail",), ())


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(stack_plan.time, "sleep", found.append)
    return found


def plan_of(monkeypatch: pytest.MonkeyPatch, plans: list[Plan], rereads: int = stack_plan.REREADS) -> Plan:
    monkeypatch.setattr(stack_plan, "make_plan", lambda *given: plans.pop(0))
    return stack_plan.made_plan(None, None, ["trail"], rereads)  # type: ignore[arg-type]


def test_what_was_written_may_be_seen_late(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    assert plan_of(monkeypatch, [STOPPED, STOPPED, IN_SYNC]).differing == {}
    assert pauses == [stack_plan.REREAD_PAUSE_SECONDS] * 2


def test_the_wait_is_bounded(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    plan = plan_of(monkeypatch, [STOPPED] * (stack_plan.REREADS + 1))
    assert list(plan.differing) == ["trail"]
    assert len(pauses) == stack_plan.REREADS


def test_a_first_plan_is_read_once(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    assert list(plan_of(monkeypatch, [STOPPED], rereads=0).differing) == ["trail"]
    assert pauses == []


def test_what_is_left_is_told_with_component_attribute_and_both_values() -> None:
    message = left_over(STOPPED.differing)
    assert "trail IsLogging is false and not true" in message
    assert "iam_alerting_components" in message


BOTH = {"rule": STOPPED.changes["trail"], "table": REMOVAL}


@pytest.mark.parametrize(
    ("changes", "applied", "check_mode", "line"),
    [
        (BOTH, [], True, "would change: rule; would remove: table"),
        (BOTH, [], False, "differs: rule; to be removed: table"),
        ({"table": REMOVAL}, [], True, "would remove: table"),
        ({}, ["rule", "table"], False, "changed: rule; removed: table"),
        ({}, ["rule"], False, "changed: rule"),
        ({}, [], True, "in sync"),
    ],
)
def test_the_summary_tells_apart_what_is_changed_and_what_goes(
    changes: dict[str, Change], applied: list[str], check_mode: bool, line: str
) -> None:
    arguments = {"state": "present", "applied": applied}
    assert summary(arguments, changes, ["table"], [], check_mode) == line
    pending = summary(arguments, changes, ["table"], ["not confirmed yet: secops@example.com"], check_mode)
    assert pending == f"{line}; not confirmed yet: secops@example.com"


def test_the_notes_tell_of_subscribers_by_what_has_become_of_them() -> None:
    def subscriber(name: str, state: str, **known: str) -> dict[str, Any]:
        return {"endpoint": f"{name}@example.com", "state": state, "asked": None, "note": None, **known}

    subscribers = [
        subscriber("asked", "pending", asked="2026-03-14T03:07:42Z"),
        subscriber("late", "pending"),
        subscriber("gone", "lost", note="unsubscribed 2026-03-15 04:00 UTC by user/alice"),
        subscriber("new", "missing"),
        subscriber("other", "unexpected"),
        subscriber("secops", "confirmed"),
    ]
    plan = Plan({}, (), tuple(subscribers), fallback=(subscriber("on-call", "pending"),))
    told = [
        "not confirmed yet: asked@example.com (asked 2026-03-14 03:07 UTC), late@example.com",
        "fallback not confirmed yet: on-call@example.com",
        "lost: gone@example.com (unsubscribed 2026-03-15 04:00 UTC by user/alice)",
        "not on the list: other@example.com",
    ]
    assert notes({"lost": []}, Settings(**SETTINGS), plan) == told
    # To unsubscribe them is part of the change then.
    assert notes({"lost": []}, Settings(**SETTINGS, purge_subscribers=True), plan) == told[:3]
    again = notes({"lost": ["gone@example.com"]}, Settings(**SETTINGS), Plan({}, (), ()))
    assert again == ["lost and subscribed again: gone@example.com"]


@pytest.mark.parametrize(
    ("error", "applied", "entered"),
    [
        (AccountError("The role cannot be assumed"), [], False),
        (LackingError("may not read the topic"), [], True),
        (SettingsError("iam_alerting_name is 'A'"), [], True),
        # What was deployed a moment ago was so in an account that was entered.
        (AccountError("The role cannot be assumed"), ["rule"], True),
    ],
)
def test_a_failure_says_whether_the_account_was_entered(error: Exception, applied: list[str], entered: bool) -> None:
    assert failure(error, applied).result["entered"] is entered
