# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topic as tests of the module sns_topic ask for it, and what is there of it."""

from __future__ import annotations

from typing import Any

import boto3

from ansible_collections.trailwatch.aws.plugins.modules import sns_topic
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import run

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
