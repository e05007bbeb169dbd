# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import itertools
import json
import zipfile

import boto3
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

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
DLQ = "arn:aws:sqs:us-east-1:123456789012:dlq"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
MANY = [
    *("iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"),
    *("iam:ChangePassword", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreatePolicyVersion"),
    *("iam:CreateRole", "iam:CreateUser", "iam:DeactivateMFADevice", "iam:DeleteRolePermissionsBoundary"),
    *("iam:DeleteUserPermissionsBoundary", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy"),
]
SMALL = 220

pytestmark = pytest.mark.usefixtures("account")


def rule(name="watch", actions=("iam:CreateUser",), check=False, **options):
    if options.get("state") != "absent":
        options["actions"] = list(actions)
    return run(iam_event_rule.main, check=check, name=name, **options)


def deploy(**options):
    """What the module returns for a run that must succeed."""
    result = rule(**options)
    assert "failed" not in result, result["msg"]
    return result


def in_sync(**options):
    """Whether a run finds nothing to do, and writes nothing."""
    with recorded() as calls:
        result = deploy(**options)
    assert result["changed"] == bool(writes(calls))
    return not result["changed"]


@pytest.fixture
def events(account):
    return boto3.client("events")


@pytest.fixture
def functions(account):
    return boto3.client("lambda")


@pytest.fixture
def function(account, functions):
    """A function, by its ARN; call it for one of another name."""
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "")

    def make(name="f"):
        return functions.create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f", Code={"ZipFile": code.getvalue()}
        )["FunctionArn"]

    return make


def statements(functions, arn):
    try:
        return json.loads(functions.get_policy(FunctionName=arn)["Policy"])["Statement"]
    except functions.exceptions.ResourceNotFoundException:
        return []


def invokers(functions, arn):
    return [each["Condition"]["ArnLike"]["AWS:SourceArn"].rsplit("/", 1)[1] for each in statements(functions, arn)]


def live_names(events):
    return [each["Name"] for each in events.list_rules()["Rules"]]


def live_targets(events, name="watch"):
    return {each["Id"]: each for each in events.list_targets_by_rule(Rule=name)["Targets"]}


def live_tags(events, name="watch"):
    arn = events.describe_rule(Name=name)["Arn"]
    return {each["Key"]: each["Value"] for each in events.list_tags_for_resource(ResourceARN=arn)["Tags"]}


def whole(function_arn):
    """Every option set."""
    return {
        "actions": ["iam:CreateUser", "signin:ConsoleLogin"],
        "description": "Watch",
        "targets": [
            {"id": "function", "arn": function_arn, "dead_letter_arn": DLQ, "maximum_retry_attempts": 3},
            {"arn": QUEUE, "maximum_event_age_in_seconds": 600},
        ],
        "tags": {"team": "security"},
    }


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


def drift_pattern(events, functions, arn):
    events.put_rule(Name="watch", EventPattern='{"source":["aws.iam"]}', Description="Watch")


def drift_schedule(events, functions, arn):
    now = events.describe_rule(Name="watch")["EventPattern"]
    events.put_rule(Name="watch", EventPattern=now, Description="Watch", ScheduleExpression="rate(1 day)")


def drift_state(events, functions, arn):
    events.disable_rule(Name="watch")


def drift_description(events, functions, arn):
    now = events.describe_rule(Name="watch")["EventPattern"]
    events.put_rule(Name="watch", EventPattern=now, Description="Other")


def drift_tag(events, functions, arn):
    events.tag_resource(
        ResourceARN=events.describe_rule(Name="watch")["Arn"],
        Tags=[{"Key": "team", "Value": "x"}, {"Key": "y", "Value": "z"}],
    )


def drift_no_tags(events, functions, arn):
    events.untag_resource(ResourceARN=events.describe_rule(Name="watch")["Arn"], TagKeys=["team"])


