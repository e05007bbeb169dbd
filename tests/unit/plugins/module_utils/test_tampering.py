# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The patterns for calls that touch the alerting itself, and the function's view of the same table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import known_names, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, expand_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import actions_in, render
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import modules
from ansible_collections.trailwatch.aws.plugins.module_utils.recorded_names import RECORDED_AS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import heartbeat_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.tampering import patterns, table

ACCOUNT = "111111111111"
LIMIT = 2048
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


# What only a hub has whose members come by an event bus.
OF_BUS = ("members", "tampering-4")


def made(
    *actions: str,
    name: str = "iam-alerting",
    region: str = "us-east-1",
    partition: str = "aws",
    key: str = KEY,
    trail: str = "",
    bus: str = "",
) -> list[Any]:
    place = {"name": name, "account": ACCOUNT, "region": region, "partition": partition}
    pipeline = {**place, "key": key, "trail": trail, "bus": bus}
    own = set() if bus else {f"{name}-{which}" for which in OF_BUS}
    return patterns(pipeline, f"{name}-tampering", parse_format(actions), LIMIT, without={f"{name}-forward", *own})


def calls_of(entry: dict[str, Any]) -> list[str]:
    """All calls of a service in the table, also those that only one of its parts suffers from."""
    return [*entry["calls"], *(call for part in entry["parts"].values() for call in part.get("calls", []))]


def calls(*actions: str) -> set[str]:
    return {str(action) for pattern in made(*actions, bus="iam-alerting") for action in actions_in(pattern)}


def test_all_calls_of_the_table_are_matched_in_their_own_service() -> None:
    listed = {f"{service}:{call}" for service, entry in table().items() for call in calls_of(entry)}
    assert calls("iam:CreateUser") == listed


def test_every_call_is_one_of_aws() -> None:
    for service, entry in table().items():
        for call in calls_of(entry):
            assert any(name.startswith(call.removesuffix("*")) for name in known_names(service)), f"{service}:{call}"


def test_what_is_on_the_list_is_left_out_whichever_way_it_is_written() -> None:
    versioned = ["lambda:UpdateFunctionCode20150331v2", "lambda:PutFunctionConcurrency20171031"]
    left = calls("sqs:*", "sns:Set*Attributes", *versioned, "s3:PutBucketLifecycle*")
    assert not [call for call in left if call.startswith("sqs:")]
    assert not {"sns:SetTopicAttributes", "lambda:UpdateFunctionCode*", "s3:PutBucketLifecycle*"} & left
    assert "lambda:PutFunctionConcurrency*" not in left
    assert {"sns:AddPermission", "lambda:UpdateFunctionConfiguration*", "s3:PutBucketPolicy"} <= left


def test_a_name_that_the_list_may_not_cover_stays() -> None:
    """Lambda may write a version into the name of this call, too, so the list may never match it."""
    assert "PutFunctionEventInvokeConfig" not in RECORDED_AS["lambda"]
    assert "lambda:PutFunctionEventInvokeConfig*" in calls("lambda:PutFunctionEventInvokeConfig")
    assert "lambda:PutFunctionEventInvokeConfig*" not in calls("lambda:Put*")


def test_what_disables_the_rules_of_the_list_stays_though_listed() -> None:
    text = render(made("events:*")[-1])
    assert '"iam-alerting"' in text
    assert '"DisableRule"' in text
    assert '"iam-alerting-heartbeat"' not in text


def test_the_last_rule_watches_the_rules_but_not_itself() -> None:
    found = made("iam:CreateUser")
    last = render(found[-1])
    assert [service for service in ("events", "sqs") if f"{service}.amazonaws.com" in last] == ["events"]
    for number in range(1, len(found) + 1):
        name = "iam-alerting-tampering" + (f"-{number}" if number > 1 else "")
        assert (f'"{name}"' in last) == (number < len(found))


@pytest.mark.parametrize("preset", ["minimal", "standard", "strict"])
@pytest.mark.parametrize(
    "pipeline",
    [
        {"name": "iam-alerting"},
        {"name": "a" * 40},
        {"name": "a" * 36, "region": "us-gov-west-1", "partition": "aws-us-gov"},
    ],
    ids=["usual", "long", "gov"],
)
def test_no_pattern_is_longer_than_the_quota(preset: str, pipeline: dict[str, str]) -> None:
    found = made(*expand_actions([preset], catalogue()), **pipeline)
    assert all(len(render(pattern)) <= LIMIT for pattern in found)
    assert len(found) <= 3
    with_bus = made(*expand_actions([preset], catalogue()), **pipeline, bus=pipeline["name"])
    assert all(len(render(pattern)) <= LIMIT for pattern in with_bus)
    assert len(with_bus) <= 4


