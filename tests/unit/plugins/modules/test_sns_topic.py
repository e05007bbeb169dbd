# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module sns_topic does to a topic."""

from __future__ import annotations

import json

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
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.topics import (
    ARN,
    DEAD_LETTERS,
    FULL,
    MAIL,
    POLICY,
    QUEUE,
    TICKETS,
    attribute,
    ensure,
    subscribers,
    subscription,
)

pytestmark = pytest.mark.usefixtures("account")


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


def test_a_policy_that_means_the_same_is_no_change():
    ensure(**FULL)
    statement = {**POLICY["Statement"][0], "Action": "sns:Publish", "Principal": {"AWS": "123456789012"}}

    assert not ensure(name="alerts", policy=json.dumps({"Statement": statement, "Version": "2012-10-17"}))["changed"]


def test_tags_of_others_stay_without_purge():
    ensure(**FULL)

    result = ensure(name="alerts", tags={"cost": "1"}, purge_tags=False)

    assert result["tags"] == {"team": "security", "cost": "1"}


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


def test_a_topic_made_soon_after_one_like_it_was_deleted_is_asked_for_again(account, pauses):
    with answering(CreateTopic=[error("StaleTag"), {"TopicArn": f"arn:aws:sns:us-east-1:{account}:alerts"}]) as calls:
        assert ensure(name="alerts", tags={"team": "security"})["changed"]

    assert [name for name, _arguments in calls].count("CreateTopic") == 2


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


@pytest.mark.parametrize("options", examples(sns_topic))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options):
    assert not run(sns_topic.main, **options, check=True).get("failed")


def test_the_topic_is_in_the_region_asked_for():
    result = ensure(name="alerts", region="eu-west-1")

    assert result["topic_arn"] == ARN.replace("us-east-1", "eu-west-1")
    found = boto3.client("sns", region_name="eu-west-1").list_topics()["Topics"]
    assert found == [{"TopicArn": result["topic_arn"]}]
