# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module s3_bucket_lifecycle does to a bucket. moto knows no sizes in filters: those are compared directly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.trailwatch.aws.plugins.module_utils import lifecycle
from ansible_collections.trailwatch.aws.plugins.modules import s3_bucket_lifecycle
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

BUCKET = "logs-123456789012"
EXPIRE = {
    "ID": "expire",
    "Status": "Enabled",
    "Filter": {"Prefix": "AWSLogs/"},
    "Expiration": {"Days": 365},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
}
ABORT = {
    "ID": "abort",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


@pytest.fixture
def bucket(account: str) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def ensure(*rules: dict[str, Any], **options: Any) -> dict[str, Any]:
    asked = {"rules": list(rules)} if rules else {}
    return run(s3_bucket_lifecycle.main, **{"name": BUCKET, **asked, **options})


def absent(**options: Any) -> dict[str, Any]:
    return ensure(state="absent", **options)


def put(s3: Any, *rules: dict[str, Any]) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": list(rules)})


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return not lifecycle.difference({"Rules": [one]}, {"Rules": [other]})


def test_puts_the_rules_as_asked_for(bucket):
    result = ensure(EXPIRE, ABORT)

    assert result["changed"]
    assert result["diff"]["before"] == {"Rules": []}
    assert [rule["ID"] for rule in result["diff"]["after"]["Rules"]] == ["abort", "expire"]
    live = bucket.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert {rule["ID"] for rule in live} == {"expire", "abort"}
    assert next(rule for rule in live if rule["ID"] == "expire")["Expiration"] == {"Days": 365}
    assert result["rules"] == result["diff"]["after"]["Rules"]


@pytest.mark.usefixtures("bucket")
def test_in_sync_is_one_read():
    ensure(EXPIRE, ABORT)

    with recorded() as calls:
        result = ensure(ABORT, {**EXPIRE, "Transitions": EXPIRE["Transitions"][::-1]})

    assert not result["changed"]
    assert calls == ["GetBucketLifecycleConfiguration"]
    assert result["diff"] == {"before": {}, "after": {}}


@pytest.mark.parametrize(
    "part",
    [
        {"Status": "Disabled"},
        {"Filter": {"Prefix": "other/"}},
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}},
        {"Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]}}},
        {"Expiration": {"Days": 366}},
        {"Expiration": {"ExpiredObjectDeleteMarker": True}},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 31}},
        {"Transitions": [{"Days": 31, "StorageClass": "STANDARD_IA"}]},
        {"NoncurrentVersionTransitions": [{"NoncurrentDays": 5, "StorageClass": "GLACIER"}]},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ],
    ids=json.dumps,
)
@pytest.mark.usefixtures("bucket")
def test_drift_is_mended_and_named(part):
    ensure(EXPIRE, ABORT)

    result = ensure({**EXPIRE, **part}, ABORT)

    assert result["changed"]
    name, value = next(iter(part.items()))
    assert result["diff"]["after"]["Rules"][1][name] == value
    assert result["diff"]["before"]["Rules"][1].get(name) != value
    assert not ensure({**EXPIRE, **part}, ABORT)["changed"]


