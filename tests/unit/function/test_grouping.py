# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Which mails a storm of events makes, wherever an invocation breaks off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from tests.unit.function.world import FIRST, WINDOW, InterruptedCallError, World, logged, more, storm

Build = Callable[..., dict[str, Any]]


def test_a_storm_is_one_mail_now_and_one_summary(world: World, event: Build) -> None:
    world.come(*storm(event, 38))
    world.receive()
    assert world.subjects() == [FIRST]
    world.run()
    assert world.subjects() == [FIRST, more(37)]
    assert world.now == 1_800_000_000 + WINDOW
    assert world.windows() == []


def test_one_event_alone_has_no_summary(world: World, event: Build) -> None:
    world.come(event())
    world.run()
    assert world.subjects() == [FIRST]
    assert world.windows() == []


def test_the_next_storm_begins_with_a_mail_again(world: World, event: Build) -> None:
    for number in range(2):
        world.come(event(eventID=f"{number}-a"), event(eventID=f"{number}-b"))
        world.run()
    assert world.subjects() == [FIRST, more(1), FIRST, more(1)]


def test_summary_has_the_attributes_of_the_alert(world: World, event: Build) -> None:
    world.come(*storm(event, 2))
    world.run()
    alert, summary = world.mails
    assert summary["MessageAttributes"] == alert["MessageAttributes"]


def test_summary_says_what_was_done_to_whom(world: World, event: Build) -> None:
    world.come(*storm(event, 38))
    world.run()
    body = json.loads(world.mails[-1]["Message"])["email"]
    assert "The last 20 of them\n" in body
    assert "  2026-03-14 03:07:37 UTC  e-37  user user-37\n" in body
    assert "e-17  " not in body
    assert "When    from 2026-03-14 03:07:00 UTC to 2026-03-14 03:07:37 UTC\n" in body


def test_programs_get_the_first_finding_updated(world: World, event: Build) -> None:
    world.come(*storm(event, 38))
    world.run()
    first, update = (json.loads(json.loads(mail["Message"])["default"]) for mail in world.mails)
    assert DetectionFinding.model_validate(update).activity_name == "Update"
    assert update["finding_info"]["uid"] == first["finding_info"]["uid"]
    assert update["count"] == 37
    assert update["severity"] == first["severity"]
    assert update["cloud"] == first["cloud"]
    assert update["end_time"] - update["start_time"] == 37_000
    assert {"name": "user user-37"} in update["resources"]


