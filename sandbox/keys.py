"""May they use a customer's key? What AWS's services ask of KMS before they encrypt and decrypt.

A service acts in its own name (EventBridge, CloudWatch, CloudTrail) or in that of whoever called it; then the key sees
the caller and the service that it came through.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import kms

from sandbox import policies
from sandbox.call import Call

Context = dict[str, str]
# To encrypt a message, SNS and SQS make a data key and read it; to read one, they decrypt its data key.
ENCRYPT = ("kms:GenerateDataKey", "kms:Decrypt")
DECRYPT = ("kms:Decrypt",)


def record_of(key: str, resource_arn: str) -> dict[str, Any] | None:
    """The record of a key that a resource names by id, ARN or alias; None for AWS's own, and for none."""
    if not key or "alias/aws/" in key:
        return None
    # One that is named by its ARN may be another account's.
    parts = (key if key.startswith("arn:") else resource_arn).split(":")
    with request_scope(parts[4], parts[3]):
        return kms._resolve_key(key) or {"Arn": key, "KeyState": "missing"}


def named_by(call: Call, account: str) -> str | None:
    """The ARN of the key that a call of KMS names in whichever way."""
    named = call.params.get("KeyId") if call.service == "kms" else None
    if not named:
        return None
    with request_scope(account, call.region):
        key = kms._resolve_key(named)
    return str(key["Arn"]) if key else None


def context(service: str, resource_arn: str) -> Context:
    """The encryption context by which the service binds a message to topic, queue or table."""
    name = {"sns": "sns:topicarn", "sqs": "sqs:arn", "dynamodb": "dynamodb:tablename"}[service]
    value = resource_arn.rpartition("/")[2] if service == "dynamodb" else resource_arn
    return {f"kms:encryptioncontext:aws:{name}": value}


def service_may(
    key: str, resource_arn: str, service: str, source: Context, bound: Context, actions: Iterable[str] = ENCRYPT
) -> bool:
    """Whether a service may do all that in its own name, on behalf of a source."""
    record = record_of(key, resource_arn)
    if record is None:
        return True
    return record["KeyState"] == "Enabled" and all(
        policies.service_may(record["Policy"], service, action, record["Arn"], source | bound) for action in actions
    )


def role_may(key: str, resource_arn: str, role_arn: str, actions: Iterable[str] = ENCRYPT) -> bool:
    """Whether a role may do all that through the service that the resource belongs to."""
    record = record_of(key, resource_arn)
    if record is None:
        return True
    return record["KeyState"] == "Enabled" and all(
        policies.role_may(record["Policy"], role_arn, action, record["Arn"], _through(resource_arn))
        for action in actions
    )


def problem_of_caller(key: str, resource_arn: str, call: Call, actions: Iterable[str] = ENCRYPT) -> str | None:
    """Why whoever makes the call may not use the key through the service that they call; None if they may."""
    record = record_of(key, resource_arn)
    if record is None:
        return None
    if record["KeyState"] != "Enabled":
        return f"{record['Arn']} is {record['KeyState']}"
    for action in actions:
        if iam_evaluator.enforce(call.access_key, action, "kms", call.region, record["Arn"], _through(resource_arn)):
            return f"{action} on {record['Arn']}"
    return None


def _through(resource_arn: str) -> Context:
    service, region = resource_arn.split(":")[2:4]
    return {"kms:viaservice": f"{service}.{region}.amazonaws.com"} | context(service, resource_arn)
