# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SNS topic that mails the alerts, with its subscribers."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils import topic_options
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed, refuse_foreign, tags_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# What a mail shows as its sender.
DISPLAY_NAME = "cloudtrail-alerting"


def desired(settings: Settings) -> dict[str, Any]:
    """The topic: only our function and our alarms publish, nobody outside the account subscribes."""
    return {
        "Name": settings.name,
        "TopicArn": names.topic_arn(settings),
        "DisplayName": DISPLAY_NAME,
        "Policy": _policy(settings),
        "KmsMasterKeyId": names.key_alias_arn(settings) if settings.customer_key else "",
        "Subscriptions": [dict(subscription) for subscription in settings.subscriptions],
        "Purge": ["Subscriptions"] if settings.purge_subscribers else [],
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    arn = names.topic_arn(settings)
    # By condition and not by principal: SNS refuses a policy that names a role which does not exist yet, and rewrites
    # it when the role is made anew.
    function = {"aws:PrincipalArn": names.role_arn(settings)}
    alarms = {"aws:SourceArn": names.alarm_arn(settings, "*")} if settings.alarms else {}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheFunctionPublishes",
                "Effect": "Allow",
                "Principal": {"AWS": settings.global_arn("iam", "root")},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"ArnEquals": function},
            },
            *([alarms_publish(settings, arn)] if alarms else []),
            nobody_else_publishes(arn, {**function, **alarms}),
            nobody_outside_subscribes(settings, arn),
        ],
    }


def alarms_publish(settings: Settings, topic_arn: str) -> dict[str, Any]:
    """The statement that lets our alarms publish (Amazon SNS Developer Guide, "Example cases for access control")."""
    return {
        "Sid": "OurAlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": names.alarm_arn(settings, "*")},
            "StringEquals": {"aws:SourceAccount": settings.account_id},
        },
    }


def nobody_else_publishes(topic_arn: str, publishers: dict[str, str]) -> dict[str, Any]:
    """The statement that denies whoever is none of the C(publishers), of which each is told by its condition key.

    All keys have to be others for it to deny. A key that a request does not have counts as another one: a call of a
    service has no aws:PrincipalArn, any other call no aws:SourceArn (IAM User Guide, "Global condition keys").
    """
    return {
        "Sid": "NobodyElsePublishes",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"ArnNotLike": publishers},
    }


def nobody_outside_subscribes(settings: Settings, topic_arn: str) -> dict[str, Any]:
    """The statement that denies other accounts to subscribe."""
    return {
        "Sid": "NobodyOutsideSubscribes",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sns:Subscribe",
        "Resource": topic_arn,
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": settings.account_id}},
    }


def live(account: Account, desired: Document) -> Document | None:
    """The topic with its subscriptions as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    sns, arn = account.clients["sns"], desired["TopicArn"]
    found = sns_topic.describe(sns, _wanted(desired))
    if found is not None:
        found["Tags"] = account.tags(arn, desired["Tags"], lambda: _tags(sns, arn))
        shown = found["DisplayName"]
        unlike = f"its display name is {shown!r}" if shown != desired["DisplayName"] else ""
        then = "its policy and its subscribers will then be replaced"
        refuse_foreign(f"topic {desired['Name']}", found["Tags"], desired["Tags"], unlike, then)
    return found


def _wanted(desired: Document) -> Document:
    """The topic in the terms in which it is compared; its tags are read and compared here."""
    subscriptions = topic_options.checked_subscriptions(desired["Subscriptions"])
    parts = {name: value for name, value in desired.items() if name not in ("State", "Tags", "Purge")}
    return {**parts, "Subscriptions": subscriptions}


def _tags(sns: Any, arn: str) -> dict[str, str]:
    return tags_of(call(f"read the tags of topic {arn}", sns.list_tags_for_resource, ResourceArn=arn)["Tags"])


def difference(live: Document | None, desired: Document) -> Change:
    """What of the topic and its subscriptions differs."""
    own = sns_topic.difference(live, _wanted(desired), desired["Purge"])
    return own | changed(live, desired, ("Tags",))
