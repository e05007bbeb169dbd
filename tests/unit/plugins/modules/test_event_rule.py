# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for given patterns, or for a schedule; what they share with those of a list is tested there."""

from __future__ import annotations

import json

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import event_rule
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    broken_off_after,
    examples,
    recorded,
    run,
    writes,
)

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
S3 = {"source": ["aws.s3"], "detail": {"eventName": ["PutBucketPolicy", "DeleteBucketPolicy"]}}
SNS = {"source": ["aws.sns"]}
BEAT = {"schedule_expression": "rate(15 minutes)", "targets": [{"arn": QUEUE, "input": {"hello": "world"}}]}

pytestmark = pytest.mark.usefixtures("account")


def deploy(check=False, **options):
    """What the module returns for a run that must succeed."""
    result = run(event_rule.main, check=check, name="watch", **options)
    assert "failed" not in result, result["msg"]
    return result


def refused(**options):
    """Why a run fails that calls nobody."""
    with recorded() as calls:
        result = run(event_rule.main, name="watch", **options)
    assert result["failed"]
    assert calls == []
    return result["msg"]


def in_sync(**options):
    with recorded() as calls:
        result = deploy(**options)
    assert result["changed"] == bool(writes(calls))
    return not result["changed"]


def test_each_pattern_has_a_rule(events):
    result = deploy(event_patterns=[S3, SNS], targets=[{"arn": QUEUE}])
    assert result["changed"]
    assert [rule["name"] for rule in result["rules"]] == ["watch", "watch-2"]
    assert json.loads(events.describe_rule(Name="watch")["EventPattern"])["source"] == ["aws.s3"]
    assert json.loads(events.describe_rule(Name="watch-2")["EventPattern"]) == SNS
    assert in_sync(event_patterns=[S3, SNS], targets=[{"arn": QUEUE}])