def test_two_rules_do_for_the_default() -> None:
    assert len(made(*expand_actions(["standard"], catalogue()))) == 2


def test_nothing_that_only_begins_like_ours_is_matched() -> None:
    """A prefix is only where a separator follows the name, a suffix only where one precedes it."""
    affixes = [json.loads(text) for text in _matchers(made("iam:CreateUser"))]
    for each in affixes:
        kind, value = next(iter(each.items()))
        assert value[-1] in ":/" if kind == "prefix" else value[0] in ":/", each


def _matchers(value: Any) -> set[str]:
    """The prefixes and suffixes among the values of parts."""
    if isinstance(value, list):
        return set().union(*(_matchers(each) for each in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    if set(value) <= {"prefix", "suffix"}:
        return {json.dumps(value)}
    return set().union(*(_matchers(each) for key, each in value.items() if key not in ("eventName", "source")))


def test_the_function_takes_every_call_of_the_table_for_tampering() -> None:
    pipeline = modules().pipeline.Pipeline("iam-alerting", ACCOUNT, "us-east-1", key=KEY)
    for service, entry in table().items():
        for part in entry["parts"].values():
            for call in part.get("calls", entry["calls"]):
                assert _touched(pipeline, service, call.removesuffix("*"), part), f"{service}:{call}"


def _touched(pipeline: Any, service: str, call: str, part: dict[str, Any]) -> str:
    where, _dot, field = part["fields"][0].partition(".")
    value = part["values"][0].format_map({**pipeline._asdict(), "bus": pipeline.name}).replace("*", "x")
    return _part(pipeline, service, call, {where: {field: value}})


def _part(pipeline: Any, service: str, call: str, named: dict[str, Any]) -> str:
    detail = {"eventSource": f"{service}.amazonaws.com", "eventName": call, "recipientAccountId": ACCOUNT}
    record = modules().record.parse({"detail": {**detail, **named}})
    return str(modules().pipeline.touched_part(record, pipeline))


def test_without_a_key_of_its_own_no_key_is_watched() -> None:
    assert "kms.amazonaws.com" not in "".join(render(pattern) for pattern in made("iam:CreateUser", key=""))
    pipeline = modules().pipeline.Pipeline("iam-alerting", ACCOUNT, "us-east-1")
    assert not _touched(pipeline, "kms", "DisableKey", {"fields": ["resources.ARN"], "values": [KEY]})


def test_a_call_names_one_of_several() -> None:
    pipeline = modules().pipeline.Pipeline("iam-alerting", ACCOUNT, "us-east-1", key=KEY)
    alarms = {"requestParameters": {"alarmNames": ["another", "iam-alerting/unheard"]}}
    assert _part(pipeline, "monitoring", "DeleteAlarms", alarms) == "alarm unheard"
    keys = {"resources": [{"type": "AWS::KMS::Key", "ARN": KEY}]}
    assert _part(pipeline, "kms", "DisableKey", keys) == f"key {KEY.rpartition('/')[2]}"


def test_rule_and_function_mean_the_same_heartbeat() -> None:
    assert heartbeat_rule.DOCUMENT == modules().metrics.HEARTBEAT


def test_the_organizations_trail_is_watched_by_its_own_arn_and_none_without() -> None:
    trail = "arn:aws:cloudtrail:us-east-1:999999999999:trail/iam-alerting"
    assert any(trail in render(pattern) for pattern in made("iam:CreateUser", trail=trail))
    assert not any('""' in render(pattern) for pattern in made("iam:CreateUser"))
    pipeline = modules().pipeline
    record = modules().record.parse(
        {
            "account": ACCOUNT,
            "detail": {
                "eventSource": "cloudtrail.amazonaws.com",
                "eventName": "StopLogging",
                "recipientAccountId": ACCOUNT,
                "requestParameters": {"name": trail},
            },
        }
    )
    known = pipeline.Pipeline("iam-alerting", ACCOUNT, "us-east-1", trail=trail)
    assert pipeline.touched_part(record, known) == "trail iam-alerting"
    assert pipeline.touched_part(record, known._replace(trail="")) == ""
