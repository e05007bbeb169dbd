# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SNS topic that mails the alerts, with its subscribers."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed, tags_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# What a mail shows as its sender.
DISPLAY_NAME = "cloudtrail-alerting"


def desired(settings: Settings) -> dict[str, Any]:
    """The topic: only our function publishes, nobody outside the account subscribes."""
    return {
        "Name": settings.name,
        "TopicArn": names.topic_arn(settings),
        "DisplayName": DISPLAY_NAME,
        "Policy": _policy(settings),
        "KmsMasterKeyId": names.key_alias_arn(settings) if settings.customer_key else "",
        "Subscriptions": [dict(subscription) for subscription in settings.subscriptions],
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    # By condition and not by principal: SNS refuses a policy that names a role which does not exist yet, and rewrites
    # it when the role is made anew.
    function_role = {"aws:PrincipalArn": names.role_arn(settings)}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheFunctionPublishes",
                "Effect": "Allow",
                "Principal": {"AWS": settings.global_arn("iam", "root")},
                "Action": "sns:Publish",
                "Resource": names.topic_arn(settings),
                "Condition": {"ArnEquals": function_role},
            },
            {
                "Sid": "NobodyElsePublishes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Publish",
                "Resource": names.topic_arn(settings),
                "Condition": {"ArnNotEquals": function_role},
            },
            {
                "Sid": "NobodyOutsideSubscribes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Subscribe",
                "Resource": names.topic_arn(settings),
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": settings.account_id}},
            },
        ],
    }


def live(account: Account, desired: Document) -> Document | None:
    """The topic with its subscriptions as it is; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    sns, arn = account.clients["sns"], desired["TopicArn"]
    found = sns_topic.describe(sns, _wanted(desired))
    if found is not None:
        found["Tags"] = account.tags(arn, desired["Tags"], lambda: _tags(sns, arn))
    return found


def _wanted(desired: Document) -> Document:
    """The topic in the terms in which it is compared; its tags are read and compared here."""
    subscriptions = sns_topic.checked_subscriptions(desired["Subscriptions"])
    parts = {name: value for name, value in desired.items() if name != "Tags"}
    return {**parts, "Subscriptions": subscriptions}


def _tags(sns: Any, arn: str) -> dict[str, str]:
    return tags_of(call(f"read the tags of topic {arn}", sns.list_tags_for_resource, ResourceArn=arn)["Tags"])


def difference(live: Document | None, desired: Document) -> Change:
    """What of the topic and its subscriptions differs."""
    own = sns_topic.difference(live, _wanted(desired), purge=("Subscriptions",))
    tags = changed(live, desired, ("Tags",))
    return Change({**own.before, **tags.before}, {**own.after, **tags.after})


def pending(live: Document | None) -> list[str]:
    """The endpoints whose subscription nobody has confirmed yet."""
    subscriptions = live["Subscriptions"] if live else []
    waiting = [each for each in subscriptions if each["State"] == sns_topic.PENDING]
    return sorted(str(sns_topic.reported(each)["Endpoint"]) for each in waiting)
