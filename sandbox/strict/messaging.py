"""SNS and SQS: policies, attributes, subjects."""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sns, sqs

from sandbox import keys
from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.strict.documents import problem_of_policy
from sandbox.wire import Response

_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]*")


def _invalid(message: str) -> RefusedError:
    return RefusedError("InvalidParameter", f"Invalid parameter: {message}")


def _topic_attributes(call: Call) -> dict[str, str]:
    if call.operation == "SetTopicAttributes":
        return {call.params.get("AttributeName", ""): call.params.get("AttributeValue", "")}
    return call.params.get("Attributes") or {}


_TOPIC_ATTRIBUTES = re.compile(
    r"Policy|DisplayName|DeliveryPolicy|KmsMasterKeyId|TracingConfig|SignatureVersion|FifoTopic|ArchivePolicy"
    r"|ContentBasedDeduplication|FifoThroughputScope|DataProtectionPolicy|MaximumMessageSize"
    r"|(HTTP|Firehose|Lambda|Application|SQS)(Success|Failure)Feedback(RoleArn|SampleRate)"
)


@check("sns", "CreateTopic", "SetTopicAttributes")
def _topic(call: Call, _caller: Caller) -> None:
    if call.operation == "CreateTopic" and not re.fullmatch(r"[\w-]{1,256}|[\w-]{1,251}\.fifo", call.params["Name"]):
        raise _invalid("Topic Name")
    attributes = _topic_attributes(call)
    for name in attributes:
        if not _TOPIC_ATTRIBUTES.fullmatch(name):
            raise _invalid("AttributeName")
    if attributes.get("Policy") and problem_of_policy(attributes["Policy"]):
        raise _invalid(f"Policy Error: {problem_of_policy(attributes['Policy'])}")
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{0,100}", attributes.get("DisplayName", "")):
        raise _invalid("DisplayName")


@check("sns", "CreateTopic")
def _same_topic(call: Call, _caller: Caller) -> None:
    """Creating a topic that exists succeeds only with what it has."""
    topic = sns._topics.get(f"arn:aws:sns:{get_region()}:{get_account_id()}:{call.params['Name']}")
    if topic is None:
        return
    for name, value in _topic_attributes(call).items():
        if topic["attributes"].get(name, "") != value:
            raise _invalid("Attributes Reason: Topic already exists with different attributes")
    tags = {tag["Key"]: tag.get("Value", "") for tag in call.params.get("Tags") or []}
    if tags and tags != topic["tags"]:
        raise _invalid("Tags Reason: Topic already exists with different tags")


@repair("sns", "SetTopicAttributes", "CreateTopic")
def _no_empty_attributes(call: Call, _response: Response) -> None:
    """An attribute set to nothing is gone from GetTopicAttributes; a policy falls back to the default."""
    arn = call.params.get("TopicArn") or f"arn:aws:sns:{get_region()}:{get_account_id()}:{call.params.get('Name')}"
    attributes = sns._topics[arn]["attributes"] if arn in sns._topics else {}
    for name in [name for name, value in attributes.items() if value == "" and name != "DisplayName"]:
        del attributes[name]


@check("sns", "Publish")
def _message(call: Call, _caller: Caller) -> None:
    subject, message = call.params.get("Subject"), call.params.get("Message", "")
    if subject is not None and not (0 < len(subject) <= 100 and _SUBJECT.fullmatch(subject)):
        raise _invalid("Subject")
    if not message:
        raise _invalid("Empty message")
    if call.params.get("MessageStructure") == "json":
        _structured(message)


@check("sns", "Publish")
def _encrypted(call: Call, _caller: Caller) -> None:
    """Who publishes to a topic with a customer key must be allowed to use the key."""
    arn = call.params.get("TopicArn", "")
    key = (sns._topics.get(arn) or {}).get("attributes", {}).get("KmsMasterKeyId", "")
    problem = keys.problem_of_caller(key, arn, call)
    if problem:
        raise RefusedError("KMSAccessDenied", f"{_KEY_REFUSED}: {problem}")


_KEY_REFUSED = "The ciphertext refers to a customer master key that you may not use"


@check("sqs", "SendMessage", "SendMessageBatch", "ReceiveMessage")
def _encrypted_queue(call: Call, _caller: Caller) -> None:
    """So must be who sends to a queue with one, or receives from it."""
    queue = sqs._queues.get(call.params.get("QueueUrl", "")) or {}
    attributes = queue.get("attributes", {})
    actions = keys.DECRYPT if call.operation == "ReceiveMessage" else keys.ENCRYPT
    problem = keys.problem_of_caller(
        attributes.get("KmsMasterKeyId", ""), attributes.get("QueueArn", ""), call, actions
    )
    if problem:
        raise RefusedError("KmsAccessDenied", f"{_KEY_REFUSED}: {problem}")


def _structured(message: str) -> None:
    """Other values than text are ignored, but for the default's (API Reference, Publish, "MessageStructure")."""
    try:
        parts = json.loads(message, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise _invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(parts, dict) or not isinstance(parts.get("default"), str):
        raise _invalid("Message Structure - No default entry in JSON message body")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) < len(pairs):
        raise ValueError("duplicate keys")
    return dict(pairs)


_QUEUE_ATTRIBUTES = {
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
}


@check("sqs", "CreateQueue", "SetQueueAttributes")
def _queue(call: Call, _caller: Caller) -> None:
    attributes: dict[str, Any] = call.params.get("Attributes") or {}
    for name in attributes:
        if name not in _QUEUE_ATTRIBUTES:
            raise RefusedError("InvalidAttributeName", f"Unknown Attribute {name}.")
    if attributes.get("Policy") and problem_of_policy(str(attributes["Policy"])):
        raise RefusedError("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    queue = call.params.get("QueueName")
    if queue is not None and not re.fullmatch(r"[\w-]{1,80}|[\w-]{1,75}\.fifo", queue):
        raise RefusedError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )


@repair("sqs", "CreateQueue", "SetQueueAttributes")
def _encryption(call: Call, response: Response) -> None:
    """Every queue is encrypted: with a key if one is set, else by SQS itself."""
    url = call.params.get("QueueUrl") or json.loads(response.body).get("QueueUrl", "")
    name = url.rpartition("/")[2]
    for attributes in [queue["attributes"] for queue in sqs._queues.values() if queue["name"] == name]:
        if attributes.get("KmsMasterKeyId"):
            attributes["SqsManagedSseEnabled"] = "false"
            attributes.setdefault("KmsDataKeyReusePeriodSeconds", "300")
        else:
            attributes.pop("KmsMasterKeyId", None)
            attributes.setdefault("SqsManagedSseEnabled", "true")