def test_reads_match_only_if_asked_for(events):
    deploy(event_patterns=[S3], targets=[{"arn": QUEUE}])
    assert events.describe_rule(Name="watch")["State"] == "ENABLED"
    assert deploy(event_patterns=[S3], targets=[{"arn": QUEUE}], read_only_events=True)["changed"]
    assert events.describe_rule(Name="watch")["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert in_sync(event_patterns=[S3], targets=[{"arn": QUEUE}], read_only_events=True)
    assert deploy(event_patterns=[S3], read_only_events=True, state="disabled")["rules"][0]["state"] == "DISABLED"


def test_the_order_in_a_list_is_no_change(events):
    deploy(event_patterns=[S3])
    other = {**S3, "detail": {"eventName": ["DeleteBucketPolicy", "PutBucketPolicy"]}}
    assert in_sync(event_patterns=[other])


def test_fewer_patterns_are_fewer_rules(events):
    deploy(event_patterns=[S3, SNS])
    deploy(event_patterns=[SNS])
    assert [rule["Name"] for rule in events.list_rules()["Rules"]] == ["watch"]


def test_a_rule_of_that_name_that_is_somebody_elses_stays(events):
    events.put_rule(Name="watch-2", EventPattern=json.dumps({"source": ["aws.ec2"]}))
    result = deploy(event_patterns=[S3, SNS])
    assert [rule["name"] for rule in result["rules"]] == ["watch", "watch-3"]
    deploy(state="absent")
    assert [rule["Name"] for rule in events.list_rules()["Rules"]] == ["watch-2"]


def test_a_schedule_with_a_constant_input(events):
    result = deploy(**BEAT)
    (rule,) = result["rules"]
    assert (rule["schedule_expression"], rule["event_pattern"]) == ("rate(15 minutes)", {})
    assert rule["targets"][0]["input"] == '{"hello":"world"}'
    (target,) = events.list_targets_by_rule(Rule="watch")["Targets"]
    assert target["Input"] == '{"hello":"world"}'
    assert events.describe_rule(Name="watch")["ScheduleExpression"] == "rate(15 minutes)"
    assert in_sync(**BEAT)


def test_another_schedule_or_input_is_a_change_and_told(events):
    deploy(**BEAT)
    result = deploy(**{**BEAT, "schedule_expression": "rate(1 hour)"})
    assert result["diff"]["before"]["watch"]["schedule_expression"] == "rate(15 minutes)"
    assert result["diff"]["after"]["watch"]["schedule_expression"] == "rate(1 hour)"
    assert not in_sync(schedule_expression="rate(1 hour)", targets=[{"arn": QUEUE, "input": {"hello": "you"}}])


REGIONS = ["eu-west-1", "us-west-2"]


def test_several_regions_have_the_rule_and_no_other(events):
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    options = {"event_patterns": [SNS], "targets": [{"arn": bus, "role_arn": "arn:aws:iam::123456789012:role/send"}]}
    result = deploy(regions=REGIONS, **options)
    assert [rule["arn"].split(":")[3] for rule in result["rules"]] == REGIONS
    assert set(result["diff"]["after"]) == {"eu-west-1 watch", "us-west-2 watch"}
    assert events.list_rules()["Rules"] == []
    assert in_sync(regions=REGIONS, **options)
    boto3.client("events", region_name="us-west-2").disable_rule(Name="watch")
    result = deploy(regions=REGIONS, **options)
    assert set(result["diff"]["after"]) == {"us-west-2 watch"}


def test_a_rule_goes_where_it_is_said_to(events):
    deploy(event_patterns=[SNS], regions=REGIONS)
    assert deploy(state="absent", regions=REGIONS[:1])["changed"]
    there = {region: boto3.client("events", region_name=region).list_rules()["Rules"] for region in REGIONS}
    assert [len(rules) for rules in there.values()] == [0, 1]
    assert not deploy(state="absent", regions=REGIONS[:1])["changed"]


def test_a_check_writes_nothing_and_tells_what_would_be(events):
    with recorded() as calls:
        result = deploy(check=True, **BEAT)
    assert result["changed"]
    assert writes(calls) == []
    assert result["diff"]["after"]["watch"]["schedule_expression"] == "rate(15 minutes)"


@pytest.mark.parametrize("number", range(1, 5))
def test_a_run_broken_off_after_any_write_is_completed_by_the_next(events, number):
    options = {"event_patterns": [S3, SNS], "targets": [{"arn": QUEUE}], "tags": {"team": "security"}}
    with broken_off_after(number), pytest.raises(BrokenOffError):
        deploy(**options)
    deploy(**options)
    assert in_sync(**options)
    assert len(events.list_targets_by_rule(Rule="watch-2")["Targets"]) == 1


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "rate(1440 minutes)", "rate(2 days)", "cron(0 12 * * ? *)"])
def test_schedules_that_aws_knows(schedule, events):
    assert deploy(schedule_expression=schedule)["changed"]


@pytest.mark.parametrize("schedule", ["15 minutes", "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(0)"])
def test_schedules_that_aws_would_refuse(schedule):
    assert f"schedule_expression: '{schedule}' is no schedule" in refused(schedule_expression=schedule)


def test_a_pattern_that_is_empty_or_too_long():
    assert "event_patterns[0]: the pattern has 2 characters" in refused(event_patterns=[{}])
    assert "event_patterns[1]: the pattern has" in refused(event_patterns=[SNS, {"source": ["x" * 4096]}])


def test_an_input_that_is_no_json_or_too_long():
    assert "targets[0].input: 'x' is no JSON" in refused(
        schedule_expression="rate(1 hour)", targets=[{"arn": QUEUE, "input": "x"}]
    )
    assert "targets[0].input: it has" in refused(
        schedule_expression="rate(1 hour)", targets=[{"arn": QUEUE, "input": {"x": "x" * 8192}}]
    )


def test_pattern_or_schedule_has_to_be_given_and_not_both():
    assert "event_patterns, schedule_expression" in refused()
    assert "mutually exclusive" in refused(event_patterns=[SNS], schedule_expression="rate(1 hour)")


def test_the_examples_are_options_that_it_takes(events):
    for options in examples(event_rule):
        own = json.loads(json.dumps(options).replace("111111111111", "123456789012"))
        result = run(event_rule.main, check=True, **own)
        assert "failed" not in result, result["msg"]