def test_rules_of_others_go(bucket):
    put(bucket, {**ABORT, "ID": "foreign"}, EXPIRE)

    result = ensure(EXPIRE)

    assert [rule["ID"] for rule in result["diff"]["before"]["Rules"]] == ["expire", "foreign"]
    assert [rule["ID"] for rule in bucket.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]] == ["expire"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Prefix": ""}, {"Filter": {"Prefix": ""}}),
        ({"Prefix": "a/"}, {"Filter": {"Prefix": "a/"}}),
        ({}, {"Filter": {}}),
        ({"Filter": {}}, {"Filter": {"Prefix": ""}}),
        ({"Filter": {"And": {"Prefix": "a/", "Tags": []}}}, {"Filter": {"Prefix": "a/"}}),
        (
            {"Filter": {"And": {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}}},
            {"Filter": {"And": {"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}}},
        ),
        ({"Expiration": {"Days": 1}}, {"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": False}}),
        ({"Expiration": {"Date": datetime(2030, 1, 31, tzinfo=UTC)}}, {"Expiration": {"Date": "2030-01-31"}}),
        ({"Transitions": []}, {}),
    ],
)
def test_rules_that_mean_the_same_are_no_change(one, other):
    assert same({"ID": "x", **one}, {"ID": "x", **other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Prefix": "a/"}, {"Prefix": "a"}),
        ({"Filter": {"ObjectSizeGreaterThan": 0}}, {"Filter": {}}),
        ({"Filter": {"ObjectSizeLessThan": 5}}, {"Filter": {"ObjectSizeGreaterThan": 5}}),
        ({"Filter": {"Tag": {"Key": "a", "Value": "1"}}}, {"Filter": {"Tag": {"Key": "a", "Value": "2"}}}),
        ({"Expiration": {"Date": datetime(2030, 1, 31, tzinfo=UTC)}}, {"Expiration": {"Date": "2030-02-01"}}),
    ],
)
def test_rules_that_differ_are_a_change(one, other):
    assert not same({"ID": "x", **one}, {"ID": "x", **other})


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "Prefix": st.sampled_from(["a/", "b/"]),
        "Tags": st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), min_size=1).map(
            lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
        ),
        "ObjectSizeGreaterThan": st.integers(0, 3),
        "ObjectSizeLessThan": st.integers(4, 9),
    },
)


@given(FILTERS)
def test_a_shown_rule_means_what_it_meant_and_has_a_shape_that_s3_takes(conditions):
    rule = {"ID": "x", "Filter": {"And": conditions}}

    shown = lifecycle.shown([rule])

    assert same(rule, shown[0])
    assert len(shown[0]["Filter"]) <= 1


def test_numbers_as_texts_are_numbers(bucket):
    result = ensure({**EXPIRE, "Expiration": {"Days": "365"}})

    assert result["rules"][0]["Expiration"] == {"Days": 365}
    assert not ensure(EXPIRE)["changed"]


@pytest.mark.usefixtures("bucket")
def test_a_rule_without_filter_is_for_the_whole_bucket():
    rule = {key: value for key, value in ABORT.items() if key != "Filter"}

    with answering() as calls:
        ensure(rule)

    assert dict(calls)["PutBucketLifecycleConfiguration"]["LifecycleConfiguration"]["Rules"][0]["Filter"] == {
        "Prefix": ""
    }
    assert not ensure(rule)["changed"]


@pytest.mark.usefixtures("bucket")
def test_the_minimum_object_size_is_kept_unless_asked_for():
    size = "TransitionDefaultMinimumObjectSize"
    live = {"Rules": [ABORT], size: "varies_by_storage_class"}

    with answering(GetBucketLifecycleConfiguration=live) as calls:
        assert not ensure(ABORT)["changed"]
        assert ensure(EXPIRE)["changed"]
        assert calls[-1][1][size] == "varies_by_storage_class"
        result = ensure(ABORT, transition_default_minimum_object_size="all_storage_classes_128K")
        assert calls[-1][1][size] == "all_storage_classes_128K"

    assert result["diff"] == {
        "before": {size: "varies_by_storage_class"},
        "after": {size: "all_storage_classes_128K"},
    }


@pytest.mark.usefixtures("bucket")
def test_check_mode_writes_nothing_and_tells_what_would_be():
    with recorded() as calls:
        planned = ensure(EXPIRE, check=True)
    assert writes(calls) == []

    done = ensure(EXPIRE)
    assert planned == done

    with recorded() as calls:
        assert ensure(ABORT, check=True)["changed"]
        assert absent(check=True)["changed"]
    assert writes(calls) == []


def test_absent_takes_the_configuration_once(bucket):
    ensure(EXPIRE)

    first = absent()
    with recorded() as calls:
        second = absent()

    assert first["changed"]
    assert first["rules"] == []
    assert first["diff"]["after"] == {"Rules": []}
    assert not second["changed"]
    assert calls == ["GetBucketLifecycleConfiguration"]


@pytest.mark.usefixtures("account")
def test_a_bucket_that_is_not_there():
    result = ensure(EXPIRE)
    assert result["failed"]
    assert BUCKET in result["msg"]
    assert "Create it first" in result["msg"]

    assert ensure(EXPIRE, check=True)["changed"]
    assert not absent()["changed"]