def drift_dead_letters(events, functions, arn):
    events.put_targets(
        Rule="watch", Targets=[{"Id": "function", "Arn": arn, "RetryPolicy": {"MaximumRetryAttempts": 3}}]
    )


def drift_retries(events, functions, arn):
    events.put_targets(Rule="watch", Targets=[{"Id": "function", "Arn": arn, "DeadLetterConfig": {"Arn": DLQ}}])


def drift_input(events, functions, arn):
    events.put_targets(Rule="watch", Targets=[{**live_targets(events)["function"], "Input": "{}"}])


def drift_target_gone(events, functions, arn):
    events.remove_targets(Rule="watch", Ids=["function"])


def drift_target_more(events, functions, arn):
    events.put_targets(Rule="watch", Targets=[{"Id": "other", "Arn": DLQ}])


def drift_permission_gone(events, functions, arn):
    functions.remove_permission(FunctionName=arn, StatementId=statements(functions, arn)[0]["Sid"])


def replace_statement(functions, arn, **change):
    sid = statements(functions, arn)[0]["Sid"]
    functions.remove_permission(FunctionName=arn, StatementId=sid)
    wanted = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "StatementId": sid}
    functions.add_permission(FunctionName=arn, **{**wanted, **change})


def drift_permission_for_all_rules(events, functions, arn):
    replace_statement(functions, arn)


def drift_permission_for_another_rule(events, functions, arn):
    replace_statement(functions, arn, SourceArn="arn:aws:events:us-east-1:123456789012:rule/other")


def drift_permission_for_another_service(events, functions, arn):
    rule_arn = "arn:aws:events:us-east-1:123456789012:rule/watch"
    replace_statement(functions, arn, Principal="s3.amazonaws.com", SourceArn=rule_arn)


DRIFTS = [value for name, value in list(globals().items()) if name.startswith("drift_")]


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.__name__)
def test_drift_is_seen_shown_and_mended(events, functions, function, drift):
    options = whole(function())
    deploy(**options)
    drift(events, functions, options["targets"][0]["arn"])
    with recorded() as calls:
        seen = deploy(check=True, **options)
    assert writes(calls) == []
    assert seen["changed"]
    assert seen["diff"]["before"] != seen["diff"]["after"]
    assert deploy(**options)["diff"] == seen["diff"]
    assert in_sync(**options)
    assert invokers(functions, options["targets"][0]["arn"]) == ["watch"]
    assert live_tags(events) == {"team": "security"}


@pytest.mark.parametrize("pattern", ["spaces", "reordered"])
def test_the_same_pattern_written_differently_is_no_drift(events, pattern):
    options = {"actions": ["iam:CreateUser", "iam:Delete*", "sts:AssumeRoot"]}
    deploy(**options)
    live = json.loads(events.describe_rule(Name="watch")["EventPattern"])
    if pattern == "reordered":
        live["detail"]["$or"] = live["detail"]["$or"][::-1]
        live["source"] = live["source"][::-1]
    events.put_rule(Name="watch", EventPattern=json.dumps(live, indent=2))
    assert in_sync(**options)


def test_a_permission_is_mended_without_a_moment_without_one(functions, function):
    arn = function()
    deploy(targets=[{"arn": arn}])
    replace_statement(functions, arn)
    with recorded() as calls:
        deploy(targets=[{"arn": arn}])
    assert writes(calls) == ["AddPermission", "RemovePermission"]
    replace_statement(functions, arn, SourceArn="arn:aws:events:us-east-1:123456789012:rule/other")
    deploy(targets=[{"arn": arn}])
    assert invokers(functions, arn) == ["watch"]


def test_statements_of_others_stay(functions, function):
    arn = function()
    functions.add_permission(
        FunctionName=arn,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/other",
    )
    deploy(targets=[{"arn": arn}])
    deploy(state="absent")
    assert invokers(functions, arn) == ["other"]


# Targets and tags ---------------------------------------------------------------------------------------------------


