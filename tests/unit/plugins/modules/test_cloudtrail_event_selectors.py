# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module cloudtrail_event_selectors does to a trail."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import cloudtrail_event_selectors
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    examples,
    recorded,
    run,
    writes,
)

ALL = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]


@pytest.fixture
def trail(account: str) -> Any:
    boto3.client("s3").create_bucket(Bucket="logs-123456789012")
    client = boto3.client("cloudtrail")
    client.create_trail(Name="iam-alerting", S3BucketName="logs-123456789012")
    return client


def ensure(**options: Any) -> dict[str, Any]:
    return run(cloudtrail_event_selectors.main, trail="iam-alerting", **options)


def test_a_trail_like_a_new_one_needs_nothing(trail: Any) -> None:
    # AWS gives these to a new trail; moto gives it none.
    trail.put_event_selectors(TrailName="iam-alerting", EventSelectors=ALL)
    with recorded() as calls:
        assert not ensure()["changed"]
    assert calls == ["GetEventSelectors"]


@pytest.mark.parametrize(
    "hand",
    [
        {"ReadWriteType": "ReadOnly"},
        {"IncludeManagementEvents": False},
        {"ExcludeManagementEventSources": ["kms.amazonaws.com"]},
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]},
    ],
)
def test_what_a_hand_took_away_is_given_back(trail: Any, hand: dict[str, Any]) -> None:
    trail.put_event_selectors(TrailName="iam-alerting", EventSelectors=[{**ALL[0], **hand}])
    with recorded() as calls:
        announced = ensure(check=True)
    assert writes(calls) == []
    result = ensure()
    assert result["changed"]
    assert (
        result["diff"]
        == announced["diff"]
        == {
            "before": {"event_selectors": [{**ALL[0], **hand}]},
            "after": {"event_selectors": ALL},
        }
    )
    assert not ensure()["changed"]


def test_advanced_selectors_are_replaced(trail: Any) -> None:
    selector = {"Name": "one", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    trail.put_event_selectors(TrailName="iam-alerting", AdvancedEventSelectors=[selector])
    assert ensure()["changed"]
    assert trail.get_event_selectors(TrailName="iam-alerting")["EventSelectors"] == ALL


@pytest.mark.usefixtures("account")
def test_without_a_trail_it_fails_but_in_check_mode() -> None:
    assert ensure(check=True)["changed"]
    assert ensure()["failed"]


@pytest.mark.parametrize("options", examples(cloudtrail_event_selectors))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options: dict[str, Any]) -> None:
    assert not run(cloudtrail_event_selectors.main, **options, check=True).get("failed")
