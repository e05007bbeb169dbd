# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import (
    SHARD_TAG,
    Live,
    Options,
    RuleSet,
    desired,
    difference,
    reported_changes,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule_options import (
    checked_options,
    checked_targets,
    target_id,
)

PREFIX = "arn:aws:events:us-east-1:123456789012:rule/"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
ROLE = "arn:aws:iam::123456789012:role/r"


def asked(*actions, **others):
    return Options(name="watch", actions=parse_format(actions), **others)


def live(rules=None, permissions=None, foreign=()):
    return Live("watch", "default", PREFIX, RuleSet(rules or {}, permissions or {}), frozenset(foreign))


def many(count, service="iam"):
    return [f"{service}:Action{number:03}" for number in range(count)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "with space"}, "name: 'with space' is not a name for a rule"),
        ({"name": "x" * 65}, "1 to 64"),
        ({"name": ""}, "1 to 64"),
        ({"description": "x" * 513}, "description: it has 513 characters"),
        ({"tags": {SHARD_TAG: "x"}}, "reserved"),
        ({"tags": {"aws:x": "x"}}, "reserved"),
        ({"max_pattern_size": 4097}, "max_pattern_size: 4097 is not between 1 and 4096"),
        ({"max_pattern_size": 0}, "max_pattern_size: 0"),
        ({"actions": ()}, "actions: the list is empty"),
    ],
)
def test_options_that_aws_would_not_take(options, message):
    with pytest.raises(InvalidValueError, match=re.escape(message)):
        checked_options(Options(**{"name": "watch", "actions": parse_format(["iam:CreateUser"]), **options}))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"arn": "my-function"}, "targets[0].arn: 'my-function' is not an ARN"),
        ({"arn": f"{FUNCTION}:$LATEST"}, "leave ':$LATEST' out"),
        ({"arn": f"{QUEUE}.fifo"}, "FIFO"),
        ({"arn": QUEUE, "id": "a b"}, "targets[0].id: 'a b'"),
        ({"arn": QUEUE, "role_arn": "r"}, "targets[0].role_arn: 'r' is not the ARN of an IAM role"),
        ({"arn": QUEUE, "dead_letter_arn": f"{QUEUE}.fifo"}, "targets[0].dead_letter_arn"),
        ({"arn": QUEUE, "dead_letter_arn": FUNCTION}, "is not the ARN of a standard SQS queue"),
        (
            {"arn": QUEUE, "maximum_retry_attempts": 186},
            "targets[0].maximum_retry_attempts: 186 is not between 0 and 185",
        ),
        ({"arn": QUEUE, "maximum_retry_attempts": -1}, "-1 is not between"),
        ({"arn": QUEUE, "maximum_event_age_in_seconds": 59}, "59 is not between 60 and 86400"),
        ({"arn": QUEUE, "maximum_event_age_in_seconds": 86401}, "86401 is not between"),
    ],
)
def test_targets_that_aws_would_not_take(target, message):
    with pytest.raises(InvalidValueError, match=re.escape(message)):
        checked_targets([target])


def test_more_targets_than_a_rule_can_have():
    with pytest.raises(InvalidValueError, match="6 are given"):
        checked_targets([{"arn": f"{QUEUE}{number}"} for number in range(6)])


@pytest.mark.parametrize("ids", [("one", "one"), (None, None)])
def test_two_targets_with_one_id(ids):
    with pytest.raises(InvalidValueError, match="is there twice"):
        checked_targets([{"arn": QUEUE, "id": target} for target in ids])


@pytest.mark.parametrize(
    "arn",
    [
        FUNCTION,
        f"{FUNCTION}:live",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:" + "x" * 140,
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/x:*",
        "arn:aws:events:us-east-1:123456789012:event-bus/" + "y" * 200,
    ],
)
def test_the_id_made_from_an_arn_is_one_and_stays_the_same(arn):
    assert re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", target_id(arn))
    assert target_id(arn) == target_id(arn) != target_id(f"{arn}x")