@pytest.mark.usefixtures("bucket")
def test_a_run_broken_off_after_its_write_can_be_repeated():
    with pytest.raises(BrokenOffError), broken_off_after(1):
        run(s3_bucket_lifecycle.main, name=BUCKET, rules=[EXPIRE])

    assert not ensure(EXPIRE)["changed"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Expiration": {"Day": 3}}, ["rules[0].Expiration.Day:", "Days"]),
        ({"Expire": {"Days": 3}}, ["rules[0].Expire:", "Expiration"]),
        ({"Expiration": {"Days": "soon"}}, ["rules[0].Expiration.Days:", "'soon'", "whole number"]),
        ({"Expiration": {"Days": True}}, ["rules[0].Expiration.Days:", "whole number"]),
        ({"Expiration": {"Date": "tomorrow"}}, ["rules[0].Expiration.Date:", "'tomorrow'", "2030-01-31"]),
        (
            {"Expiration": {"ExpiredObjectDeleteMarker": "maybe"}},
            ["ExpiredObjectDeleteMarker", "'maybe'", "true or false"],
        ),
        ({"Expiration": 30}, ["rules[0].Expiration:", "30", "Days"]),
        ({"Status": "enabled"}, ["rules[0].Status:", "'enabled'", "Enabled or Disabled"]),
        ({"Status": None}, ["rules[0].Status:", "missing"]),
        ({"ID": None}, ["rules[0].ID:", "missing"]),
        ({"ID": ["x"]}, ["rules[0].ID:", "a text"]),
        ({"ID": "x" * 256}, ["rules[0].ID:", "255"]),
        ({"Transitions": {"Days": 3}}, ["rules[0].Transitions:", "list"]),
        (
            {"Transitions": [{"Days": 3, "StorageClass": "COLD"}]},
            ["rules[0].Transitions[0].StorageClass:", "'COLD'", "GLACIER"],
        ),
        ({"Filter": {"Tag": {"Key": "a"}}}, ["rules[0].Filter.Tag.Value:", "missing"]),
        ({"Prefix": "a/"}, ["rules[0].Prefix:", "Filter.Prefix"]),
        (
            {"Filter": {"Prefix": "a/", "ObjectSizeLessThan": 5}},
            ["rules[0].Filter:", "ObjectSizeLessThan", "Filter.And"],
        ),
        ({"Expiration": None, "NoncurrentVersionExpiration": None, "Transitions": None}, ["'expire'", "no action"]),
    ],
)
@pytest.mark.usefixtures("account")
def test_bad_input_fails_before_any_call(rule, words):
    with recorded() as calls:
        result = ensure({**EXPIRE, **rule})

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "Logs_1", "rules": [EXPIRE]}, ["name:", "'Logs_1'", "lower-case"]),
        ({"rules": []}, ["rules:", "0 rules", "state=absent"]),
        ({"rules": [EXPIRE, EXPIRE]}, ["rules[1].ID:", "'expire'", "twice"]),
        ({}, ["rules"]),
    ],
)
@pytest.mark.usefixtures("account")
def test_bad_options_fail_before_any_call(options, words):
    with recorded() as calls:
        result = ensure(**options)

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.usefixtures("bucket")
def test_a_refused_read_is_an_error(state):
    with answering(GetBucketLifecycleConfiguration=error("AccessDenied")) as calls:
        result = ensure(EXPIRE, state=state)

    assert result["failed"]
    assert f"read the lifecycle configuration of bucket {BUCKET}" in result["msg"]
    assert [name for name, _arguments in calls] == ["GetBucketLifecycleConfiguration"]


@pytest.mark.usefixtures("bucket")
def test_throttling_is_waited_out(pauses):
    live = {"Rules": [EXPIRE]}

    with answering(GetBucketLifecycleConfiguration=[error("SlowDown"), error("ThrottlingException"), live]):
        assert not ensure(EXPIRE)["changed"]

    assert len(pauses) == 2


@pytest.mark.parametrize("options", examples(s3_bucket_lifecycle))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options):
    assert not run(s3_bucket_lifecycle.main, **options, check=True).get("failed")
