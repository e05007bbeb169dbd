# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    recorded,
    writes,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.event_rules import (
    DLQ,
    deploy,
    in_sync,
    invokers,
    live_tags,
    live_targets,
    statements,
    whole,
)

pytestmark = pytest.mark.usefixtures("account")


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
