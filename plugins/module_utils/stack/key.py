# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The customer's key, if one is asked for: it encrypts log files, messages and what the function remembers.

Its policy is the one place that says who may use it. It is the same whatever else is switched on: to switch grouping
off, the function has to read what is still in the queue.

The id of a key is KMS's choice. So all other components name the key by its alias, which is computed like every other
name, and C(resolved) puts the key's ARN in its place as soon as there is one: S3 wants the ARN where a service is
to write ("ServerSideEncryptionByDefault", Amazon S3 API Reference), CloudTrail and DynamoDB answer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import kms_key
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import via_service
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    ForeignResourceError,
    Tags,
    changed,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, RETAINED, TAG_OURS, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import QUEUE

ATTRIBUTES = (*kms_key.ATTRIBUTES, "Tags")
# What a service needs to encrypt and to send on.
_ENCRYPT = ["kms:GenerateDataKey*", "kms:Decrypt"]


def desired(settings: Settings) -> dict[str, Any]:
    """The key: enabled, renewed each year. It stays when it is wanted no more: old log files are read with it."""
    return {
        "State": PRESENT if settings.customer_key else RETAINED,
        "AliasArn": names.key_alias_arn(settings),
        "AliasName": names.key_alias(settings),
        "Description": f"Encrypts what the alerting {settings.name} of Trailwatch keeps.",
        "Policy": _policy(settings),
        "KeyRotationEnabled": True,
        "KeyState": kms_key.ENABLED,
        "Tags": settings.tags,
    }


def _policy(settings: Settings) -> dict[str, Any]:
    # To let the account's IAM policies decide is what keeps a key manageable (AWS KMS Developer Guide, "Default key
    # policy"). It gives nobody anything by itself.
    account = {
        "Sid": "TheAccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": settings.global_arn("iam", "root")},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            account,
            *_of_cloudtrail(settings),
            *_of_senders(settings),
            *_of_function(settings),
            *_of_members(settings),
        ],
    }


def _of_cloudtrail(settings: Settings) -> list[dict[str, Any]]:
    """CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail": encrypt, describe, and decrypt.

    By an S3 Bucket Key, S3 asks in the name of the bucket and not of the log file (Amazon S3 User Guide, "Configuring
    your bucket to use an S3 Bucket Key with SSE-KMS").
    """
    trail = {"StringEquals": {"aws:SourceArn": names.trail_arn(settings)}}
    bucket = names.bucket_arn(settings)
    # Of whatever region, as in the guide: which one CloudTrail names for log files of others, it does not say.
    of_any_region = names.trail_arn(settings).replace(f":{settings.region}:", ":*:")
    of_trail = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": of_any_region}}
    of_bucket = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]}}
    service = "cloudtrail.amazonaws.com"
    return [
        _service("CloudTrailEncryptsLogFiles", service, ["kms:GenerateDataKey*"], trail | of_trail),
        _service("CloudTrailUsesTheBucketKey", service, _ENCRYPT, trail | of_bucket),
        _service("CloudTrailDescribesTheKey", service, ["kms:DescribeKey"], trail),
    ]


def _of_senders(settings: Settings) -> list[dict[str, Any]]:
    """What sends to the queues and to the topic in its own name.

    Rules are known by their account and the queue. With aws:SourceArn, EventBridge does not deliver to an encrypted
    topic (Amazon SNS Developer Guide, "Key management"), and for queues nothing is said; that the queue's own policy
    names the rules is certain. For alarms the same page has both.
    """
    ours = {"aws:SourceAccount": settings.account_id}
    to_queues = {"kms:EncryptionContext:aws:sqs:arn": _queues(settings)}
    to_topic = {"kms:EncryptionContext:aws:sns:topicArn": names.topic_arn(settings)}
    alarms = {"ArnLike": {"aws:SourceArn": settings.arn("cloudwatch", "alarm:*")}}
    return [
        _service("RulesSendToTheQueues", "events.amazonaws.com", _ENCRYPT, {"StringEquals": ours | to_queues}),
        _service("AlarmsPublish", "cloudwatch.amazonaws.com", _ENCRYPT, {"StringEquals": ours | to_topic, **alarms}),
    ]


def _of_function(settings: Settings) -> list[dict[str, Any]]:
    """What the function does, and Lambda for it in its name: always through a service, never with the key itself.

    The actions for the table are those of Amazon DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes",
    without the grant, which only who chooses the table's key has to make.
    """
    to_topic = {"kms:EncryptionContext:aws:sns:topicArn": names.topic_arn(settings)}
    to_queues = {"kms:EncryptionContext:aws:sqs:arn": _queues(settings)}
    on_table = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    return [
        _function(settings, "TheFunctionPublishes", "sns", _ENCRYPT, to_topic),
        _function(settings, "TheFunctionUsesTheQueues", "sqs", _ENCRYPT, to_queues),
        _function(settings, "TheFunctionRemembers", "dynamodb", on_table, {}),
    ]


