# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module sns_topic does to a topic. moto confirms e-mail at once, so pending ones are answered by hand."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import topic
from ansible_collections.trailwatch.aws.plugins.modules import sns_topic
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

ARN = "arn:aws:sns:us-east-1:123456789012:alerts"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:tickets"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:123456789012:dead"
MAIL = {"protocol": "email", "endpoint": "security@example.com"}
TICKETS = {
    "protocol": "sqs",
    "endpoint": QUEUE,
    "raw_message_delivery": True,
    "filter_policy": {"severity": ["critical"]},
    "dead_letter_arn": DEAD_LETTERS,
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Publish",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": ["sns:Publish"],
            "Resource": ARN,
        }
    ],
}
FULL: dict[str, Any] = {
    "name": "alerts",
    "display_name": "Alerts",
    "policy": POLICY,
    "kms_master_key_id": "alias/alerts",
    "subscriptions": [MAIL, TICKETS],
    "tags": {"team": "security"},
}
PENDING = {
    "Subscriptions": [{"Protocol": "email", "Endpoint": MAIL["endpoint"], "SubscriptionArn": "PendingConfirmation"}]
}

pytestmark = pytest.mark.usefixtures("account")


def ensure(**options: Any) -> dict[str, Any]:
    return run(sns_topic.main, **options)


def attribute(name: str) -> Any:
    return boto3.client("sns").get_topic_attributes(TopicArn=ARN)["Attributes"].get(name)


def subscription(protocol: str) -> dict[str, Any]:
    sns = boto3.client("sns")
    found = sns.list_subscriptions_by_topic(TopicArn=ARN)["Subscriptions"]
    arn = next(each["SubscriptionArn"] for each in found if each["Protocol"] == protocol)
    return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]


def subscribers() -> set[str]:
    found = boto3.client("sns").list_subscriptions_by_topic(TopicArn=ARN)["Subscriptions"]
    return {each["Endpoint"] for each in found}


def test_creates_the_topic_as_asked_for():
    result = ensure(**FULL)

    assert result["changed"]
    assert result["topic_arn"] == ARN
    assert attribute("DisplayName") == "Alerts"
    assert json.loads(attribute("Policy")) == POLICY
    assert attribute("KmsMasterKeyId") == "alias/alerts"
    assert subscribers() == {MAIL["endpoint"], QUEUE}
    tickets = subscription("sqs")
    assert tickets["RawMessageDelivery"] == "true"
    assert json.loads(tickets["FilterPolicy"]) == {"severity": ["critical"]}
    assert json.loads(tickets["RedrivePolicy"]) == {"deadLetterTargetArn": DEAD_LETTERS}
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["Policy"] == POLICY
    assert result["attributes"]["policy"] == POLICY
    assert result["tags"] == {"team": "security"}


def test_in_sync_is_reads_only():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(**FULL)

    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert calls == [
        "GetCallerIdentity",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "GetSubscriptionAttributes",
        "ListTagsForResource",
    ]
    assert {each["state"] for each in result["subscriptions"]} == {"confirmed"}


def test_reads_only_what_the_options_need():
    ensure(name="alerts", display_name="Alerts")

    with recorded() as calls:
        result = ensure(name="alerts", display_name="Alerts")

    assert calls == ["GetCallerIdentity", "GetTopicAttributes"]
    assert "subscriptions" not in result


def test_options_that_are_not_set_are_not_touched():
    ensure(**FULL)

    with recorded() as calls:
        result = ensure(name="alerts")

    assert not result["changed"]
    assert writes(calls) == []
    assert result["attributes"]["display_name"] == "Alerts"


