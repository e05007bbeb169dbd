"""KMS: what a key takes in which state. DynamoDB: tables with a customer's key."""

from __future__ import annotations

import json
from dataclasses import replace

from ministack.services import dynamodb, kms

from sandbox import keys
from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.wire import Response

# AWS KMS Developer Guide, "Key states of AWS KMS keys".
_NOT_WHILE_PENDING = (
    *("CreateAlias", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "UpdateKeyDescription"),
    *("TagResource", "UntagResource", "ScheduleKeyDeletion"),
)


def _state(call: Call) -> str:
    key = kms._resolve_key(call.params.get("KeyId") or call.params.get("TargetKeyId") or "") or {}
    return str(key.get("KeyState", ""))


@check("kms", *_NOT_WHILE_PENDING)
def _pending(call: Call, _caller: Caller) -> None:
    if _state(call) == "PendingDeletion":
        raise RefusedError("KMSInvalidStateException", "the key is pending deletion.")


@check("kms", "EnableKeyRotation", "DisableKeyRotation")
def _disabled(call: Call, _caller: Caller) -> None:
    if _state(call) == "Disabled":
        raise RefusedError("DisabledException", "the key is disabled.")


@check("kms", "CancelKeyDeletion")
def _not_pending(call: Call, _caller: Caller) -> None:
    if _state(call) not in ("PendingDeletion", ""):
        raise RefusedError("KMSInvalidStateException", "the key is not pending deletion.")


@repair("kms", "GetKeyRotationStatus")
def _no_rotation_while_pending(call: Call, response: Response) -> Response | None:
    if _state(call) != "PendingDeletion":
        return None
    return replace(response, body=json.dumps(json.loads(response.body) | {"KeyRotationEnabled": False}).encode())


@check("dynamodb", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
def _table(call: Call, _caller: Caller) -> None:
    """DynamoDB decrypts the table's key for whoever asks (Developer Guide, "DynamoDB encryption at rest")."""
    table = dynamodb._tables.get(call.params.get("TableName", "")) or {}
    key = (table.get("SSEDescription") or {}).get("KMSMasterKeyArn", "")
    problem = keys.problem_of_caller(key, table.get("TableArn", ""), call, keys.DECRYPT)
    if problem:
        raise RefusedError("AccessDeniedException", f"User is not authorized to perform: {problem}")