def _of_members(settings: Settings) -> list[dict[str, Any]]:
    """What the members of a hub do, by their roles, to put their events on its queue."""
    if not settings.topology.lets_in_by(QUEUE):
        return []
    senders = settings.topology.senders["StringEquals"]
    queue = {"kms:EncryptionContext:aws:sqs:arn": names.event_queue_arn(settings)}
    return [
        {
            "Sid": "MembersSendToTheQueue",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": _ENCRYPT,
            "Resource": "*",
            "Condition": {
                "StringEquals": senders | queue | {"kms:ViaService": via_service("sqs", settings.region)},
                "ArnLike": {"aws:PrincipalArn": names.forwarding_role_arns(settings)},
            },
        }
    ]


def _queues(settings: Settings) -> list[str]:
    return [names.queue_arn(settings), names.event_queue_arn(settings)]


def _service(sid: str, service: str, actions: list[str], condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": actions,
        "Resource": "*",
        "Condition": condition,
    }


def _function(
    settings: Settings, sid: str, service: str, actions: list[str], context: dict[str, Any]
) -> dict[str, Any]:
    """By condition and not by principal, as in the topic's policy: the role does not exist yet.

    That the principal is anybody, and not the account, is what makes the statement enough without the role's own
    policy, as in the policies of AWS's own keys; the role's could not name the key's ARN.
    """
    through = {"kms:ViaService": via_service(service, settings.region)}
    role = {"aws:PrincipalArn": names.role_arn(settings)}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": actions,
        "Resource": "*",
        "Condition": {"ArnEquals": role, "StringEquals": context | through},
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of a key of ours."""
    return bool(kms_key.keys_among(account.tagged))


def find(kms: Any, tagged: Mapping[str, Tags], desired: Document) -> Document | None:
    """The key as far as it is needed to name it; None, without a read, if it is not wanted and none is known.

    Raises:
        AnsibleAWSError: a read failed.
    """
    candidates = kms_key.keys_among(tagged)
    if desired["State"] == RETAINED and not candidates:
        return None
    return kms_key.find(kms, desired["AliasName"], lambda: candidates)


def resolved(documents: Mapping[str, Document], found: Document | None) -> dict[str, Document]:
    """The desired documents with the key's ARN where they name its alias."""
    if found is None:
        return dict(documents)
    alias = documents["key"]["AliasArn"]
    return {
        name: document if name == "key" else _replaced(document, alias, found["Arn"])
        for name, document in documents.items()
    }


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    return new if value == old else value


def live(account: Account, desired: Document) -> Document | None:
    """The key as it is; None if there is none.

    Raises:
        ForeignResourceError: the alias is that of a key that is not ours.
        AnsibleAWSError: a read failed.
    """
    if account.key is None:
        return None
    kms, key = account.clients["kms"], account.key
    wanted = {name: desired[name] for name in kms_key.ATTRIBUTES}
    tags = account.tags(key["Arn"], desired["Tags"], lambda: kms_key.read_tags(kms, key["KeyId"]))
    found = {**kms_key.describe(kms, key, wanted), "Tags": tags}
    _refuse_foreign(found, desired)
    return found


def _refuse_foreign(found: Document, desired: Document) -> None:
    if found["Description"] == desired["Description"] or TAG_OURS in found["Tags"]:
        return
    raise ForeignResourceError(
        message=f"There is a key {found['KeyId']} with the alias {desired['AliasName']} that is not ours: it has no "
        f"tag {TAG_OURS}. Choose another iam_alerting_name. Or, to give the key to the role, tag it "
        f"{TAG_OURS}={desired['Tags'][TAG_OURS]}; its policy will then be replaced. Nothing was changed"
    )


def is_there(live: Document | None) -> bool:
    """Whether there is a key, and not only one that is to be deleted."""
    return live is not None and live["KeyState"] != kms_key.PENDING_DELETION


def title(live: Document | None) -> str:
    """The key in words, if it is there."""
    return f"{live['AliasName'] or 'without alias'} ({live['KeyId']})" if live is not None and is_there(live) else ""


def difference(live: Document | None, desired: Document) -> Change:
    """What of the key differs; nothing if it only stays."""
    return Change({}, {}) if desired["State"] == RETAINED else changed(live, desired, ATTRIBUTES)
