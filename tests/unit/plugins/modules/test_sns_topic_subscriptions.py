# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module sns_topic does to subscriptions. moto confirms mail at once, so pending ones are answered by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import topic
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    answering,
    recorded,
    writes,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.topics import (
    ARN,
    FULL,
    MAIL,
    PENDING,
    QUEUE,
    TICKETS,
    ensure,
    subscribers,
    subscription,
)

pytestmark = pytest.mark.usefixtures("account")


@pytest.mark.parametrize(
    ("option", "value", "name", "after"),
    [
        ("raw_message_delivery", False, "RawMessageDelivery", False),
        ("filter_policy", {"severity": ["high"]}, "FilterPolicy", {"severity": ["high"]}),
        ("filter_policy", {}, "FilterPolicy", {}),
        ("dead_letter_arn", QUEUE, "RedrivePolicy", {"deadLetterTargetArn": QUEUE}),
        ("dead_letter_arn", "", "RedrivePolicy", {}),
    ],
)
def test_drift_of_a_subscription_is_mended_and_named(option, value, name, after):
    ensure(**FULL)
    other = {**FULL, "subscriptions": [MAIL, {**TICKETS, option: value}]}

    with recorded() as calls:
        result = ensure(**other)

    assert writes(calls) == ["SetSubscriptionAttributes"]
    assert result["diff"]["after"]["Subscriptions"][1][name] == after
    assert result["diff"]["before"]["Subscriptions"][1][name] != after
    assert not ensure(**other)["changed"]


def test_the_order_of_a_filter_policys_values_is_no_change_but_that_of_a_range_is():
    def subscribed(*values: Any) -> dict[str, Any]:
        return {"name": "alerts", "subscriptions": [{**TICKETS, "filter_policy": {"severity": list(values)}}]}

    ensure(**subscribed("high", {"prefix": "crit"}, {"anything-but": ["a", "b"]}))
    assert not ensure(**subscribed({"anything-but": ["b", "a"]}, "high", {"prefix": "crit"}))["changed"]
    ensure(**subscribed({"numeric": [">", 1, "<", 5]}))
    assert json.loads(subscription("sqs")["FilterPolicy"]) == {"severity": [{"numeric": [">", 1, "<", 5]}]}


def test_scope_comes_first_for_a_nested_filter_policy_and_last_on_the_way_back():
    def calls_for(scope: str, policy: dict[str, Any]) -> list[str]:
        with answering() as calls:
            subscriptions = [{**TICKETS, "filter_policy": policy, "filter_policy_scope": scope}]
            assert ensure(name="alerts", subscriptions=subscriptions)["changed"]
        return [arguments["AttributeName"] for name, arguments in calls if name == "SetSubscriptionAttributes"]

    ensure(**FULL)
    assert calls_for("MessageBody", {"detail": {"a": ["b"]}}) == ["FilterPolicyScope", "FilterPolicy"]
    assert calls_for("MessageAttributes", {"a": ["b"]}) == ["FilterPolicy", "FilterPolicyScope"]


def test_subscribers_not_asked_for_stay():
    ensure(**FULL)

    result = ensure(name="alerts", subscriptions=[MAIL])

    assert not result["changed"]
    assert subscribers() == {MAIL["endpoint"], QUEUE}


def test_purge_unsubscribes_who_is_confirmed_and_not_asked_for():
    ensure(**FULL)

    result = ensure(name="alerts", subscriptions=[MAIL], purge_subscriptions=True)

    assert result["changed"]
    assert [each["Protocol"] for each in result["diff"]["before"]["Subscriptions"]] == ["email", "sqs"]
    assert [each["Protocol"] for each in result["diff"]["after"]["Subscriptions"]] == ["email"]
    assert subscribers() == {MAIL["endpoint"]}


def test_purge_without_subscriptions_unsubscribes_nobody():
    ensure(**FULL)

    assert not ensure(name="alerts", purge_subscriptions=True)["changed"]


def test_a_new_mail_subscription_is_pending():
    with answering(Subscribe={"SubscriptionArn": "pending confirmation"}):
        result = ensure(name="alerts", subscriptions=[MAIL])

    assert result["subscriptions"] == [{**MAIL, "state": "pending"}]
    assert result["pending_subscriptions"] == result["subscriptions"]


def test_a_pending_subscription_is_not_subscribed_again():
    ensure(name="alerts")

    with answering(ListSubscriptionsByTopic=PENDING) as calls:
        result = ensure(name="alerts", subscriptions=[{**MAIL, "filter_policy": {"severity": ["critical"]}}])

    assert not result["changed"]
    assert writes([name for name, _arguments in calls]) == []
    assert result["subscriptions"] == [{**MAIL, "state": "pending"}]


def test_a_pending_subscription_cannot_be_purged_and_is_reported():
    ensure(name="alerts")

    with answering(ListSubscriptionsByTopic=PENDING):
        result = ensure(name="alerts", subscriptions=[], purge_subscriptions=True)

    assert not result["changed"]
    assert result["pending_subscriptions"] == [{**MAIL, "state": "pending"}]


def test_a_deleted_subscription_that_sns_still_lists_is_subscribed_again():
    ensure(name="alerts")
    listed = {"Subscriptions": [{**PENDING["Subscriptions"][0], "SubscriptionArn": "Deleted"}]}

    with answering(ListSubscriptionsByTopic=listed) as calls:
        assert ensure(name="alerts", subscriptions=[MAIL])["changed"]

    assert [name for name, _arguments in calls][-1] == "Subscribe"


def test_of_a_lapsed_and_a_confirmed_subscription_the_confirmed_one_counts():
    ensure(name="alerts")
    confirmed = {**PENDING["Subscriptions"][0], "SubscriptionArn": f"{ARN}:1"}

    with answering(ListSubscriptionsByTopic={"Subscriptions": [confirmed, *PENDING["Subscriptions"]]}):
        result = ensure(name="alerts", subscriptions=[MAIL])

    assert not result["changed"]
    assert result["pending_subscriptions"] == []


def test_every_page_of_the_subscriptions_is_read():
    ensure(name="alerts")
    pages = [{"Subscriptions": [], "NextToken": "more"}, PENDING]

    with answering(ListSubscriptionsByTopic=pages):
        assert not ensure(name="alerts", subscriptions=[MAIL])["changed"]


def test_the_password_of_a_url_is_neither_compared_nor_shown():
    hook = {"protocol": "https", "endpoint": "https://user:secret@example.com/hook"}
    with answering() as calls:
        result = ensure(name="alerts", subscriptions=[hook])
    assert dict(calls)["Subscribe"]["Endpoint"] == hook["endpoint"]
    assert "secret" not in json.dumps({key: value for key, value in result.items() if key != "invocation"})

    listed = {"Protocol": "https", "Endpoint": "https://user:****@example.com/hook", "SubscriptionArn": f"{ARN}:1"}
    with answering(ListSubscriptionsByTopic={"Subscriptions": [listed]}):
        assert not ensure(name="alerts", subscriptions=[hook])["changed"]


def test_the_same_subscription_twice_is_one():
    result = ensure(name="alerts", subscriptions=[MAIL, {**MAIL, "endpoint": f" {MAIL['endpoint']} "}])

    assert len(result["subscriptions"]) == 1


def test_a_queue_of_another_account_has_to_confirm():
    foreign = {"Protocol": "sqs", "Endpoint": QUEUE.replace("123456789012", "210987654321")}

    after = topic.outcome(None, {"TopicArn": ARN, "Subscriptions": [foreign]})

    assert after["Subscriptions"][0]["State"] == "pending"
