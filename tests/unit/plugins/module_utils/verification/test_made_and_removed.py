# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made in an account for a verification, and that it goes again. The account is moto's, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.stub import Stubber
from moto import mock_aws

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import leftovers
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import Listener, listening
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import (
    KINDS,
    PATH,
    ROLE,
    make_and_delete,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS as ANY

OURS = Settings(**{**ANY, "account_id": "123456789012"})
NAME = "iam-alerting-verify-1a2b"
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def clients() -> Iterator[dict[str, Any]]:
    session = boto3.Session("key-id-of-the-unit-tests", "secret-of-the-unit-tests", region_name="us-east-1")
    with mock_aws():
        made = {service: session.client(service) for service in ("iam", "sns", "sqs")}
        made["sns"].create_topic(Name="iam-alerting")
        yield made


def pair(clients: dict[str, Any]) -> Pair:
    account = Entered(clients, OURS)
    return Pair(account, account)


def listener(clients: dict[str, Any]) -> Listener:
    return Listener(Entered(clients, OURS), NAME, OURS.account_id, ["iam:CreateUser"])


def queues(clients: dict[str, Any]) -> list[str]:
    return [url.rpartition("/")[2] for url in clients["sqs"].list_queues().get("QueueUrls", [])]


def subscriptions(clients: dict[str, Any]) -> list[Any]:
    return list(clients["sns"].list_subscriptions()["Subscriptions"])


def test_the_queue_is_closed_to_all_but_the_topic_and_hears_no_more_than_is_asked_for(
    clients: dict[str, Any],
) -> None:
    with listening(listener(clients), pytest.fail) as open_one:
        attributes = clients["sqs"].get_queue_attributes(QueueUrl=open_one.url, AttributeNames=["All"])["Attributes"]
        subscription = clients["sns"].get_subscription_attributes(SubscriptionArn=open_one.subscription_arn)
    topic = {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:iam-alerting"}
    statements = {each["Sid"]: each for each in json.loads(attributes["Policy"])["Statement"]}
    assert statements["TheTopicSends"]["Condition"] == {"ArnEquals": topic}
    assert statements["NobodyElseSends"]["Effect"] == "Deny"
    assert statements["NobodyElseSends"]["Condition"] == {"ArnNotEquals": topic}
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert json.loads(subscription["Attributes"]["FilterPolicy"]) == {
        "action": ["iam:CreateUser"],
        "account": ["123456789012"],
    }


def test_the_queue_goes_however_the_block_ends(clients: dict[str, Any]) -> None:
    def broken_off() -> None:
        with listening(listener(clients), pytest.fail):
            assert queues(clients) == [NAME]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert queues(clients) == subscriptions(clients) == []


def test_what_cannot_be_removed_is_told_and_does_not_keep_the_rest(clients: dict[str, Any]) -> None:
    told: list[str] = []
    refusing = Stubber(clients["sns"])
    refusing.add_client_error("unsubscribe", "AuthorizationError")
    with listening(listener(clients), told.append):
        refusing.activate()
    refusing.deactivate()
    assert len(told) == 1
    assert "Failed to unsubscribe arn:aws:sns:" in told[0]
    assert queues(clients) == []


def test_without_a_topic_the_queue_goes_and_deploying_is_told(clients: dict[str, Any]) -> None:
    clients["sns"].delete_topic(TopicArn="arn:aws:sns:us-east-1:123456789012:iam-alerting")
    with (
        pytest.raises(AnsibleAWSError, match="no topic .*:iam-alerting. Deploy first"),
        listening(listener(clients), pytest.fail),
    ):
        pytest.fail("the block is not to be entered")
    assert queues(clients) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_user_and_role_are_gone_at_once(kind: Any, clients: dict[str, Any]) -> None:
    made = make_and_delete(clients["iam"], kind, NAME, OURS.tags)
    assert [journey.action for journey in made] == [f"iam:Create{kind.what.title()}", f"iam:Delete{kind.what.title()}"]
    assert all(journey.request_id for journey in made)
    assert clients["iam"].list_users()["Users"] == clients["iam"].list_roles()["Roles"] == []


def test_nobody_can_become_the_role() -> None:
    (statement,) = json.loads(ROLE.more["AssumeRolePolicyDocument"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")


@pytest.fixture
def broken_off(clients: dict[str, Any]) -> dict[str, Any]:
    """A user, a role and a queue of ours, and beside each one of somebody else."""
    iam, tags = clients["iam"], [{"Key": "trailwatch", "Value": "iam-alerting"}]
    others = [{"Key": "trailwatch", "Value": "another"}]
    trust = ROLE.more["AssumeRolePolicyDocument"]
    iam.create_user(UserName=NAME, Path=PATH, Tags=tags)
    iam.create_user(UserName="another", Path=PATH, Tags=others)
    iam.create_user(UserName="elsewhere", Tags=tags)
    iam.create_role(RoleName=NAME, Path=PATH, Tags=tags, AssumeRolePolicyDocument=trust)
    iam.create_role(RoleName="untagged", Path=PATH, AssumeRolePolicyDocument=trust)
    clients["sqs"].create_queue(QueueName=f"{NAME}-of-others")
    clients["sqs"].create_queue(QueueName="iam-alerting-dlq", tags={"trailwatch": "iam-alerting"})
    listener(clients).open()
    topic = "arn:aws:sns:us-east-1:123456789012:iam-alerting"
    clients["sns"].subscribe(TopicArn=topic, Protocol="email", Endpoint="secops@example.com")
    return clients


def test_what_is_left_is_found_by_place_tag_and_age_and_removed(broken_off: dict[str, Any]) -> None:
    found = leftovers.find(pair(broken_off), LATER)
    assert found.titles == [f"user {NAME}", f"role {NAME}", f"queue {NAME}"]
    leftovers.remove(pair(broken_off), found)
    assert leftovers.find(pair(broken_off), LATER).titles == []
    assert {user["UserName"] for user in broken_off["iam"].list_users()["Users"]} == {"another", "elsewhere"}
    assert {role["RoleName"] for role in broken_off["iam"].list_roles()["Roles"]} == {"untagged"}
    assert set(queues(broken_off)) == {f"{NAME}-of-others", "iam-alerting-dlq"}
    assert [each["Protocol"] for each in subscriptions(broken_off)] == ["email"]


def test_what_may_be_of_a_run_that_goes_on_is_not_touched(broken_off: dict[str, Any]) -> None:
    assert leftovers.find(pair(broken_off), datetime.now(UTC) - timedelta(hours=1)).titles == []
