"""Who has to be able to do what for an alert to arrive in an account with a key, and who must not be.

Each is a question to an evaluator of policies that is not the collection's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.client import Sandbox
from tests.integration.live import Account, Document

OTHER_ACCOUNT = "123456789012"
ENCRYPT = ("kms:GenerateDataKey", "kms:Decrypt")


@dataclass(frozen=True)
class Question:
    """May this one do that?

    Attributes:
        title: who does what.
        policy: whose policy decides: C(key), C(topic), C(dead letters), C(events) or C(bucket).
        actions: all of them.
        who: C(service), or C(role) with or without C(identity_policies).
        keys: the condition keys of the request.
        sid: of the key's statement that allows it, if it has to be allowed; of another resource's any text.
    """

    title: str
    policy: str
    actions: tuple[str, ...]
    who: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict)
    sid: str = ""


@dataclass(frozen=True)
class Policies:
    """The policies of an account, as its services tell them, and the ARNs of what they belong to."""

    documents: dict[str, Document]
    arns: dict[str, str]
    of_function: list[Document]

    @classmethod
    def of(cls, account: Account, found: Document) -> Policies:
        """Out of what was read of the account."""
        (key,), (bucket, *_none) = found["keys"].values(), found["buckets"]
        arn = f"arn:aws:sqs:us-east-1:{account.id}:iam-alerting"
        documents = {
            "key": key["policy"],
            "topic": found["topics"]["iam-alerting"]["policy"],
            "dead letters": found["queues"]["iam-alerting-dlq"]["policy"],
            "bucket": found["buckets"][bucket]["policy"],
        }
        arns = {
            "key": key["arn"],
            "topic": f"arn:aws:sns:us-east-1:{account.id}:iam-alerting",
            "dead letters": f"{arn}-dlq",
            "bucket": f"arn:aws:s3:::{bucket}/AWSLogs/{account.id}/CloudTrail/us-east-1/2026/11/24/file.json.gz",
        }
        if "iam-alerting-events" in found["queues"]:
            documents["events"] = found["queues"]["iam-alerting-events"]["policy"]
            arns["events"] = f"{arn}-events"
        return cls(documents, arns, list(found["roles"]["iam-alerting-function"]["inline"].values()))

    def allow(self, sandbox: Sandbox, question: Question, without: str = "") -> bool:
        """The answer, with the whole policy or without a statement of it."""
        document = self.documents[question.policy]
        left = [statement for statement in document["Statement"] if statement["Sid"] != without]
        return all(
            sandbox.allows(
                {**document, "Statement": left},
                action,
                self.arns[question.policy],
                keys=question.keys,
                **question.who,
            )
            for action in question.actions
        )


def needs(account: Account, policies: Policies) -> list[Question]:
    """What has to be allowed."""
    here = account.id
    cloudtrail, events, cloudwatch = ({"service": f"{name}.amazonaws.com"} for name in _SENDERS)
    function = {"role": _role(here), "identity_policies": policies.of_function}
    administrator = {"role": f"arn:aws:iam::{here}:role/admin", "identity_policies": [_anything("*")]}
    told = [
        Question("CloudTrail encrypts", "key", ENCRYPT[:1], cloudtrail, _trail(here), "CloudTrailEncryptsLogFiles"),
        Question(
            "CloudTrail by the Bucket Key", "key", ENCRYPT, cloudtrail, _bucket(here), "CloudTrailUsesTheBucketKey"
        ),
        Question(
            "CloudTrail looks", "key", ("kms:DescribeKey",), cloudtrail, _source(here), "CloudTrailDescribesTheKey"
        ),
        Question("an alarm publishes", "key", ENCRYPT, cloudwatch, _alarm(here), "AlarmsPublish"),
        Question("the function publishes", "key", ENCRYPT, function, _via_sns(here), "TheFunctionPublishes"),
        Question("the function remembers", "key", ("kms:Decrypt",), function, _VIA_DYNAMODB, "TheFunctionRemembers"),
        Question("somebody administers", "key", ("kms:PutKeyPolicy",), administrator, {}, "TheAccountAdministers"),
        Question("CloudTrail writes", "bucket", ("s3:PutObject",), cloudtrail, _put(here), "any"),
        Question("the function publishes", "topic", ("sns:Publish",), function, {}, "any"),
        Question("the function gives up", "dead letters", ("sqs:SendMessage",), function, {}, "any"),
        Question("a rule gives up", "dead letters", ("sqs:SendMessage",), events, _rule(here), "any"),
    ]
    for queue in ("dlq", "events"):
        told += [
            Question(f"a rule sends to {queue}", "key", ENCRYPT, events, _to(here, queue), "RulesSendToTheQueues"),
            Question(
                f"the function uses {queue}",
                "key",
                ENCRYPT,
                function,
                _via_sqs(here, queue),
                "TheFunctionUsesTheQueues",
            ),
        ]
    if "events" in policies.documents:
        told += [
            Question("a rule sends an event", "events", ("sqs:SendMessage",), events, _rule(here), "any"),
            Question("the function takes it", "events", ("sqs:ReceiveMessage",), function, {}, "any"),
        ]
    return told


def refusals(account: Account, policies: Policies) -> list[Question]:
    """What must not be allowed."""
    here, there = account.id, OTHER_ACCOUNT
    cloudtrail, events, cloudwatch = ({"service": f"{name}.amazonaws.com"} for name in _SENDERS)
    function = {"role": _role(here), "identity_policies": policies.of_function}
    same_name = {"role": _role(there), "identity_policies": [_anything("*")]}
    another = {"role": f"arn:aws:iam::{here}:role/another", "identity_policies": [_anything("sns:*")]}
    mixed = {**_trail(here), "aws:SourceArn": _trail_arn(there)}
    told = [
        Question("another account's trail", "key", ENCRYPT[:1], cloudtrail, _trail(there)),
        Question("another account's trail in our name", "key", ENCRYPT[:1], cloudtrail, mixed),
        Question("another trail of ours", "key", ENCRYPT[:1], cloudtrail, _trail(here, "other")),
        Question("another bucket", "key", ENCRYPT, cloudtrail, {**_bucket(here), **_bucket_context("other")}),
        Question("another account's trail looks", "key", ("kms:DescribeKey",), cloudtrail, _source(there)),
        Question("another account's rule", "key", ENCRYPT, events, {**_to(here, "dlq"), "aws:SourceAccount": there}),
        Question("a rule to another queue", "key", ENCRYPT, events, _to(here, "other")),
        Question("another account's alarm", "key", ENCRYPT, cloudwatch, {**_alarm(there), **_topic_context(here)}),
        Question("an alarm to another topic", "key", ENCRYPT, cloudwatch, {**_alarm(here), **_topic_context(there)}),
        Question("the function by itself", "key", ("kms:Decrypt",), function, _topic_context(here)),
        Question(
            "the function to another topic", "key", ENCRYPT, function, {**_via_sns(here), **_topic_context(there)}
        ),
        Question("the function through S3", "key", ("kms:Decrypt",), function, {"kms:ViaService": "s3." + _END}),
        Question("the function deletes the key", "key", ("kms:ScheduleKeyDeletion",), function, _via_sns(here)),
        Question("the function gives rights away", "key", ("kms:CreateGrant",), function, _VIA_DYNAMODB),
        Question("another role of ours", "key", ENCRYPT, another, _via_sns(here)),
        Question("a role of that name elsewhere", "key", ENCRYPT, same_name, _via_sns(here)),
        Question("another account's trail writes", "bucket", ("s3:PutObject",), cloudtrail, _put(there)),
        Question("another role publishes", "topic", ("sns:Publish",), another, {}),
        Question("EventBridge publishes", "topic", ("sns:Publish",), events, _rule(here)),
        Question("another account's rule gives up", "dead letters", ("sqs:SendMessage",), events, _rule(there)),
    ]
    for name in ("sns", "sqs", "lambda", "s3", "logs", "dynamodb"):
        service = {"service": f"{name}.amazonaws.com"}
        told += [
            Question(f"{name} in its own name, {action}", "key", (action,), service, keys)
            for action in (*ENCRYPT, "kms:DescribeKey")
            for keys in (_trail(here), _to(here, "dlq"), _alarm(here))
        ]
    return told


_SENDERS = ("cloudtrail", "events", "cloudwatch")
_END = "us-east-1.amazonaws.com"
_VIA_DYNAMODB = {"kms:ViaService": f"dynamodb.{_END}", "kms:EncryptionContext:aws:dynamodb:tableName": "x"}


def _role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/iam-alerting-function"


def _anything(action: str) -> Document:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _trail_arn(account: str, name: str = "iam-alerting") -> str:
    return f"arn:aws:cloudtrail:us-east-1:{account}:trail/{name}"


def _source(account: str, name: str = "iam-alerting") -> dict[str, str]:
    return {"aws:SourceArn": _trail_arn(account, name), "aws:SourceAccount": account}


def _trail(account: str, name: str = "iam-alerting") -> dict[str, str]:
    arn = _trail_arn(account, name)
    return {**_source(account, name), "kms:EncryptionContext:aws:cloudtrail:arn": arn}


def _bucket(account: str) -> dict[str, str]:
    return {**_source(account), **_bucket_context(f"iam-alerting-{account}-us-east-1")}


def _bucket_context(bucket: str) -> dict[str, str]:
    return {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}


def _put(account: str) -> dict[str, str]:
    return {**_source(account), "s3:x-amz-acl": "bucket-owner-full-control", "aws:SecureTransport": "true"}


def _rule(account: str) -> dict[str, str]:
    arn = f"arn:aws:events:us-east-1:{account}:rule/iam-alerting"
    return {"aws:SourceArn": arn, "aws:SourceAccount": account, "aws:SecureTransport": "true"}


def _to(account: str, queue: str) -> dict[str, str]:
    return {"aws:SourceAccount": account, **_queue_context(account, queue)}


def _queue_context(account: str, queue: str) -> dict[str, str]:
    return {"kms:EncryptionContext:aws:sqs:arn": f"arn:aws:sqs:us-east-1:{account}:iam-alerting-{queue}"}


def _topic_context(account: str) -> dict[str, str]:
    return {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:us-east-1:{account}:iam-alerting"}


def _alarm(account: str) -> dict[str, str]:
    arn = f"arn:aws:cloudwatch:us-east-1:{account}:alarm:iam-alerting/deaf"
    return {"aws:SourceArn": arn, "aws:SourceAccount": account, **_topic_context(account)}


def _via_sns(account: str) -> dict[str, str]:
    return {"kms:ViaService": f"sns.{_END}", **_topic_context(account)}


def _via_sqs(account: str, queue: str) -> dict[str, str]:
    return {"kms:ViaService": f"sqs.{_END}", **_queue_context(account, queue)}
