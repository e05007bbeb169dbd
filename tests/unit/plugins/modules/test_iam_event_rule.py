# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import json

import pytest
import yaml

from ansible_collections.trailwatch.aws.plugins.modules import iam_event_rule
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    answering,
    broken_off_after,
    error,
    recorded,
    run,
    writes,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.event_rules import (
    ALL_EVENTS,
    DLQ,
    FUNCTION,
    MANY,
    QUEUE,
    SMALL,
    deploy,
    in_sync,
    invokers,
    live_names,
    live_tags,
    live_targets,
    rule,
    statements,
    whole,
)

pytestmark = pytest.mark.usefixtures("account")


# Create, read again -------------------------------------------------------------------------------------------------


def test_a_new_rule_is_as_asked_for(events, functions, function):
    arn = function()
    result = deploy(**whole(arn))
    assert result["changed"]
    live = events.describe_rule(Name="watch")
    assert live["State"] == "ENABLED"
    assert live["Description"] == "Watch"
    assert json.loads(live["EventPattern"]) == result["rules"][0]["event_pattern"]
    assert live_tags(events) == {"team": "security"}
    assert live_targets(events)["function"] == {
        "Id": "function",
        "Arn": arn,
        "DeadLetterConfig": {"Arn": DLQ},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 86400},
    }
    assert invokers(functions, arn) == ["watch"]


def test_a_second_run_only_reads(function):
    options = whole(function())
    deploy(**options)
    with recorded() as calls:
        assert not deploy(**options)["changed"]
    assert sorted(calls) == ["GetPolicy", "ListRules", "ListTagsForResource", "ListTargetsByRule"]


def test_what_is_returned_can_be_asked_for_again(function):
    returned = deploy(**whole(function()))["rules"][0]
    targets = [{key: value for key, value in each.items() if value is not None} for each in returned["targets"]]
    again = {key: returned[key] for key in ("name", "actions", "description", "tags")}
    assert in_sync(**again, targets=targets)


def test_the_order_of_actions_and_targets_has_no_meaning(function):
    options = whole(function())
    deploy(**options)
    assert in_sync(**{**options, "actions": options["actions"][::-1], "targets": options["targets"][::-1]})


def test_options_that_are_not_set_are_not_touched(function):
    options = whole(function())
    deploy(**options)
    assert in_sync(actions=options["actions"])
    result = deploy(actions=["iam:CreateUser"])
    assert result["changed"]
    assert result["rules"][0]["description"] == "Watch"
    assert result["rules"][0]["tags"] == {"team": "security"}
    assert len(result["rules"][0]["targets"]) == 2
    assert in_sync(**{**options, "actions": ["iam:CreateUser"]})


def test_a_rule_on_another_bus(events, functions, function):
    events.create_event_bus(Name="custom")
    arn = function()
    options = {"event_bus_name": "custom", "targets": [{"arn": arn}]}
    result = deploy(**options)
    assert result["rules"][0]["arn"] == "arn:aws:events:us-east-1:123456789012:rule/custom/watch"
    assert in_sync(**options)
    assert live_names(events) == []
    assert invokers(functions, arn) == ["watch"]
    assert deploy(state="absent", event_bus_name="custom")["changed"]
    assert events.list_rules(EventBusName="custom")["Rules"] == []
    assert statements(functions, arn) == []


def test_the_examples_of_the_documentation_run(function):
    function("iam-alerting")
    for task in yaml.safe_load(iam_event_rule.EXAMPLES):
        text = json.dumps(task["trailwatch.aws.iam_event_rule"]).replace("111111111111", "123456789012")
        result = run(iam_event_rule.main, **json.loads(text))
        assert result.get("changed"), task["name"]


# State --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        (["iam:CreateUser"], "ENABLED"),
        (["iam:CreateUser", "iam:GetUser"], ALL_EVENTS),
        (["sts:AssumeRole"], ALL_EVENTS),
        (["sts:AssumeRoot", "sts:GetFederationToken"], "ENABLED"),
        (["signin:ConsoleLogin"], "ENABLED"),
        (["iam:*"], ALL_EVENTS),
        (["iam:Create*"], "ENABLED"),
    ],
)
def test_actions_that_only_read_let_all_management_events_in(events, actions, state):
    assert deploy(actions=actions)["rules"][0]["state"] == state
    assert events.describe_rule(Name="watch")["State"] == state