def test_default_retries_are_the_same_as_none_said():
    said = {"maximum_retry_attempts": 185, "maximum_event_age_in_seconds": 86400}
    assert checked_targets([{"arn": QUEUE, **said}]) == checked_targets([{"arn": QUEUE}])


def test_a_foreign_rule_with_the_name_of_a_shard_is_passed_over():
    options = asked(*many(60), max_pattern_size=400)
    assert list(desired(options, live()).rules)[:3] == ["watch", "watch-2", "watch-3"]
    assert list(desired(options, live(foreign=["watch-2"])).rules)[:3] == ["watch", "watch-3", "watch-4"]


def test_a_name_too_long_for_its_shards_fails():
    name = "x" * 63
    options = Options(name=name, actions=parse_format(many(60)), max_pattern_size=400)
    with pytest.raises(InvalidValueError, match=r"more than 64 characters\. Shorten the name"):
        desired(options, Live(name, "default", PREFIX, RuleSet()))


def test_a_new_shard_is_like_the_first_where_the_options_say_nothing():
    targets = checked_targets([{"arn": FUNCTION}, {"arn": QUEUE}])
    first = asked(*many(10), targets=targets, description="d", tags={"a": "b"}, max_pattern_size=400)
    before = desired(first, live())
    after = desired(asked(*many(40), max_pattern_size=400), live(before.rules, before.permissions))
    assert after.rules["watch-2"]["Targets"] == before.rules["watch"]["Targets"]
    assert after.rules["watch-2"]["Description"] == "d"
    assert after.rules["watch-2"]["Tags"] == {"a": "b", SHARD_TAG: "watch"}
    assert list(after.permissions["watch-2"]) == [FUNCTION]


def test_a_function_is_given_permission_unless_the_target_has_a_role():
    without = desired(asked("iam:A", targets=checked_targets([{"arn": FUNCTION}])), live())
    assert list(without.permissions["watch"]) == [FUNCTION]
    (statement,) = without.permissions["watch"][FUNCTION].values()
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": f"{PREFIX}watch"}}
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", statement["Sid"])
    with_role = desired(asked("iam:A", targets=checked_targets([{"arn": FUNCTION, "role_arn": ROLE}])), live())
    assert with_role.permissions == {}


def test_rules_whose_names_differ_in_a_dot_have_different_statements():
    def sids(name):
        options = Options(name=name, actions=parse_format(["iam:A"]), targets=checked_targets([{"arn": FUNCTION}]))
        return set(desired(options, Live(name, "default", PREFIX, RuleSet())).permissions[name][FUNCTION])

    assert sids("a.b").isdisjoint(sids("a_b"))


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", "not in the rule's region us-east-1"),
        ("arn:aws:lambda:us-east-1:999999999999:function:f", "not in the rule's account 123456789012"),
    ],
)
def test_a_function_that_the_rule_cannot_invoke(arn, message):
    with pytest.raises(InvalidValueError, match=message):
        desired(asked("iam:A", targets=checked_targets([{"arn": arn}])), live())


def test_rules_that_gain_an_action_are_changed_before_those_that_lose_it_and_those_that_go():
    small = desired(asked(*many(60), max_pattern_size=400), live())
    assert len(small.rules) > 2
    large = desired(asked("iam:Action0*", max_pattern_size=400), live(small.rules))
    changes = difference(small, large)
    assert [change.name for change in changes] == list(small.rules)
    assert changes[0].after is not None
    assert {change.after is None for change in changes[1:]} == {True}
    back = difference(large, small)
    assert [change.name for change in back] == [*list(small.rules)[1:], "watch"]


def test_what_is_equal_is_no_difference():
    rules = desired(asked(*many(40), max_pattern_size=400), live())
    again = desired(asked(*reversed(many(40)), max_pattern_size=400), live(rules.rules, rules.permissions))
    assert difference(rules, again) == []
    assert reported_changes([]) == ({}, {})
