"""The second plan: what was just written may take a while to be seen, and what is not seen then is told."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.action import stack_plan
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan

STOPPED = Plan({"trail": Change({"IsLogging": False}, {"IsLogging": True})}, ("trail",), ())
IN_SYNC = Plan({"trail": Change({}, {})}, ("trail",), ())
ARGUMENTS = {"role": "", "external_id": "", "profile": "", "applied": ["trail"]}


class Entered:
    """Clients that any credentials fit."""

    def enter(self, credentials: Any) -> None:
        pass


class SomeSettings:
    account_id, partition, region = "111111111111", "aws", "us-east-1"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(stack_plan, "sign_in", lambda *arguments: None)
    monkeypatch.setattr(stack_plan.clients, "clients_of", lambda region: Entered())
    monkeypatch.setattr(stack_plan.time, "sleep", found.append)
    return found


def plan_of(monkeypatch: pytest.MonkeyPatch, plans: list[Plan], **arguments: Any) -> Plan:
    monkeypatch.setattr(stack_plan, "make_plan", lambda *given: plans.pop(0))
    return stack_plan.made_plan({**ARGUMENTS, **arguments}, SomeSettings(), {}, ["trail"])


def test_what_was_written_may_be_seen_late(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    assert plan_of(monkeypatch, [STOPPED, STOPPED, IN_SYNC]).differing == {}
    assert pauses == [stack_plan.REREAD_PAUSE_SECONDS] * 2


def test_the_wait_is_bounded(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    plan = plan_of(monkeypatch, [STOPPED] * (stack_plan.REREADS + 1))
    assert list(plan.differing) == ["trail"]
    assert len(pauses) == stack_plan.REREADS


def test_a_first_plan_is_read_once(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    assert list(plan_of(monkeypatch, [STOPPED], applied=[]).differing) == ["trail"]
    assert pauses == []


def test_what_is_left_is_told_with_component_attribute_and_both_values() -> None:
    message = stack_plan.left_over(STOPPED.differing)
    assert "trail IsLogging is false and not true" in message
    assert "iam_alerting_components" in message


def test_trusted_accounts_are_in_the_package_if_there_are_any() -> None:
    names, files = [], {}
    for accounts in ((), ("111111111111", "222222222222")):
        package, _sha256 = stack_plan.function_package(accounts)
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names.append(set(archive.namelist()))
            files = {name: archive.read(name) for name in archive.namelist()}
    assert names[1] - names[0] == {"trusted_accounts.json"}
    assert json.loads(files["trusted_accounts.json"]) == ["111111111111", "222222222222"]
