# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module kms_key does to a key."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import kms_key
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

ALIAS = "alias/alerts"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
FULL: dict[str, Any] = {
    "alias": ALIAS,
    "description": "Encrypts alerts.",
    "policy": POLICY,
    "enable_key_rotation": True,
    "tags": {"team": "security"},
}

pytestmark = pytest.mark.usefixtures("account")


def ensure(**options: Any) -> dict[str, Any]:
    return run(kms_key.main, **options)


def kms() -> Any:
    return boto3.client("kms")


def metadata(key: str = ALIAS) -> dict[str, Any]:
    return kms().describe_key(KeyId=key)["KeyMetadata"]


def keys() -> list[str]:
    return [key["KeyId"] for key in kms().list_keys()["Keys"]]


def test_creates_the_key_as_asked_for():
    result = ensure(**FULL)

    assert result["changed"]
    made = metadata()
    assert result["key_arn"] == made["Arn"]
    assert made["Description"] == "Encrypts alerts."
    assert json.loads(kms().get_key_policy(KeyId=made["KeyId"], PolicyName="default")["Policy"]) == POLICY
    assert kms().get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"]
    tags = kms().list_resource_tags(KeyId=made["KeyId"])["Tags"]
    assert tags == [{"TagKey": "team", "TagValue": "security"}]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["AliasName"] == ALIAS


def test_in_sync_is_reads_only():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(**FULL)

    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert calls == ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"]


def test_options_that_are_not_set_are_not_touched():
    ensure(**FULL)

    with recorded() as calls:
        assert not ensure(alias=ALIAS)["changed"]

    assert calls == ["DescribeKey"]


@pytest.mark.parametrize(
    ("option", "value", "name", "before", "operation"),
    [
        ("description", "other", "Description", "Encrypts alerts.", "UpdateKeyDescription"),
        ("enable_key_rotation", False, "KeyRotationEnabled", True, "DisableKeyRotation"),
        (
            "policy",
            {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": ["kms:Decrypt", "kms:PutKeyPolicy"]}]},
            "Policy",
            POLICY,
            "PutKeyPolicy",
        ),
    ],
)
def test_mends_what_differs_and_nothing_else(option, value, name, before, operation):
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(**{**FULL, option: value})

    assert result["diff"] == {"before": {name: before}, "after": {name: value}}
    assert writes(calls) == [operation]
    assert not ensure(**{**FULL, option: value})["changed"]


@pytest.mark.parametrize("purge", [True, False])
def test_tags_of_others_go_only_if_asked(purge):
    ensure(**FULL)
    kms().tag_resource(KeyId=metadata()["KeyId"], Tags=[{"TagKey": "owner", "TagValue": "somebody"}])

    result = ensure(**{**FULL, "tags": {"team": "other"}, "purge_tags": purge})

    assert result["tags"] == {"team": "other", **({} if purge else {"owner": "somebody"})}
    found = {tag["TagKey"]: tag["TagValue"] for tag in kms().list_resource_tags(KeyId=metadata()["KeyId"])["Tags"]}
    assert found == result["tags"]


def test_a_disabled_key_is_enabled_before_anything_else():
    ensure(**FULL)
    kms().disable_key(KeyId=metadata()["KeyId"])

    with recorded() as calls:
        result = ensure(**{**FULL, "description": "other"})

    assert result["diff"]["before"]["KeyState"] == "Disabled"
    assert writes(calls) == ["EnableKey", "UpdateKeyDescription"]
    assert metadata()["KeyState"] == "Enabled"


def test_a_key_that_is_to_be_deleted_is_kept():
    ensure(**FULL)
    kms().schedule_key_deletion(KeyId=metadata()["KeyId"])

    with recorded() as calls:
        ensure(**FULL)

    assert writes(calls)[:2] == ["CancelKeyDeletion", "EnableKey"]
    assert metadata()["KeyState"] == "Enabled"
    assert len(keys()) == 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_that_was_broken_off_is_completed_by_the_next_and_leaves_one_key(number):
    with pytest.raises(BrokenOffError), broken_off_after(number):
        ensure(**FULL)

    assert ensure(**FULL)["changed"] is (number < 3)
    assert not ensure(**FULL)["changed"]
    assert len(keys()) == 1


def test_of_keys_without_alias_one_that_can_be_used_is_taken():
    tags = [{"TagKey": "team", "TagValue": "security"}]
    first, second = (kms().create_key(Tags=tags)["KeyMetadata"]["KeyId"] for _number in range(2))
    kms().schedule_key_deletion(KeyId=min(first, second))

    assert ensure(**FULL)["key_arn"].endswith(max(first, second))


def test_a_key_with_other_tags_is_left_alone():
    kms().create_key(Tags=[{"TagKey": "team", "TagValue": "others"}])

    ensure(**FULL)

    assert len(keys()) == 2


def test_check_mode_writes_nothing_and_tells_the_same():
    with recorded() as calls:
        announced = ensure(check=True, **FULL)
    assert writes(calls) == []
    assert "key_arn" not in announced

    done = ensure(**FULL)
    assert announced["diff"] == done["diff"]
    assert announced["changed"] is done["changed"] is True

    kms().disable_key(KeyId=metadata()["KeyId"])
    assert ensure(check=True, **FULL)["diff"]["after"] == {"KeyState": "Enabled"}
    assert metadata()["KeyState"] == "Disabled"
    gone = ensure(check=True, alias=ALIAS, state="absent")
    assert gone["changed"]
    assert metadata()["KeyState"] == "Disabled"


def test_deletion_is_scheduled_once_and_the_alias_stays():
    arn = ensure(**FULL)["key_arn"]

    result = ensure(alias=ALIAS, state="absent", pending_window=7)

    assert result["diff"] == {"before": {"KeyState": "Enabled"}, "after": {"KeyState": "PendingDeletion"}}
    assert (metadata()["Arn"], metadata()["KeyState"]) == (arn, "PendingDeletion")
    with recorded() as calls:
        assert not ensure(alias=ALIAS, state="absent")["changed"]
    assert writes(calls) == []


def test_a_key_that_has_lost_its_alias_is_deleted_by_its_tags():
    arn = ensure(**FULL)["key_arn"]
    kms().delete_alias(AliasName=ALIAS)

    assert ensure(alias=ALIAS, state="absent", tags=FULL["tags"])["changed"]

    assert metadata(arn)["KeyState"] == "PendingDeletion"


def test_nothing_to_delete_is_no_change():
    assert not ensure(alias=ALIAS, state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alias": "alerts"}, "alias: 'alerts' is not an alias"),
        ({"alias": "alias/aws/sns"}, "alias: 'alias/aws/sns' is not an alias"),
        ({"alias": ALIAS, "pending_window": 31}, "pending_window: 31 is out of bounds. Use 7 to 30"),
    ],
)
def test_what_kms_could_never_accept_is_refused_before_any_call(options, said):
    with recorded() as calls:
        result = ensure(**options)

    assert result["failed"]
    assert said in result["msg"]
    assert calls == []


def test_a_refused_read_is_not_taken_for_a_key_that_is_not_there():
    with answering(DescribeKey=error("AccessDeniedException")) as calls:
        result = ensure(**FULL)

    assert result["failed"]
    assert "Failed to read key alias/alerts" in result["msg"]
    assert [name for name, _arguments in calls] == ["DescribeKey"]


def test_the_examples_do_what_they_say():
    for options in examples(kms_key):
        assert ensure(**options)["changed"]
    assert metadata()["KeyState"] == "PendingDeletion"
