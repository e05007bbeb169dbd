# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module event_bus does to a bus and its policy."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import event_bus
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

ARN = "arn:aws:events:us-east-1:123456789012:event-bus/audit"


def admitting(organization: str) -> dict[str, Any]:
    statement = {
        "Sid": "TheOrganizationSends",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": ARN,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


POLICY = admitting("o-abcdefghij")
FULL: dict[str, Any] = {"name": "audit", "policy": POLICY, "tags": {"team": "security"}}

pytestmark = pytest.mark.usefixtures("account")


def ensure(**options: Any) -> dict[str, Any]:
    return run(event_bus.main, **options)


def there() -> dict[str, Any]:
    """The bus with its policy and its tags."""
    client = boto3.client("events")
    answer = client.describe_event_bus(Name="audit")
    tags = client.list_tags_for_resource(ResourceARN=answer["Arn"])["Tags"]
    return {"policy": json.loads(answer.get("Policy") or "{}"), "tags": {tag["Key"]: tag["Value"] for tag in tags}}


def test_makes_the_bus_as_asked_for():
    result = ensure(**FULL)

    assert result["changed"]
    assert (result["event_bus_arn"], result["policy"], result["tags"]) == (ARN, POLICY, FULL["tags"])
    assert there() == {"policy": POLICY, "tags": FULL["tags"]}
    assert result["diff"] == {"before": {}, "after": {"Name": "audit", "Policy": POLICY, "Tags": FULL["tags"]}}


def test_in_sync_is_reads_only_however_the_policy_is_written():
    ensure(**FULL)
    (statement,) = POLICY["Statement"]
    same = {**POLICY, "Statement": [{**statement, "Principal": {"AWS": "*"}, "Action": ["events:PutEvents"]}]}

    with recorded() as calls:
        result = ensure(**{**FULL, "policy": same})

    assert not result["changed"]
    assert calls == ["DescribeEventBus", "ListTagsForResource"]


def test_options_that_are_not_set_are_not_touched():
    ensure(**FULL)
    with recorded() as calls:
        assert not ensure(name="audit")["changed"]
    assert calls == ["DescribeEventBus"]


@pytest.mark.parametrize(
    ("options", "name", "before", "after"),
    [
        ({"policy": admitting("o-klmnopqrst")}, "Policy", POLICY, admitting("o-klmnopqrst")),
        ({"policy": {}}, "Policy", POLICY, {}),
        ({"tags": {"team": "audit"}}, "Tags", FULL["tags"], {"team": "audit"}),
        ({"tags": {}}, "Tags", FULL["tags"], {}),
        ({"tags": {"stage": "1"}, "purge_tags": False}, "Tags", FULL["tags"], {"team": "security", "stage": "1"}),
    ],
)
def test_what_differs_is_told_and_mended(options: dict[str, Any], name: str, before: Any, after: Any):
    ensure(**FULL)
    told = ensure(check=True, **{**FULL, **options})
    assert there()[name.lower()] == before
    done = ensure(**{**FULL, **options})
    assert told["diff"] == done["diff"] == {"before": {name: before}, "after": {name: after}}
    assert there()[name.lower()] == after
    assert not ensure(**{**FULL, **options})["changed"]


def test_check_mode_tells_what_would_be_made_and_writes_nothing():
    with recorded() as calls:
        result = ensure(check=True, **FULL)
    assert result["changed"]
    assert (result["event_bus_arn"], result["policy"]) == (ARN, POLICY)
    assert writes(calls) == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_that_was_broken_off_can_be_repeated(number: int):
    with pytest.raises(BrokenOffError), broken_off_after(number):
        ensure(**FULL)
    ensure(**FULL)
    assert there() == {"policy": POLICY, "tags": FULL["tags"]}


def test_a_creation_whose_answer_was_lost_is_no_failure():
    boto3.client("events").create_event_bus(Name="audit")
    missing = error("ResourceNotFoundException")
    there_now = {"Name": "audit", "Arn": ARN}
    with answering(
        DescribeEventBus=[missing, there_now], CreateEventBus=error("ResourceAlreadyExistsException")
    ) as calls:
        assert ensure(**FULL)["changed"]
    assert writes([name for name, _arguments in calls]) == ["CreateEventBus", "PutPermission", "TagResource"]


def test_deletes_the_bus_once():
    ensure(**FULL)
    told = ensure(name="audit", state="absent", check=True)
    done = ensure(name="audit", state="absent")
    assert told["diff"]["before"] == done["diff"]["before"] == {"Name": "audit", "Arn": ARN, "Policy": POLICY}
    assert not ensure(name="audit", state="absent")["changed"]


def test_a_bus_with_rules_is_not_deleted():
    ensure(**FULL)
    boto3.client("events").put_rule(Name="archive", EventBusName="audit", EventPattern='{"source": ["x"]}')
    result = ensure(name="audit", state="absent")
    assert result["msg"] == "Event bus audit has rules: archive. Delete them first"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "default"}, "name: 'default' is not a name for an event bus of your own"),
        ({"name": "aws.partner/x"}, "name: 'aws.partner/x' is not a name"),
        ({"name": "audit", "policy": {"Statement": ["x" * 10240]}}, "but 10240 is the most"),
    ],
)
def test_what_could_never_be_is_refused_before_any_call(options: dict[str, Any], told: str):
    with recorded() as calls:
        result = ensure(**options)
    assert told in result["msg"]
    assert calls == []


def test_a_refused_read_is_not_taken_for_a_missing_bus():
    with answering(DescribeEventBus=error("AccessDeniedException")):
        assert "Failed to read event bus audit" in ensure(**FULL)["msg"]


@pytest.mark.parametrize("options", examples(event_bus))
def test_the_examples_work(options: dict[str, Any]):
    assert not ensure(**options).get("failed")
