# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes of a link, whatever SNS answers, and how it is said."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation import report
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.link import Link
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.run import (
    Outcome,
    Result,
    Topic,
    ask_again,
    confirm,
    topic_of,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error

TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
ARN = f"{TOPIC}:49506bc6"
ASKED, HERE = ("email", "asked@example.com"), ("email", "here@example.com")


def subscription(who: tuple[str, str], **other: Any) -> dict[str, Any]:
    return {"Protocol": who[0], "Endpoint": who[1], **other}


FOUND = Topic(
    TOPIC,
    {who: subscription(who) for who in (ASKED, HERE)},
    {
        ASKED: subscription(ASKED, State="pending"),
        HERE: subscription(HERE, State="confirmed", SubscriptionArn=f"{TOPIC}:here"),
    },
)
LINK = Link(TOPIC, "t" * 64, "asked@example.com")
NAMELESS = Link(TOPIC, "t" * 64)


def used(link: Link, **answers: Any) -> tuple[Result, list[tuple[str, dict[str, Any]]]]:
    sns = boto3.client("sns", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with answering(**answers) as calls:
        return confirm(sns, FOUND, link), calls


def attributes(who: tuple[str, str], authenticated: str = "true") -> dict[str, Any]:
    return {"Attributes": subscription(who, ConfirmationWasAuthenticated=authenticated)}


@pytest.mark.parametrize("link", [LINK, NAMELESS])
def test_who_is_asked_is_confirmed_with_protection(link: Link) -> None:
    result, calls = used(
        link, ConfirmSubscription={"SubscriptionArn": ARN}, GetSubscriptionAttributes=attributes(ASKED)
    )
    assert result == Result("asked@example.com", Outcome.CONFIRMED)
    asked = {"TopicArn": TOPIC, "Token": "t" * 64, "AuthenticateOnUnsubscribe": "true"}
    assert calls[0] == ("ConfirmSubscription", asked)


@pytest.mark.parametrize(("authenticated", "outcome"), [("true", Outcome.ALREADY), ("false", Outcome.UNPROTECTED)])
def test_who_is_confirmed_stays_so(authenticated: str, outcome: Outcome) -> None:
    seen = {"GetSubscriptionAttributes": attributes(HERE, authenticated)}
    result, calls = used(Link(TOPIC, "t" * 64, "here@example.com"), **seen)
    assert result == Result("here@example.com", outcome)
    assert [name for name, given in calls] == ["GetSubscriptionAttributes"]
    # A link that does not say for whom it is has to be used to know.
    result, calls = used(NAMELESS, ConfirmSubscription={"SubscriptionArn": f"{TOPIC}:here"}, **seen)
    assert result == Result("here@example.com", outcome)


def test_who_is_not_on_the_list_is_not_confirmed_or_unsubscribed_again() -> None:
    stranger = ("email", "stranger@example.com")
    named = Link(TOPIC, "t" * 64, stranger[1])
    assert used(named) == (Result(stranger[1], Outcome.STRANGER), [])
    result, calls = used(
        NAMELESS,
        ConfirmSubscription={"SubscriptionArn": ARN},
        GetSubscriptionAttributes=attributes(stranger),
        Unsubscribe={},
    )
    assert result == Result(stranger[1], Outcome.STRANGER)
    assert calls[-1] == ("Unsubscribe", {"SubscriptionArn": ARN})


@pytest.mark.parametrize(("link", "who"), [(LINK, "asked@example.com"), (NAMELESS, "somebody")])
def test_a_token_that_sns_takes_no_longer_is_no_failure_of_the_call(link: Link, who: str) -> None:
    result, _calls = used(link, ConfirmSubscription=error("InvalidParameter"))
    assert result == Result(who, Outcome.INVALID)


def test_a_call_that_is_refused_fails_without_the_token() -> None:
    with pytest.raises(AnsibleAWSError) as failed:
        used(LINK, ConfirmSubscription=error("AuthorizationError"))
    assert "AuthorizationError" in str(failed.value)
    assert "t" * 64 not in str(failed.value)


def test_who_is_pending_and_on_the_list_is_asked_again_without_attributes() -> None:
    assert FOUND.pending == [ASKED]
    sns = boto3.client("sns", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with answering(Subscribe={"SubscriptionArn": ARN}) as calls:
        ask_again(sns, FOUND, FOUND.pending)
    assert calls == [
        (
            "Subscribe",
            {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": ASKED[1], "ReturnSubscriptionArn": True},
        )
    ]


def test_an_account_without_a_topic_is_told_to_deploy() -> None:
    sns = boto3.client("sns", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    missing = answering(GetTopicAttributes=error("NotFound"))
    with missing, pytest.raises(AnsibleAWSError, match="Deploy first"):
        topic_of(sns, {"TopicArn": TOPIC, "Subscriptions": []})


def test_the_line_of_an_account_names_everybody_once() -> None:
    results = [
        Result("b@example.com", Outcome.CONFIRMED),
        Result("a@example.com", Outcome.CONFIRMED),
        Result("a@example.com", Outcome.CONFIRMED),
        Result("old@example.com", Outcome.UNPROTECTED),
    ]
    told = "confirmed: a@example.com, b@example.com; already confirmed, and not protected: old@example.com"
    assert report.summary(results, ["c@example.com"], False) == f"{told}; asked again: c@example.com"
    assert report.summary(results[:2], ["c@example.com"], True) == (
        "would confirm: a@example.com, b@example.com; would ask again: c@example.com"
    )
    assert report.summary([], [], False) == "nothing to confirm"
    assert report.failure(results) == ""


@pytest.mark.parametrize(
    ("outcome", "way_out"),
    [(Outcome.INVALID, "iam_alerting_resend_confirmations=true"), (Outcome.STRANGER, "Add it there and deploy, first")],
)
def test_a_failure_has_a_way_out(outcome: Outcome, way_out: str) -> None:
    assert way_out in report.failure([Result("a@example.com", outcome)])
