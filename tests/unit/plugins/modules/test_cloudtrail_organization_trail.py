# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module cloudtrail_organization_trail does to a trail."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import cloudtrail_organization_trail
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    answering,
    error,
    examples,
    recorded,
    run,
    writes,
)

ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/organization"
BUCKET = "logs-123456789012"
TAGS = {"team": "security"}


@pytest.fixture
def cloudtrail(account: str) -> Any:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return boto3.client("cloudtrail")


def ensure(**options: Any) -> dict[str, Any]:
    asked = {"trail_arn": ARN, "s3_bucket_name": BUCKET, "tags": TAGS, **options}
    return run(cloudtrail_organization_trail.main, **asked)


def live(cloudtrail: Any) -> dict[str, Any]:
    (trail,) = cloudtrail.describe_trails()["trailList"]
    return {**trail, "IsLogging": cloudtrail.get_trail_status(Name=ARN)["IsLogging"]}


def test_one_is_made_and_logs_and_a_second_run_only_reads(cloudtrail: Any) -> None:
    with recorded() as calls:
        announced = ensure(check=True)
    assert announced["changed"]
    assert writes(calls) == []
    with recorded() as calls:
        result = ensure()
    assert result["diff"] == announced["diff"]
    assert writes(calls) == ["CreateTrail", "StartLogging"]
    there = live(cloudtrail)
    assert (there["TrailARN"], there["IsOrganizationTrail"], there["IsMultiRegionTrail"]) == (ARN, True, True)
    assert there["IsLogging"]
    assert cloudtrail.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"] == [
        {"Key": "team", "Value": "security"}
    ]
    with recorded() as calls:
        assert not ensure()["changed"]
    assert writes(calls) == []


HANDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "taken from the members": ("update_trail", {"IsOrganizationTrail": False}, "IsOrganizationTrail"),
    "one region": ("update_trail", {"IsMultiRegionTrail": False}, "IsMultiRegionTrail"),
    "no digests": ("update_trail", {"EnableLogFileValidation": False, "IsMultiRegionTrail": True}, "LogFileValidation"),
    "stopped": ("stop_logging", {}, "IsLogging"),
}


@pytest.mark.parametrize(("operation", "arguments", "told"), HANDS.values(), ids=HANDS)
def test_what_a_hand_changed_is_told_and_mended(
    operation: str, arguments: dict[str, Any], told: str, cloudtrail: Any
) -> None:
    ensure()
    getattr(cloudtrail, operation)(Name="organization", **arguments)
    result = ensure()
    assert any(name.startswith(told) for name in result["diff"]["after"]), result["diff"]
    assert not ensure()["changed"]
    assert live(cloudtrail)["IsOrganizationTrail"]


def test_the_trail_of_the_management_account_becomes_the_organizations(cloudtrail: Any) -> None:
    cloudtrail.create_trail(Name="organization", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    assert ensure()["diff"]["before"]["IsOrganizationTrail"] is False
    assert live(cloudtrail)["IsOrganizationTrail"]


def test_tags_are_changed_and_those_of_others_kept_if_asked(cloudtrail: Any) -> None:
    ensure(tags={"team": "network", "owner": "x"})
    ensure(tags=TAGS, purge_tags=False)
    pairs = cloudtrail.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"]
    assert {pair["Key"]: pair["Value"] for pair in pairs} == {"team": "security", "owner": "x"}


def test_an_administrator_who_is_not_told_the_tags_goes_on(cloudtrail: Any) -> None:
    ensure()
    with answering(ListTags=error("CloudTrailARNInvalidException")) as calls:
        assert not ensure()["changed"]
    assert [name for name, _arguments in calls if name in ("AddTags", "RemoveTags")] == []


def test_it_is_always_called_by_its_arn_once_it_is_there(cloudtrail: Any) -> None:
    """By its name a delegated administrator does not find it."""
    ensure()
    cloudtrail.stop_logging(Name=ARN)
    with answering() as calls:
        ensure(is_multi_region_trail=False)
        ensure(state="absent")
    named = {arguments["Name"] for name, arguments in calls if "Name" in arguments}
    assert named == {ARN}


def test_it_is_deleted_once(cloudtrail: Any) -> None:
    ensure()
    assert ensure(state="absent", check=True)["changed"]
    with answering(DeleteTrail={}) as calls:
        assert ensure(state="absent")["changed"]
    assert ("DeleteTrail", {"Name": ARN}) in calls
    cloudtrail.delete_trail(Name="organization")
    assert not ensure(state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"trail_arn": "organization"}, "is no ARN of a trail"),
        ({"trail_arn": ARN.replace("us-east-1", "eu-west-1")}, "is not of region us-east-1"),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_cannot_be_is_refused_before_any_call(options: dict[str, Any], told: str) -> None:
    with recorded() as calls:
        result = ensure(**options)
    assert result["failed"]
    assert told in result["msg"]
    assert calls == []


def test_without_a_bucket_there_is_none() -> None:
    result = run(cloudtrail_organization_trail.main, trail_arn=ARN)
    assert "s3_bucket_name" in result["msg"]


@pytest.mark.usefixtures("account")
def test_what_cloudtrail_refuses_is_told() -> None:
    with answering(CreateTrail=error("CloudTrailAccessNotEnabledException")):
        result = ensure()
    assert result["failed"]
    assert f"Failed to make trail {ARN}" in result["msg"]


@pytest.mark.parametrize("options", examples(cloudtrail_organization_trail))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options: dict[str, Any]) -> None:
    assert not run(cloudtrail_organization_trail.main, **options, check=True).get("failed")


@pytest.mark.usefixtures("cloudtrail", "pauses")
def test_a_trail_that_is_not_yet_known_everywhere_is_started_again() -> None:
    with answering(StartLogging=[error("ConflictException"), {}]) as calls:
        assert ensure()["changed"]
    assert [name for name, _arguments in calls].count("StartLogging") == 2