def test_chat_gets_the_summary_in_the_thread_of_the_alert(
    world: World, event: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_FORMAT", "amazon-q")
    world.come(*storm(event, 3))
    world.run()
    first, update = (json.loads(json.loads(mail["Message"])["https"]) for mail in world.mails)
    assert update["metadata"]["threadId"] == first["metadata"]["threadId"]
    assert update["content"]["title"] == more(2)


@pytest.mark.parametrize(
    "fields",
    [
        {"eventName": "CreateAccessKey"},
        {"recipientAccountId": "222222222222"},
        {"userIdentity": {"type": "IAMUser", "userName": "bob"}},
        {"userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": "222222222222"}},
        {"userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "alice"}}}},
        {"errorCode": "AccessDenied"},
    ],
)
def test_what_differs_has_its_own_mail(world: World, event: Build, fields: dict[str, Any]) -> None:
    world.come(event(eventID="e-1"), event(eventID="e-2", **fields))
    world.receive()
    assert len(world.mails) == 2


def test_critical_event_does_not_hide_behind_a_milder_one_of_the_same_action(world: World, event: Build) -> None:
    attach = {"eventName": "AttachRolePolicy"}
    mild = {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    strong = {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    world.come(
        event(eventID="e-1", requestParameters=mild, **attach),
        event(eventID="e-2", requestParameters=strong, **attach),
    )
    world.receive()
    assert [subject.split()[0] for subject in world.subjects()] == ["HIGH", "CRITICAL"]


def test_event_does_not_hide_behind_one_that_another_rule_rated(world: World, event: Build) -> None:
    def trust(number: int, whom: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Principal": {"AWS": whom}, "Action": "sts:AssumeRole"}
        parameters = {"roleName": f"r-{number}", "policyDocument": json.dumps({"Statement": statement})}
        return event(eventID=f"e-{number}", eventName="UpdateAssumeRolePolicy", requestParameters=parameters)

    world.come(*(trust(number, whom) for number, whom in enumerate(["222222222222", "*", "444444444444"])))
    world.run()
    told = "iam:UpdateAssumeRolePolicy by alice in production (111111111111)"
    assert world.subjects() == [f"CRITICAL {told}", f"CRITICAL {told}", f"CRITICAL 1 more {told}"]
    bodies = [json.loads(mail["Message"])["email"] for mail in world.mails]
    assert "Everyone with an AWS account may become the role." in bodies[1]
    assert "Rating  CRITICAL, by the rule of the mail about the first\n" in bodies[2]


def test_sessions_of_one_role_are_one_group(world: World, event: Build) -> None:
    def by(session: str) -> dict[str, Any]:
        issuer = {"userName": "deploy", "arn": "arn:aws:iam::111111111111:role/deploy"}
        arn = f"arn:aws:sts::111111111111:assumed-role/deploy/{session}"
        return {"type": "AssumedRole", "arn": arn, "sessionContext": {"sessionIssuer": issuer}}

    world.come(*(event(eventID=f"e-{name}", userIdentity=by(name)) for name in ("one", "two", "three")))
    world.run()
    assert [subject.split(" in ")[0] for subject in world.subjects()] == [
        "CRITICAL iam:CreateUser by deploy/one",
        "CRITICAL 2 more iam:CreateUser by deploy",
    ]


def test_people_of_identity_center_are_told_apart_also_where_nobody_vouches_for_them(
    world: World, event: Build
) -> None:
    role = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_A_0123456789abcdef"
    by = [{"type": "AssumedRole", "arn": f"{role}/{name}"} for name in ("alice", "bob", "alice")]
    world.come(*(event(eventID=f"e-{number}", userIdentity=who) for number, who in enumerate(by)))
    world.run()
    assert [subject.split(" in ")[0] for subject in world.subjects()] == [
        "CRITICAL iam:CreateUser by alice",
        "CRITICAL iam:CreateUser by bob",
        "CRITICAL 1 more iam:CreateUser by AWSReservedSSO_A_0123456789abcdef",
    ]


@pytest.mark.parametrize("copies", [[0, 0, 0], [0, 1, 0, 1]])
def test_duplicates_are_told_of_once(
    world: World, event: Build, capsys: pytest.CaptureFixture[str], copies: list[int]
) -> None:
    events = storm(event, 2)
    world.come(*(events[number] for number in copies))
    world.run()
    assert world.told() == len(set(copies))
    assert [entry["disposition"] for entry in logged(capsys)].count("duplicate") == len(copies) - len(set(copies))


def test_event_without_an_id_always_has_its_mail(world: World, event: Build) -> None:
    world.come(*[event(eventID=None)] * 3, event(eventID="x" * 80), event(eventID="a#b"))
    world.run()
    assert world.subjects() == [FIRST] * 5


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 16))
def test_nothing_is_lost_wherever_it_breaks_off(world: World, event: Build, moment: str, step: int) -> None:
    def interrupt(now: int, name: str) -> None:
        if now == step:
            raise InterruptedCallError(name)

    setattr(world, moment, interrupt)
    world.come(*storm(event, 3))
    world.run(size=1)
    assert world.steps > step
    assert world.told() >= 3
    assert len(world.mails) <= 4
    assert (world.windows(), world.dead) == ([], [])


@pytest.mark.parametrize("step", range(1, 16))
def test_nothing_is_lost_when_a_call_is_repeated_whose_answer_was(world: World, event: Build, step: int) -> None:
    world.repeated = step
    world.come(*storm(event, 3))
    world.run(size=1)
    assert world.steps >= step
    assert world.told() >= 3
    assert len(world.mails) <= 3
    assert (world.windows(), world.dead) == ([], [])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_other_invocation_in_between(world: World, event: Build, moment: str, step: int) -> None:
    first, second = storm(event, 2)

    def interrupt(now: int, name: str) -> None:
        if now == step and world.queue:
            world.receive(size=1)

    setattr(world, moment, interrupt)
    world.come(first, second)
    world.run(size=1)
    assert sorted(world.subjects()) == sorted([FIRST, more(1)])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_copy_of_the_event_in_between(world: World, event: Build, moment: str, step: int) -> None:
    def interrupt(now: int, name: str) -> None:
        if now == step and world.queue:
            world.receive(size=1)

    setattr(world, moment, interrupt)
    world.come(event(), event())
    world.run(size=1)
    assert world.subjects() == [FIRST]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 5))
def test_event_while_the_summary_is_being_sent(world: World, event: Build, moment: str, step: int) -> None:
    events = storm(event, 3)
    world.come(*events[:2])
    world.receive()
    begun = world.steps

    def interrupt(now: int, name: str) -> None:
        if now == begun + step:
            world.come(events[2])
            world.receive()

    setattr(world, moment, interrupt)
    world.run()
    assert world.told() == 3
    assert world.windows() == []


def test_early_reminder_waits_for_the_end_of_the_window(world: World, event: Build) -> None:
    world.come(*storm(event, 2))
    world.receive()
    world.now += 20
    [early] = world.queue
    world.queue = [{**early, "due": world.now}]
    world.receive()
    assert world.subjects() == [FIRST]
    assert [message["due"] - world.now for message in world.queue] == [WINDOW - 20]


def test_window_whose_summary_never_came_is_opened_anew(world: World, event: Build) -> None:
    def no_summaries(step: int, name: str) -> None:
        if name == "query":
            raise InterruptedCallError(name)

    events = storm(event, 5)
    world.before = no_summaries
    world.come(*events[:3])
    world.run()
    assert [json.loads(body).keys() for body in world.dead] == [{"summary"}]
    assert world.subjects() == [FIRST]
    world.before = lambda step, name: None
    world.come(*events[3:])
    world.run()
    assert world.subjects() == [FIRST, FIRST, more(3)]