def test_a_target_goes_with_its_permission(events, functions, function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}, {"arn": two}])
    deploy(targets=[{"arn": two}])
    assert [each["Arn"] for each in live_targets(events).values()] == [two]
    assert statements(functions, one) == []
    assert invokers(functions, two) == ["watch"]


def test_a_new_target_is_there_before_the_old_one_goes(function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}])
    with recorded() as calls:
        deploy(targets=[{"arn": two}])
    assert writes(calls) == ["AddPermission", "PutTargets", "RemovePermission", "RemoveTargets"]


def test_a_queue_takes_the_place_of_a_function_in_one_call_and_back(events, functions, function):
    one = function("one")
    deploy(targets=[{"arn": one, "id": "target"}])
    with recorded() as calls:
        deploy(targets=[{"arn": QUEUE, "id": "target"}])
    assert writes(calls) == ["PutTargets", "RemovePermission"]
    assert statements(functions, one) == []
    with recorded() as calls:
        deploy(targets=[{"arn": one, "id": "target"}])
    assert writes(calls) == ["AddPermission", "PutTargets"]
    assert [each["Arn"] for each in live_targets(events).values()] == [one]


def test_a_former_function_loses_the_statement_that_a_broken_off_run_left(functions, function):
    one, two = function("one"), function("two")
    functions.add_permission(
        FunctionName=one, StatementId="others", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    deploy(targets=[{"arn": one, "id": "target"}])
    to_queue = {"targets": [{"arn": QUEUE, "id": "target"}], "former_functions": [one, two]}
    with broken_off_after(1), pytest.raises(BrokenOffError):
        deploy(**to_queue)
    assert len(statements(functions, one)) == 2
    assert not in_sync(**to_queue)
    assert [each["Sid"] for each in statements(functions, one)] == ["others"]
    assert in_sync(**to_queue)


def test_five_targets_replaced_by_five_others(events):
    with recorded() as calls:
        deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(5)])
        deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(5, 10)])
    assert sorted(each["Arn"][-1] for each in live_targets(events).values()) == list("56789")
    assert calls.count("PutTargets") == 2


def test_targets_stay_if_they_are_not_purged(events, functions, function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}])
    options = {"targets": [{"arn": two}], "purge_targets": False}
    deploy(**options)
    assert sorted(each["Arn"] for each in live_targets(events).values()) == [one, two]
    assert invokers(functions, one) == invokers(functions, two) == ["watch"]
    assert in_sync(**options)


def test_too_many_targets_together_fail_before_anything_is_written():
    deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(4)])
    with recorded() as calls:
        result = rule(targets=[{"arn": f"{DLQ}{number}"} for number in range(2)], purge_targets=False)
    assert "would have 6, but 5 is the most" in result["msg"]
    assert writes(calls) == []


def test_no_targets(events, functions, function):
    arn = function()
    deploy(targets=[{"arn": arn}])
    deploy(targets=[])
    assert live_targets(events) == {}
    assert statements(functions, arn) == []


def test_a_function_by_its_alias(functions, function):
    arn = function()
    functions.publish_version(FunctionName=arn)
    alias = functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")["AliasArn"]
    with answering(AddPermission={}) as calls:
        rule(targets=[{"arn": alias}])
    asked = [arguments for name, arguments in calls if name == "AddPermission"]
    assert [(each["FunctionName"], each["Qualifier"]) for each in asked] == [(arn, "live")]


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


@pytest.mark.parametrize("operation", ["PutTargets", "RemoveTargets"])
def test_targets_that_aws_refuses_are_an_error(operation):
    deploy(targets=[{"arn": QUEUE, "id": "old"}])
    entry = {"TargetId": "bad", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try later"}
    with answering(**{operation: {"FailedEntryCount": 1, "FailedEntries": [entry]}}):
        result = rule(targets=[{"arn": DLQ, "id": "bad"}])
    assert "targets of rule watch: bad (ConcurrentModificationException: try later)" in result["msg"]


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
