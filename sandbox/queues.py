"""Messages that AWS services themselves put on SQS queues."""

from __future__ import annotations

import hashlib
import time
import uuid

from ministack.core.concurrency import esm_wake
from ministack.services import sqs


def put(queue_arn: str, body: str, attributes: dict[str, str]) -> bool:
    """Append a message with string attributes; False if there is no such queue. Asks no policy."""
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return False
    now = time.time()
    typed = {name: {"DataType": "String", "StringValue": value[:1024]} for name, value in attributes.items()}
    message = {
        "id": str(uuid.uuid4()),
        "body": body,
        "md5_body": hashlib.md5(body.encode()).hexdigest(),
        "message_attributes": typed,
        "md5_attrs": sqs._md5_msg_attrs(typed),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "receive_count": 0,
        "sys": sqs._build_send_sys_attrs(now, {}),
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()
    return True


def policy_of(queue_arn: str) -> str | None:
    """The queue's policy text; None if there is no such queue."""
    queue = sqs._queue_by_arn(queue_arn)
    return None if queue is None else queue["attributes"].get("Policy") or ""


def key_of(queue_arn: str) -> str:
    """The key that the queue names; empty if it names none, or there is no queue."""
    queue = sqs._queue_by_arn(queue_arn)
    return str(queue["attributes"].get("KmsMasterKeyId") or "") if queue else ""
