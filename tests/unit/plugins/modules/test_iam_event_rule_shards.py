# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest

from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    broken_off_after,
    recorded,
    writes,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.event_rules import (
    MANY,
    SMALL,
    deploy,
    in_sync,
    invokers,
    live_names,
    live_tags,
    live_targets,
    rule,
)

pytestmark = pytest.mark.usefixtures("account")


def test_a_long_list_is_split(events, functions, function):
    arn = function()
    options = {"actions": MANY, "max_pattern_size": SMALL, "targets": [{"arn": arn}], "tags": {"team": "s"}}
    result = deploy(**options)
    names = [each["name"] for each in result["rules"]]
    assert names == ["watch", *(f"watch-{number}" for number in range(2, len(names) + 1))]
    assert len(names) > 2
    assert sorted(action for each in result["rules"] for action in each["actions"]) == sorted(MANY)
    assert sorted(invokers(functions, arn)) == sorted(names)
    for name in names:
        assert len(events.describe_rule(Name=name)["EventPattern"]) <= SMALL
        assert len(live_targets(events, name)) == 1
    assert live_tags(events, "watch-2") == {"team": "s", "trailwatch:shard-of": "watch"}
    assert in_sync(**options)
    assert in_sync(**{**options, "tags": {"team": "s"}, "actions": MANY[::-1]})


def test_adding_an_action_writes_one_rule(function):
    options = {"max_pattern_size": SMALL, "targets": [{"arn": function()}]}
    deploy(actions=MANY, **options)
    with recorded() as calls:
        deploy(actions=[*MANY, "iam:TagUser"], **options)
    assert writes(calls) == ["PutRule"]


def test_removing_an_action_writes_one_rule():
    before = deploy(actions=MANY, max_pattern_size=SMALL)
    gone = before["rules"][0]["actions"][0]
    with recorded() as calls:
        after = deploy(actions=[action for action in MANY if action != gone], max_pattern_size=SMALL)
    assert writes(calls) == ["PutRule"]
    assert [each["actions"] for each in after["rules"][1:]] == [each["actions"] for each in before["rules"][1:]]


def test_shards_that_are_not_needed_any_more_go(events, functions, function):
    arn = function()
    deploy(actions=MANY, max_pattern_size=SMALL, targets=[{"arn": arn}])
    deploy(actions=MANY[:2])
    assert live_names(events) == ["watch"]
    assert invokers(functions, arn) == ["watch"]


def test_a_new_limit_keeps_what_fits():
    deploy(actions=MANY, max_pattern_size=400)
    deploy(actions=MANY, max_pattern_size=SMALL)
    assert in_sync(actions=MANY, max_pattern_size=SMALL)
    assert in_sync(actions=MANY, max_pattern_size=2048)


def test_a_shard_deleted_by_hand_comes_back(events):
    before = deploy(actions=MANY, max_pattern_size=SMALL)["rules"]
    events.delete_rule(Name="watch")
    deploy(actions=MANY, max_pattern_size=SMALL)
    after = deploy(actions=MANY, max_pattern_size=SMALL)["rules"]
    assert [each["actions"] for each in after] == [each["actions"] for each in before]


def test_another_list_with_the_name_of_a_shard_is_left_alone(events):
    deploy(name="watch-2", actions=["iam:DeleteUser"])
    events.put_rule(Name="watch-3", ScheduleExpression="rate(1 day)")
    result = deploy(actions=MANY, max_pattern_size=SMALL)
    assert [each["name"] for each in result["rules"]][:2] == ["watch", "watch-4"]
    assert deploy(state="absent")["changed"]
    assert sorted(live_names(events)) == ["watch-2", "watch-3"]


def test_a_shard_cannot_be_managed_as_a_list_of_its_own():
    deploy(actions=MANY, max_pattern_size=SMALL)
    for options in ({}, {"state": "absent"}):
        with recorded() as calls:
            result = rule(name="watch-2", **options)
        assert "the rule 'watch-2' is a shard of the rule 'watch'" in result["msg"]
        assert writes(calls) == []


def test_rules_with_longer_names_are_not_touched(events):
    for name in ("watch-2b", "watch-02", "watch-1", "watcher", "watch-a"):
        events.put_rule(Name=name, EventPattern='{"source":["x"]}')
    deploy(state="absent")
    deploy()
    deploy(state="absent")
    assert len(live_names(events)) == 5


# Absent -------------------------------------------------------------------------------------------------------------


def test_an_action_is_in_a_rule_at_every_moment_of_a_new_split(events):
    deploy(actions=MANY, max_pattern_size=2048)
    for number in itertools.count(1):
        try:
            with broken_off_after(number):
                deploy(actions=MANY, max_pattern_size=SMALL)
            break
        except BrokenOffError:
            patterns = [each["EventPattern"] for each in events.list_rules()["Rules"] if each["State"] != "DISABLED"]
            assert [action for action in MANY if f'"{action.split(":")[1]}"' not in "".join(patterns)] == []
        deploy(state="absent")
        deploy(actions=MANY, max_pattern_size=2048)
    assert number > 3
