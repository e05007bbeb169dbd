# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module cloudwatch_alarms does to a set of alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import cloudwatch_alarms
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    answering,
    broken_off_after,
    error,
    examples,
    recorded,
    run,
    writes,
)

pytestmark = pytest.mark.usefixtures("account")

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
PLAIN = {
    "AlarmName": "shop-letters",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": [{"Name": "QueueName", "Value": "dead"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": [TOPIC],
}


def query(identity: str, metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": "shop"}]
    named = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": identity, "ReturnData": False, "MetricStat": {"Metric": named, "Period": 300, "Stat": "Sum"}}


MATH = {
    "AlarmName": "shop-rate",
    "Metrics": [
        {"Id": "rate", "Expression": "errors / runs", "ReturnData": True},
        query("errors", "Errors"),
        query("runs", "Invocations"),
    ],
    "EvaluationPeriods": 2,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
}
BOTH = (PLAIN, MATH)
TAGS = {"team": "shop"}


def ensure(alarms: Sequence[dict[str, Any]] = BOTH, **options: Any) -> dict[str, Any]:
    return run(cloudwatch_alarms.main, name_prefix="shop-", alarms=list(alarms), **options)


def found() -> dict[str, Any]:
    return {alarm["AlarmName"]: alarm for alarm in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]}


def tags_of(name: str) -> dict[str, str]:
    arn = found()[name]["AlarmArn"]
    pairs = boto3.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {pair["Key"]: pair["Value"] for pair in pairs}