@pytest.mark.parametrize(
    ("option", "value", "name", "before", "after"),
    [
        ("display_name", "Other", "DisplayName", "Alerts", "Other"),
        ("kms_master_key_id", "alias/other", "KmsMasterKeyId", "alias/alerts", "alias/other"),
        ("kms_master_key_id", "", "KmsMasterKeyId", "alias/alerts", ""),
        ("tags", {"team": "ops"}, "Tags", {"team": "security"}, {"team": "ops"}),
        ("tags", {}, "Tags", {"team": "security"}, {}),
        ("policy", {**POLICY, "Id": "other"}, "Policy", POLICY, {**POLICY, "Id": "other"}),
    ],
)
def test_drift_is_mended_and_named(option, value, name, before, after):
    ensure(**FULL)

    result = ensure(**{**FULL, option: value})

    assert result["changed"]
    assert result["diff"] == {"before": {name: before}, "after": {name: after}}
    assert not ensure(**{**FULL, option: value})["changed"]


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


def test_a_policy_that_means_the_same_is_no_change():
    ensure(**FULL)
    statement = {**POLICY["Statement"][0], "Action": "sns:Publish", "Principal": {"AWS": "123456789012"}}

    assert not ensure(name="alerts", policy=json.dumps({"Statement": statement, "Version": "2012-10-17"}))["changed"]


def test_tags_of_others_stay_without_purge():
    ensure(**FULL)

    result = ensure(name="alerts", tags={"cost": "1"}, purge_tags=False)

    assert result["tags"] == {"team": "security", "cost": "1"}


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


def test_check_mode_writes_nothing_and_tells_what_would_be():
    with recorded() as calls:
        planned = ensure(**FULL, check=True)
    assert writes(calls) == []

    done = ensure(**FULL)
    assert planned["changed"]
    assert planned["diff"] == done["diff"]
    assert planned["topic_arn"] == done["topic_arn"]
    assert [each["state"] for each in planned["subscriptions"]] == ["pending", "confirmed"]

    with recorded() as calls:
        assert ensure(**{**FULL, "display_name": "Other", "subscriptions": []}, purge_subscriptions=True, check=True)[
            "changed"
        ]
        assert ensure(name="alerts", state="absent", check=True)["changed"]
    assert writes(calls) == []


def test_absent_deletes_once():
    ensure(**FULL)

    first = ensure(name="alerts", state="absent")
    with recorded() as calls:
        second = ensure(name="alerts", state="absent")

    assert first["changed"]
    assert first["diff"]["before"]["TopicArn"] == ARN
    assert not second["changed"]
    assert calls == ["GetCallerIdentity", "GetTopicAttributes"]


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@pytest.mark.parametrize(
    "start", [{}, {"display_name": "x", "tags": {"x": "y"}, "subscriptions": [{**MAIL, "endpoint": "x@example.com"}]}]
)
def test_a_run_broken_off_after_any_write_can_be_repeated(start):
    wanted = {**FULL, "purge_subscriptions": True}
    for number in range(1, 20):
        ensure(name="alerts", state="absent")
        if start:
            ensure(name="alerts", **start)
        try:
            with broken_off_after(number):
                run(sns_topic.main, **wanted)
            break
        except BrokenOffError:
            assert ensure(**wanted)["changed"] or number > 1
        with recorded() as calls:
            assert not ensure(**wanted)["changed"]
        assert writes(calls) == []
        assert subscribers() == {MAIL["endpoint"], QUEUE}
    assert number > (2 if not start else 6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "no spaces"}, ["name:", "'no spaces'", "letters"]),
        ({"name": "queue.fifo"}, ["name:", "'queue.fifo'", "FIFO"]),
        ({"name": "a" * 257}, ["name:", "256"]),
        ({"display_name": "x" * 101}, ["display_name:", "101", "100"]),
        ({"policy": {"Version": "2012-10-17"}}, ["policy:", "Statement"]),
        ({"subscriptions": [{**MAIL, "endpoint": "nobody"}]}, ["subscriptions[0].endpoint:", "'nobody'", "e-mail"]),
        ({"subscriptions": [{**MAIL, "endpoint": "a@b.cc, d@e.ff"}]}, ["subscriptions[0].endpoint:", "one e-mail"]),
        ({"subscriptions": [{"protocol": "sqs", "endpoint": "tickets"}]}, ["'tickets'", "ARN of a queue"]),
        ({"subscriptions": [{"protocol": "https", "endpoint": "http://x"}]}, ["'http://x'", "https://"]),
        ({"subscriptions": [{"protocol": "pigeon", "endpoint": "x"}]}, ["protocol", "pigeon", "email"]),
        (
            {"subscriptions": [TICKETS, {**TICKETS, "raw_message_delivery": False}]},
            ["subscriptions[1]", "twice", QUEUE],
        ),
        ({"subscriptions": [{**MAIL, "filter_policy_scope": "MessageBody"}]}, ["filter_policy_scope", "filter_policy"]),
        (
            {
                "subscriptions": [
                    {
                        "protocol": "firehose",
                        "endpoint": ARN.replace("sns", "firehose").replace("alerts", "deliverystream/a"),
                    }
                ]
            },
            ["subscription_role_arn", "missing"],
        ),
    ],
)
def test_bad_input_fails_before_any_call(options, words):
    with recorded() as calls:
        result = ensure(**{"name": "alerts", **options})

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


