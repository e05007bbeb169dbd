# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That patterns match exactly the actions of a list is judged by moto's matcher and by fnmatch."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    collapse,
    known_names,
    parse_actions,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import (
    actions_in,
    allocate,
    build_pattern,
    canonical,
    render,
)

API_CALL = "AWS API Call via CloudTrail"
SERVICES = ["iam", "sts", "signin", "sso"]
NAMES = st.text("aB", min_size=1, max_size=6)
GLOBS = st.text("aB*", min_size=1, max_size=4).map(lambda text: text.replace("**", "*").replace("**", "*"))
ACTIONS = st.lists(st.builds(Action, st.sampled_from(SERVICES), GLOBS), min_size=1, max_size=12)
LONG_NAMES = st.integers(0, 40).map(lambda number: f"Action{number:02}" + "x" * (number % 7))
MANY_ACTIONS = st.sets(st.builds(Action, st.sampled_from(SERVICES), LONG_NAMES), min_size=1, max_size=40)
LIMITS = st.integers(460, 900)


def event(service, name, source=None, detail_type=API_CALL):
    return {
        "source": source or f"aws.{service}",
        "detail-type": detail_type,
        "detail": {"eventSource": f"{service}.amazonaws.com", "eventName": name},
    }


def matches(pattern, an_event):
    return EventPattern.load(render(pattern)).matches_event(an_event)


def listed(actions, service, name):
    return any(action.service == service and fnmatchcase(name, action.name) for action in actions)


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@given(ACTIONS, st.sampled_from(SERVICES), NAMES, st.integers(420, 1200))
@settings(deadline=None, database=None, max_examples=200)
def test_an_event_matches_a_shard_if_and_only_if_its_action_is_listed(actions, service, name, limit):
    shards = allocate(actions, {}, limit)
    matched = [matches(build_pattern(shard), event(service, name)) for shard in shards.values()]
    assert any(matched) == listed(actions, service, name)


@given(ACTIONS, st.sampled_from(SERVICES), NAMES)
@settings(deadline=None, database=None, max_examples=50)
def test_an_event_that_aws_did_not_send_never_matches(actions, service, name):
    assert not matches(build_pattern(actions), event(service, name, source="custom.iam"))
    assert not matches(build_pattern(actions), event(service, name, detail_type="Made up via CloudTrail"))


@given(ACTIONS)
@settings(deadline=None, database=None)
def test_the_actions_of_a_pattern_can_be_read_back(actions):
    assert actions_in(build_pattern(actions)) == set(collapse(actions))


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@given(ACTIONS, st.randoms())
@settings(deadline=None, database=None)
def test_the_order_of_the_list_has_no_meaning(actions, chance):
    shuffled = chance.sample(actions, len(actions))
    assert render(build_pattern(shuffled)) == render(build_pattern(actions))


def test_a_name_is_paired_with_its_own_source_only():
    pattern = build_pattern(parse_actions(["iam:CreateUser", "sts:AssumeRole"]))
    assert matches(pattern, event("iam", "CreateUser"))
    assert matches(pattern, event("sts", "AssumeRole"))
    assert not matches(pattern, event("sts", "CreateUser"))
    assert not matches(pattern, event("iam", "AssumeRole"))


def test_services_share_the_conditions_that_they_have_in_common():
    assert build_pattern(parse_actions(["iam:CreateUser", "sts:AssumeRoot"])) == {
        "source": ["aws.iam", "aws.sts"],
        "detail-type": [API_CALL],
        "detail": {
            "$or": [
                {"eventName": ["AssumeRoot"], "eventSource": ["sts.amazonaws.com"]},
                {"eventName": ["CreateUser"], "eventSource": ["iam.amazonaws.com"]},
            ]
        },
    }


def test_the_pattern_of_one_service_is_plain():
    assert build_pattern(parse_actions(["iam:CreateUser", "iam:Delete*", "iam:*Key", "iam:Attach*Policy"])) == {
        "source": ["aws.iam"],
        "detail-type": [API_CALL],
        "detail": {
            "eventSource": ["iam.amazonaws.com"],
            "eventName": ["CreateUser", {"prefix": "Delete"}, {"suffix": "Key"}, {"wildcard": "Attach*Policy"}],
        },
    }