def test_disabled_and_enabled_again(events):
    deploy()
    assert deploy(state="disabled")["changed"]
    assert events.describe_rule(Name="watch")["State"] == "DISABLED"
    assert in_sync(state="disabled")
    assert deploy()["changed"]
    assert events.describe_rule(Name="watch")["State"] == "ENABLED"


# Drift --------------------------------------------------------------------------------------------------------------


def test_tags_are_merged_if_they_are_not_purged(events):
    deploy(tags={"a": "1", "b": "2"})
    deploy(tags={"b": "3"}, purge_tags=False)
    assert live_tags(events) == {"a": "1", "b": "3"}
    deploy(tags={"b": "3"})
    assert live_tags(events) == {"b": "3"}
    deploy(tags={})
    assert live_tags(events) == {}


# Check mode ---------------------------------------------------------------------------------------------------------


def test_check_mode_foretells_a_new_rule_for_a_function_that_is_not_there_yet(events, function):
    options = whole(FUNCTION.format("later"))
    with recorded() as calls:
        foretold = deploy(check=True, **options)
    assert writes(calls) == []
    assert live_names(events) == []
    (permission,) = foretold["diff"]["after"]["watch"]["permissions"][FUNCTION.format("later")].values()
    assert permission["Principal"] == {"Service": "events.amazonaws.com"}
    function("later")
    assert deploy(**options) == foretold
    assert in_sync(**options)


def test_a_function_that_is_not_there_fails_before_anything_is_written(events):
    result = rule(targets=[{"arn": FUNCTION.format("missing")}])
    assert "function:missing does not exist. Create it before the rule" in result["msg"]
    assert live_names(events) == []


def test_the_diff_shows_what_differs_only(events):
    deploy(actions=MANY, max_pattern_size=SMALL)
    result = deploy(actions=[*MANY[:-1], "iam:TagUser"], max_pattern_size=SMALL)
    assert len(result["diff"]["after"]) < len(result["rules"])
    deploy(name="other", description="a")
    diff = deploy(name="other", description="b")["diff"]
    assert diff["before"]["other"]["description"] == "a"
    assert diff["after"]["other"]["description"] == "b"
    assert diff["after"]["other"]["event_pattern"]["source"] == ["aws.iam"]


# Shards -------------------------------------------------------------------------------------------------------------


def test_absent_removes_all_and_twice_is_fine(events, functions, function):
    arn = function()
    deploy(actions=MANY, max_pattern_size=SMALL, targets=[{"arn": arn}])
    assert deploy(state="absent", check=True)["changed"]
    assert live_names(events)
    assert deploy(state="absent")["rules"] == []
    assert live_names(events) == []
    assert statements(functions, arn) == []
    assert in_sync(state="absent")


def test_absent_works_without_the_function(events, functions, function):
    arn = function()
    deploy(targets=[{"arn": arn}])
    functions.delete_function(FunctionName=arn)
    assert deploy(state="absent")["changed"]
    assert live_names(events) == []


def test_absent_on_a_bus_that_is_not_there():
    assert in_sync(state="absent", event_bus_name="gone")


# Broken off, and refused --------------------------------------------------------------------------------------------


def stages(function):
    """Runs one after the other, each from where the one before left off."""
    one, two = function("one"), function("two")
    split = {"actions": MANY[:8], "max_pattern_size": SMALL, "description": "d", "tags": {"a": "b"}}
    return [
        {**split, "targets": [{"arn": one}, {"arn": QUEUE}]},
        {**split, "targets": [{"arn": two}, {"arn": DLQ}], "tags": {"c": "d"}},
        {**split, "actions": MANY[3:5], "targets": [{"arn": two}], "tags": {}},
        {"state": "absent"},
    ]


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@pytest.mark.parametrize("stage", range(4))
def test_a_run_broken_off_after_any_write_can_be_repeated(events, functions, function, stage):
    runs = stages(function)
    for options in runs[:stage]:
        deploy(**options)
    for number in itertools.count(1):
        try:
            with broken_off_after(number):
                deploy(**runs[stage])
            break
        except BrokenOffError:
            deploy(**runs[stage])
            assert in_sync(**runs[stage])
            names = live_names(events)
            expected = {FUNCTION.format(each["arn"].rsplit(":", 1)[1]) for each in runs[stage].get("targets", [])}
            for arn in (FUNCTION.format("one"), FUNCTION.format("two")):
                assert sorted(invokers(functions, arn)) == (sorted(names) if arn in expected else [])
        deploy(state="absent")
        assert live_names(events) == []
        for options in runs[:stage]:
            deploy(**options)
    assert number > 3