@pytest.mark.parametrize(
    "operation", ["GetTopicAttributes", "ListSubscriptionsByTopic", "GetSubscriptionAttributes", "ListTagsForResource"]
)
def test_a_refused_read_is_an_error(operation):
    ensure(**FULL)

    with answering(**{operation: error("AuthorizationError")}) as calls:
        result = ensure(**FULL)

    assert result["failed"]
    assert "alerts" in result["msg"]
    assert "AuthorizationError" in result["msg"]
    assert writes([name for name, _arguments in calls]) == []


def test_a_refused_write_says_what_it_was_for():
    with answering(Subscribe=error("AuthorizationError")):
        result = ensure(**FULL)

    assert result["failed"]
    assert "subscribe email security@example.com to topic" in result["msg"]


def test_throttling_is_waited_out(pauses):
    throttled = [error("ThrottlingException"), error("Throttled"), {"Attributes": {"DisplayName": "Alerts"}}]

    with answering(GetTopicAttributes=throttled):
        assert not ensure(name="alerts", display_name="Alerts")["changed"]

    assert len(pauses) == 2


def test_throttling_without_end_is_an_error(pauses):
    with answering(GetTopicAttributes=error("ThrottlingException")):
        result = ensure(name="alerts")

    assert result["failed"]
    assert len(pauses) == 9


def test_a_topic_of_another_partition_compares_its_root_principal():
    root = {"Statement": [{"Principal": {"AWS": "arn:aws-cn:iam::123456789012:root"}}]}
    number = {"Statement": [{"Principal": {"AWS": "123456789012"}}]}
    live = {**topic.TOPIC_DEFAULTS, "TopicArn": ARN, "Policy": root}

    assert not topic.difference(live, {"TopicArn": ARN, "Policy": number})


def test_the_id_and_the_arn_of_a_key_are_the_same_key():
    live = {**topic.TOPIC_DEFAULTS, "KmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/0-1"}

    assert not topic.difference(live, {"TopicArn": ARN, "KmsMasterKeyId": "0-1"})
    assert topic.difference(live, {"TopicArn": ARN, "KmsMasterKeyId": "0-2"})


def test_a_queue_of_another_account_has_to_confirm():
    foreign = {"Protocol": "sqs", "Endpoint": QUEUE.replace("123456789012", "210987654321")}

    after = topic.outcome(None, {"TopicArn": ARN, "Subscriptions": [foreign]})

    assert after["Subscriptions"][0]["State"] == "pending"


@pytest.mark.parametrize("options", examples(sns_topic))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options):
    assert not run(sns_topic.main, **options, check=True).get("failed")


def test_the_topic_is_in_the_region_asked_for():
    result = ensure(name="alerts", region="eu-west-1")

    assert result["topic_arn"] == ARN.replace("us-east-1", "eu-west-1")
    found = boto3.client("sns", region_name="eu-west-1").list_topics()["Topics"]
    assert found == [{"TopicArn": result["topic_arn"]}]