def put(name: str, **tags: str) -> None:
    """An alarm that somebody else made."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    boto3.client("cloudwatch").put_metric_alarm(**{**PLAIN, "AlarmName": name}, Tags=pairs)


def test_new_alarms_are_as_asked_for_and_then_cost_reads_only() -> None:
    announced = ensure(tags=TAGS, check=True)
    assert found() == {}
    with recorded() as calls:
        result = ensure(tags=TAGS)
    assert writes(calls) == ["PutMetricAlarm"] * 2
    assert result["diff"] == announced["diff"]
    assert result["diff"]["before"] == {}
    assert result["alarm_names"] == ["shop-letters", "shop-rate"]
    assert found()["shop-letters"]["AlarmActions"] == [TOPIC]
    assert {each["Id"] for each in found()["shop-rate"]["Metrics"]} == {"rate", "errors", "runs"}
    assert tags_of("shop-rate") == TAGS
    with recorded() as calls:
        assert not ensure(tags=TAGS)["changed"]
    assert calls == ["DescribeAlarms", "ListTagsForResource", "ListTagsForResource"]
    with recorded() as calls:
        assert not ensure()["changed"]
    assert calls == ["DescribeAlarms"]


@pytest.mark.parametrize(
    ("number", "other"),
    [
        (0, {"Threshold": 5}),
        (0, {"AlarmActions": []}),
        (0, {"ActionsEnabled": False}),
        (0, {"AlarmDescription": "Look into the queue."}),
        (0, {"Dimensions": [{"Name": "QueueName", "Value": "other"}]}),
        (0, {"TreatMissingData": "breaching"}),
        (1, {"DatapointsToAlarm": 1}),
        (1, {"Metrics": [*MATH["Metrics"][1:], {"Id": "rate", "Expression": "errors", "ReturnData": True}]}),
    ],
)
def test_what_differs_is_named_and_its_alarm_alone_is_set(number: int, other: dict[str, Any]) -> None:
    ensure()
    wanted = list(BOTH)
    wanted[number] = {**wanted[number], **other}
    (attribute,) = other
    with recorded() as calls:
        result = ensure(wanted)
    assert writes(calls) == ["PutMetricAlarm"]
    assert set(result["diff"]["after"]) == {f"{wanted[number]['AlarmName']} {attribute}"}
    assert not ensure(wanted)["changed"]


def test_order_and_defaults_that_are_said_are_no_difference() -> None:
    ensure()
    said = {**PLAIN, "OKActions": [], "TreatMissingData": "missing", "DatapointsToAlarm": 1, "ActionsEnabled": True}
    assert not ensure([{**MATH, "Metrics": MATH["Metrics"][::-1]}, said])["changed"]


def test_tags_are_set_and_others_go_if_they_are_to() -> None:
    ensure()
    with recorded() as calls:
        assert set(ensure(tags=TAGS)["diff"]["after"]) == {"shop-letters Tags", "shop-rate Tags"}
    assert writes(calls) == ["TagResource"] * 2
    ensure(tags={"owner": "me"}, purge_tags=False)
    assert tags_of("shop-letters") == {"team": "shop", "owner": "me"}
    ensure(tags={"owner": "me"})
    assert tags_of("shop-letters") == {"owner": "me"}


def test_other_alarms_stay_unless_they_are_to_be_purged() -> None:
    put("shop-old", team="shop")
    put("shop-of-others", team="others")
    put("other-shop", team="shop")
    ensure(tags=TAGS)
    assert len(found()) == 5
    announced = ensure(tags=TAGS, purge_tagged=TAGS, check=True)
    assert set(announced["diff"]["before"]) == {"shop-old"}
    with recorded() as calls:
        ensure(tags=TAGS, purge_tagged=TAGS)
    assert writes(calls) == ["DeleteAlarms"]
    assert set(found()) == {"shop-letters", "shop-rate", "shop-of-others", "other-shop"}
    ensure([], purge_tagged=TAGS)
    assert set(found()) == {"shop-of-others", "other-shop"}


def test_absent_deletes_those_that_are_named() -> None:
    assert not ensure(state="absent")["changed"]
    ensure()
    put("shop-other")
    assert ensure(state="absent", check=True)["changed"]
    assert ensure(state="absent")["alarm_names"] == []
    assert set(found()) == {"shop-other"}


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_that_was_broken_off_is_repeated(number: int) -> None:
    with pytest.raises(BrokenOffError), broken_off_after(number):
        ensure(tags=TAGS)
    assert len(found()) == number
    ensure(tags=TAGS)
    assert not ensure(tags=TAGS)["changed"]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"AlarmName": "letters"}, "AlarmName is 'letters'. It must begin with 'shop-'"),
        ({"AlarmName": "shop-" + "x" * 255}, "255 characters at most"),
        ({"Treshold": 1}, "has 'Treshold', which is not known. Nearest: Threshold"),
        ({"EvaluationPeriods": None}, "give EvaluationPeriods"),
        ({"MetricName": None}, "give either MetricName or Metrics"),
        ({"Metrics": MATH["Metrics"]}, "give either MetricName or Metrics"),
        ({"AlarmDescription": "x" * 1025}, "AlarmDescription is too long"),
        ({"OKActions": [TOPIC] * 6}, "OKActions has more than 5"),
    ],
)
def test_what_cloudwatch_would_not_take_is_refused_before_any_call(other: dict[str, Any], told: str) -> None:
    with recorded() as calls:
        result = ensure([MATH, {**PLAIN, **other}])
    assert result["failed"]
    assert "alarms[1]" in result["msg"]
    assert told in result["msg"]
    assert calls == []


def test_a_name_that_is_there_twice_is_refused() -> None:
    assert "'shop-letters' is there twice" in ensure([PLAIN, PLAIN])["msg"]


def test_a_refused_read_is_no_missing_alarm() -> None:
    with answering(DescribeAlarms=error("AccessDenied")) as calls:
        assert "AccessDenied" in ensure()["msg"]
    assert [name for name, _arguments in calls] == ["DescribeAlarms"]


@pytest.mark.parametrize("options", examples(cloudwatch_alarms))
def test_the_examples_run(options: dict[str, Any]) -> None:
    assert "failed" not in run(cloudwatch_alarms.main, **options)