def test_a_whole_service_has_no_condition_on_names():
    assert build_pattern(parse_actions(["iam:*"]))["detail"] == {"eventSource": ["iam.amazonaws.com"]}


@pytest.mark.parametrize(
    "detail_type",
    [
        API_CALL,
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "AWS Service Event via CloudTrail",
    ],
)
def test_sign_in_matches_in_every_form(detail_type):
    for actions in (["signin:ConsoleLogin"], ["signin:ConsoleLogin", "iam:CreateUser"]):
        pattern = build_pattern(parse_actions(actions))
        assert matches(pattern, event("signin", "ConsoleLogin", detail_type=detail_type))


def test_iam_matches_as_api_call_only():
    pattern = build_pattern(parse_actions(["signin:ConsoleLogin", "iam:CreateUser"]))
    assert not matches(pattern, event("iam", "CreateUser", detail_type="AWS Console Sign In via CloudTrail"))


def test_patterns_in_another_order_are_equal():
    one = {"source": ["a", "b"], "$or": [{"x": [{"prefix": "p"}, "q"]}, {"y": [1]}]}
    other = {"$or": [{"y": [1]}, {"x": ["q", {"prefix": "p"}]}], "source": ["b", "a"]}
    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical({**one, "source": ["a"]})


def test_a_range_keeps_its_operators_before_their_numbers():
    pattern = {"detail": {"size": [{"numeric": [">", 0, "<=", 5]}, {"numeric": ["=", 9]}]}}
    assert canonical(pattern)["detail"]["size"][1] == {"numeric": [">", 0, "<=", 5]}
    assert matches(pattern, {"detail": {"size": 5}})
    assert not matches(pattern, {"detail": {"size": 6}})


def test_a_pattern_is_written_as_short_as_can_be_and_always_the_same():
    text = '{"detail":{"name":["J\u00f6rg",1]},"source":["a"]}'
    assert render({"source": ["a"], "detail": {"name": [1, "J\u00f6rg"]}}) == text


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"source": ["aws.iam"]},
        {"detail": ["no document"]},
        {"detail": {"$or": ["no document", {"eventSource": {}}]}},
        {"$or": ["no document", {"detail": {"eventSource": "no list"}}]},
        {"detail": {"eventSource": [{"prefix": "iam"}], "eventName": ["CreateUser"]}},
        {"detail": {"eventSource": ["iam.amazonaws.com"], "eventName": {"CreateUser": ["no list"]}}},
        {"detail": {"eventSource": ["iam.amazonaws.com"], "eventName": [{"anything-but": "x"}, 7, {"a": 1, "b": 2}]}},
    ],
)
def test_a_foreign_pattern_has_no_actions(pattern):
    assert actions_in(pattern) == set()


def test_the_rest_of_a_changed_pattern_is_still_recognized():
    pattern = {"detail": {"eventSource": ["iam.amazonaws.com"], "eventName": ["CreateUser", {"exists": True}]}}
    assert actions_in(pattern) == {Action("iam", "CreateUser")}


@given(MANY_ACTIONS, LIMITS)
@settings(deadline=None, database=None, max_examples=60)
def test_shards_hold_every_action_once_and_keep_the_limit(actions, limit):
    shards = allocate(actions, {}, limit)
    assert sorted(action for shard in shards.values() for action in shard) == sorted(actions)
    assert all(0 < len(render(build_pattern(shard))) <= limit for shard in shards.values())
    assert list(shards) == list(range(1, len(shards) + 1))
    assert allocate(actions, shards, limit) == shards