@pytest.mark.parametrize("operation", ["PutTargets", "RemoveTargets"])
def test_targets_that_aws_refuses_are_an_error(pauses, operation):
    deploy(targets=[{"arn": QUEUE, "id": "old"}])
    entry = {"TargetId": "bad", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try later"}
    with answering(**{operation: {"FailedEntryCount": 1, "FailedEntries": [entry]}}):
        result = rule(targets=[{"arn": DLQ, "id": "bad"}])
    assert "targets of rule watch: bad (ConcurrentModificationException: try later)" in result["msg"]


def test_targets_that_others_change_are_put_again(pauses):
    entry = {"TargetId": "function", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try later"}
    with answering(PutTargets=[{"FailedEntryCount": 1, "FailedEntries": [entry]}, {"FailedEntryCount": 0}]) as calls:
        assert rule(targets=[{"arn": QUEUE, "id": "function"}])["changed"]
    assert [name for name, _arguments in calls].count("PutTargets") == 2
    assert len(pauses) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "ConcurrentModificationException"])
def test_what_aws_asks_to_try_again_is_tried_again(pauses, code):
    arn = "arn:aws:events:us-east-1:123456789012:rule/watch"
    with answering(PutRule=[error(code), error(code), {"RuleArn": arn}]) as calls:
        result = rule()
    assert result["changed"]
    assert [name for name, _arguments in calls].count("PutRule") == 3
    assert len(pauses) == 2


def test_another_error_of_aws_names_the_rule():
    with answering(PutRule=error("AccessDeniedException")):
        result = rule()
    assert result["msg"].startswith("Failed to put rule watch: ")
    assert result["error"]["code"] == "AccessDeniedException"


def test_a_rule_that_aws_manages_is_refused():
    managed = {
        "Name": "watch",
        "Arn": "arn:aws:events:us-east-1:123456789012:rule/watch",
        "ManagedBy": "x.amazonaws.com",
    }
    with answering(ListRules={"Rules": [managed]}, ListTagsForResource={"Tags": []}):
        assert "managed by x.amazonaws.com" in rule()["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"actions": ["iam:CreateUsr"]}, "actions: 'iam:CreateUsr' is not a known action. Nearest: 'iam:CreateUser'"),
        ({"actions": ["iam:CreateUsr"]}, "set validate_actions to false"),
        ({"actions": ["CreateUser"]}, "actions: 'CreateUser' names no service: write it as 'iam:CreateUser'"),
        ({"actions": ["CreateUser"], "validate_actions": False}, "write it as 'iam:CreateUser'"),
        ({"actions": []}, "actions: The list is empty"),
        ({"name": "a b"}, "name: 'a b' is not a name for a rule"),
        ({"event_bus_name": "arn:aws:events:us-east-1:1:event-bus/x"}, "event_bus_name: "),
        ({"event_bus_name": "gone"}, "event_bus_name: there is no event bus 'gone' in this region"),
        ({"targets": [{"arn": "x"}]}, "targets[0].arn: 'x' is not an ARN"),
        ({"targets": [{"arn": QUEUE}, {"arn": QUEUE}]}, "is there twice"),
        ({"targets": [{"arn": QUEUE, "maximum_retry_attempts": 200}]}, "200 is not between 0 and 185"),
        ({"targets": [{"arn": FUNCTION.format("f").replace("east", "west")}]}, "not in the rule's region"),
        ({"former_functions": [QUEUE]}, f"former_functions[0]: '{QUEUE}' is not the ARN of a function"),
        ({"max_pattern_size": 50}, "max_pattern_size: the pattern for 'iam:CreateUser' alone has"),
        ({"max_pattern_size": 5000}, "max_pattern_size: 5000"),
        ({"description": "x" * 513}, "description: it has 513 characters"),
        ({"tags": {"trailwatch:shard-of": "x"}}, "tags: the key 'trailwatch:shard-of' is reserved"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_wrong_option_fails_before_anything_is_written(options, message, check):
    with recorded() as calls:
        result = rule(check=check, **options)
    assert result["failed"]
    assert message in result["msg"]
    assert writes(calls) == []


@pytest.mark.parametrize("state", ["present", "disabled"])
def test_actions_are_needed(state):
    assert "actions" in run(iam_event_rule.main, name="watch", state=state)["msg"]


def test_an_unknown_action_is_taken_unchecked():
    assert deploy(actions=["iam:BrandNew"], validate_actions=False)["rules"][0]["actions"] == ["iam:BrandNew"]
