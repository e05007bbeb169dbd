# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module dynamodb_table does to a table.

moto's tables are ready at once; where DynamoDB takes its time, its answers are given by hand.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import table
from ansible_collections.trailwatch.aws.plugins.modules import dynamodb_table
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

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/groups"
KEYS = {"partition_key": "pk", "sort_key": "sk"}
FULL: dict[str, Any] = {
    "name": "groups",
    **KEYS,
    "time_to_live_attribute": "expires",
    "deletion_protection_enabled": False,
    "tags": {"team": "security"},
}
UNTAGGED = {key: value for key, value in FULL.items() if key != "tags"}
NO_TTL = {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}

pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between two looks at a table that is not ready; none is really made."""
    made: list[float] = []
    monkeypatch.setattr("botocore.waiter.time.sleep", made.append)
    return made


def ensure(**options: Any) -> dict[str, Any]:
    return run(dynamodb_table.main, **options)


def dynamodb() -> Any:
    return boto3.client("dynamodb")


def described(**changed: Any) -> dict[str, Any]:
    """An answer of DescribeTable for the table of C(FULL)."""
    keys = ("pk", "HASH"), ("sk", "RANGE")
    known = {
        "TableName": "groups",
        "TableArn": ARN,
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _kind in keys],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "DeletionProtectionEnabled": False,
    }
    return {"Table": {**known, **changed}}


def test_creates_the_table_as_asked_for():
    result = ensure(**FULL)

    assert result["changed"]
    assert result["table_arn"] == ARN
    made = dynamodb().describe_table(TableName="groups")["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in made["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    expiry = dynamodb().describe_time_to_live(TableName="groups")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    tags = dynamodb().list_tags_of_resource(ResourceArn=ARN)["Tags"]
    assert tags == [{"Key": "team", "Value": "security"}]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": "expires"}


KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def test_a_customers_key_is_set_and_taken_away_again():
    ensure(**{**FULL, "kms_master_key_id": KEY})
    encryption = dynamodb().describe_table(TableName="groups")["Table"]["SSEDescription"]
    assert encryption["KMSMasterKeyArn"] == KEY
    assert not ensure(**{**FULL, "kms_master_key_id": KEY})["changed"]

    given = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    own = {"Enabled": False}
    with answering(UpdateTable={}) as calls:
        result = ensure(**FULL)
    assert result["diff"] == {"before": {"SSESpecification": given}, "after": {"SSESpecification": own}}
    assert calls[-1] == ("UpdateTable", {"TableName": "groups", "SSESpecification": own})


def test_a_key_by_another_name_than_its_arn_is_refused_before_any_call():
    with recorded() as calls:
        result = ensure(**{**FULL, "kms_master_key_id": "alias/alerts"})
    assert result["failed"]
    assert "kms_master_key_id: 'alias/alerts' is not the ARN of a key" in result["msg"]
    assert calls == []


def test_in_sync_is_reads_only():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(**FULL)

    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert calls == ["DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"]


def test_options_that_are_not_set_are_not_touched():
    ensure(**{**FULL, "deletion_protection_enabled": True})

    with recorded() as calls:
        assert not ensure(name="groups", **KEYS)["changed"]

    assert calls == ["DescribeTable", "DescribeTimeToLive"]


@pytest.mark.parametrize(
    ("option", "value", "name", "before", "after"),
    [
        ("deletion_protection_enabled", True, "DeletionProtectionEnabled", False, True),
        (
            "time_to_live_attribute",
            "",
            "TimeToLiveSpecification",
            {"Enabled": True, "AttributeName": "expires"},
            {"Enabled": False},
        ),
        ("tags", {"team": "ops"}, "Tags", {"team": "security"}, {"team": "ops"}),
        ("tags", {}, "Tags", {"team": "security"}, {}),
    ],
)
def test_drift_is_mended_and_named(option, value, name, before, after):
    ensure(**FULL)

    result = ensure(name="groups", **KEYS, **{option: value})

    assert result["changed"]
    assert result["diff"] == {"before": {name: before}, "after": {name: after}}
    assert not ensure(name="groups", **KEYS, **{option: value})["changed"]


@pytest.mark.parametrize(
    ("answer", "name", "value"),
    [
        ({"BillingModeSummary": {}}, "BillingMode", "PAY_PER_REQUEST"),
        ({"BillingModeSummary": {"BillingMode": "PROVISIONED"}}, "BillingMode", "PAY_PER_REQUEST"),
        ({"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"}}, "SSESpecification", {"Enabled": False}),
    ],
)
def test_what_every_table_of_this_module_has_is_mended_too(answer, name, value):
    found = described(**answer)

    with answering(DescribeTable=found, DescribeTimeToLive=NO_TTL, UpdateTable={}) as calls:
        result = ensure(name="groups", **KEYS)

    assert set(result["diff"]["after"]) == {name}
    assert dict(calls)["UpdateTable"] == {"TableName": "groups", name: value}


def test_encryption_that_was_given_up_is_dynamodbs_own():
    found = described(SSEDescription={"Status": "DISABLED"})

    with answering(DescribeTable=found, DescribeTimeToLive=NO_TTL):
        assert not ensure(name="groups", **KEYS)["changed"]


def test_another_expiry_takes_the_place_of_the_first():
    ensure(**FULL)

    with recorded() as calls:
        ensure(name="groups", **KEYS, time_to_live_attribute="until")

    assert writes(calls) == ["UpdateTimeToLive", "UpdateTimeToLive"]
    expiry = dynamodb().describe_time_to_live(TableName="groups")["TimeToLiveDescription"]
    assert expiry["AttributeName"] == "until"


def test_a_table_that_is_being_made_or_updated_is_waited_for(waits):
    busy = described(TableStatus="UPDATING")
    looks = [busy, busy, busy, described()]

    with answering(DescribeTable=looks, DescribeTimeToLive=NO_TTL, UpdateTimeToLive={}) as calls:
        assert ensure(**UNTAGGED)["changed"]

    assert [name for name, _arguments in calls][-1] == "UpdateTimeToLive"
    assert waits == [table.WAITER["Delay"]] * 2


def test_a_table_that_is_going_is_not_there_and_its_end_is_waited_for(waits):
    going, gone = described(TableStatus="DELETING"), error("ResourceNotFoundException", "DescribeTable")

    with answering(DescribeTable=going):
        assert not ensure(name="groups", state="absent")["changed"]
    made = {"TableDescription": {"TableArn": ARN}}
    with answering(DescribeTable=[going, going, gone], CreateTable=made) as calls:
        assert ensure(name="groups", **KEYS)["changed"]
    assert [name for name, _arguments in calls][-1] == "CreateTable"
    assert len(waits) == 1


def test_a_table_that_never_gets_ready_is_an_error():
    with answering(DescribeTable=described(TableStatus="UPDATING"), DescribeTimeToLive=NO_TTL) as calls:
        result = ensure(**UNTAGGED)

    assert result["failed"]
    assert "wait for table groups" in result["msg"]
    assert writes([name for name, _arguments in calls]) == []


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"partition_key": "id"}, "pk (HASH, type S), sk (RANGE, type S) in place of id"),
        ({"partition_key": "pk"}, "in place of pk"),
        ({"partition_key": "sk", "sort_key": "pk"}, "in place of sk, pk"),
    ],
)
def test_other_keys_are_refused(keys, words):
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(name="groups", **keys)

    assert result["failed"]
    assert words in result["msg"]
    assert writes(calls) == []


def test_check_mode_writes_nothing_and_tells_what_would_be():
    with recorded() as calls:
        planned = ensure(**FULL, check=True)
    assert writes(calls) == []

    done = ensure(**FULL)
    assert planned["changed"]
    assert planned["diff"] == done["diff"]
    assert planned["table_arn"] == done["table_arn"]

    with recorded() as calls:
        assert ensure(**{**FULL, "time_to_live_attribute": "", "tags": {}}, check=True)["changed"]
        assert ensure(name="groups", state="absent", check=True)["changed"]
    assert writes(calls) == []


def test_absent_deletes_once():
    ensure(**FULL)

    first = ensure(name="groups", state="absent")
    second = ensure(name="groups", state="absent")

    assert first["changed"]
    assert first["diff"]["before"]["TableName"] == "groups"
    assert not second["changed"]


def test_a_table_that_is_being_updated_is_deleted_when_it_is_ready():
    looks = [described(TableStatus="UPDATING"), described()]
    busy = error("ResourceInUseException", "DeleteTable")

    with answering(DescribeTable=looks, DescribeTimeToLive=NO_TTL, DeleteTable=[busy, {}]) as calls:
        assert ensure(name="groups", state="absent")["changed"]

    assert [name for name, _arguments in calls].count("DeleteTable") == 2


def test_a_table_that_goes_after_a_call_whose_answer_was_lost_is_not_waited_for():
    looks = [described(), described(TableStatus="DELETING")]
    going = error("ResourceInUseException", "DeleteTable")

    with answering(DescribeTable=looks, DescribeTimeToLive=NO_TTL, DeleteTable=going) as calls:
        assert ensure(name="groups", state="absent")["changed"]

    assert [name for name, _arguments in calls].count("DeleteTable") == 1
    assert [name for name, _arguments in calls][-1] == "DescribeTable"


def test_a_table_that_goes_between_two_calls_is_not_there():
    with answering(DescribeTable=described(), DescribeTimeToLive=error("ResourceNotFoundException")):
        assert not ensure(name="groups", state="absent")["changed"]
    ensure(**FULL)
    with answering(DeleteTable=error("ResourceNotFoundException", "DeleteTable")):
        assert ensure(name="groups", state="absent")["changed"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_run_broken_off_after_any_write_can_be_repeated(exists):
    for number in range(1, 10):
        ensure(name="groups", state="absent")
        if exists:
            ensure(name="groups", **KEYS, tags={"old": "1"})
        try:
            with broken_off_after(number):
                run(dynamodb_table.main, **FULL)
            break
        except BrokenOffError:
            ensure(**FULL)
        with recorded() as calls:
            assert not ensure(**FULL)["changed"]
        assert writes(calls) == []
    assert number == (4 if exists else 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "no spaces"}, ["name:", "'no spaces'", "letters"]),
        ({"name": "ab"}, ["name:", "3 to 255"]),
    ],
)
def test_bad_input_fails_before_any_call(options, words):
    with recorded() as calls:
        result = ensure(**{**FULL, **options})

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


def test_a_table_needs_a_key():
    with recorded() as calls:
        result = ensure(name="groups")

    assert "partition_key" in result["msg"]
    assert calls == []


@pytest.mark.parametrize("operation", ["DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"])
def test_a_refused_read_is_an_error(operation):
    ensure(**FULL)

    with answering(**{operation: error("AccessDeniedException")}) as calls:
        result = ensure(**FULL)

    assert result["failed"]
    assert "groups" in result["msg"]
    assert writes([name for name, _arguments in calls]) == []


@pytest.mark.parametrize("options", examples(dynamodb_table))
def test_the_examples_run(options):
    assert not run(dynamodb_table.main, **options, check=True).get("failed")