@given(MANY_ACTIONS, LIMITS)
@settings(deadline=None, database=None, max_examples=60)
def test_adding_an_action_touches_one_shard(actions, limit):
    *old, new = actions
    before = allocate(old, {}, limit) if old else {}
    after = allocate(actions, before, limit)
    touched = [number for number in after if before.get(number) != after[number]]
    assert len(touched) == 1
    assert new in after[touched[0]]
    assert before.keys() <= after.keys()


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@given(MANY_ACTIONS, LIMITS)
@settings(deadline=None, database=None, max_examples=60)
def test_removing_an_action_touches_its_shard_only_unless_the_first_would_be_empty(actions, limit):
    before = allocate(actions, {}, limit)
    for number, shard in before.items():
        after = allocate(actions - {shard[0]}, before, limit) if len(actions) > 1 else {}
        touched = {each for each in before if before[each] != after.get(each)}
        if number > 1 or len(shard) > 1:
            assert touched == {number}
        elif after:
            assert 1 in after


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@given(MANY_ACTIONS, MANY_ACTIONS, LIMITS, LIMITS, st.sets(st.integers(2, 4)))
@settings(deadline=None, database=None, max_examples=60)
def test_from_any_shards_to_any_list(old, wanted, old_limit, limit, reserved):
    before = allocate(old, {}, old_limit)
    after = allocate(wanted, before, limit, reserved)
    assert sorted(action for shard in after.values() for action in shard) == sorted(wanted)
    assert all(len(render(build_pattern(shard))) <= limit for shard in after.values())
    assert 1 in after
    assert not (after.keys() - before.keys()) & reserved
    assert allocate(wanted, after, limit, reserved) == after


def test_an_action_that_is_in_two_shards_stays_in_the_first():
    one, two = Action("iam", "A"), Action("iam", "B")
    assert allocate([one, two], {1: [one], 2: [one, two]}, 2048) == {1: (one,), 2: (two,)}


def test_the_last_shard_takes_the_place_of_a_first_that_has_no_action_left():
    one, two, three = (Action("iam", name) for name in "ABC")
    assert allocate([two, three], {1: [one], 2: [two], 3: [three]}, 2048) == {1: (three,), 2: (two,)}


def test_what_no_longer_fits_its_shard_after_the_limit_was_lowered_moves_on():
    actions = [Action("iam", f"Action{number:02}") for number in range(60)]
    before = allocate(actions, {}, 2048)
    after = allocate(actions, before, 800)
    assert len(before) == 1
    assert all(len(render(build_pattern(shard))) <= 800 for shard in after.values())
    assert sorted(action for shard in after.values() for action in shard) == actions


def test_an_action_that_cannot_fit_fails():
    action = Action("iam", "CreateUser")
    size = len(render(build_pattern([action])))
    assert allocate([action], {}, size) == {1: (action,)}
    with pytest.raises(InvalidValueError) as caught:
        allocate([action], {}, size - 1)
    assert str(caught.value) == (
        f"max_pattern_size: the pattern for 'iam:CreateUser' alone has {size} characters, but only {size - 1} are "
        "allowed. Set max_pattern_size to AWS's default quota, 2048."
    )


def test_a_shard_is_filled_to_the_limit():
    actions = (Action("iam", "A"), Action("iam", "B"))
    size = len(render(build_pattern(actions)))
    assert allocate(actions, {}, size) == {1: actions}
    assert allocate(actions, {}, size - 1) == {1: actions[:1], 2: actions[1:]}


def test_all_that_iam_writes_takes_two_rules_of_the_default_size():
    reads = ("Get", "List", "Simulate", "Generate")
    actions = [Action("iam", name) for name in known_names("iam") if not name.startswith(reads)]
    shards = allocate(actions, {}, 2048)
    assert len(shards) == 2
    assert json.loads(render(build_pattern(shards[1])))["source"] == ["aws.iam"]


def test_a_new_shard_has_the_first_number_that_is_free() -> None:
    actions = [Action("iam", f"Create{letter * 9}") for letter in "ABC"]
    size = max(len(render(build_pattern([action]))) for action in actions)
    assert allocate(actions, {}, size) == {number: (action,) for number, action in enumerate(actions, start=1)}
    assert list(allocate(actions, {}, size, reserved={2})) == [1, 3, 4]
