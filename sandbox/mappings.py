"""Event source mappings of queues as AWS runs them: Lambda reads as the function's role may, deletes what succeeded.

ministack builds the batches; here they are run, where all else that touches its queues is: on the event loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sqs

from sandbox import keys, policies, queues
from sandbox.lambda_ import Functions

POLL_SECONDS = 0.1
# What the function's role must allow on the queue (Lambda Developer Guide, "Using Lambda with Amazon SQS").
ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_log = logging.getLogger("sandbox.mappings")

Scoped = tuple[str, str, dict[str, Any]]


class Mappings:
    """Hands messages of queues to functions. Lives on the event loop."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._all = lambda_svc._iter_all_esms

    def install(self) -> None:
        """Take the place of ministack's poller, a thread that reads queues while the event loop writes them."""
        lambda_svc._ensure_poller = lambda: None
        lambda_svc._iter_all_esms = self._readable
        lambda_svc._dispatch_esm_batch = self._dispatch

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                while lambda_svc._poll_sqs():
                    pass
            except Exception:
                _log.exception("polling queues")
            await asyncio.sleep(POLL_SECONDS)

    def _readable(self) -> Iterator[Scoped]:
        """The mappings that have something to read, and may."""
        for account, region, mapping in self._all():
            queue = sqs._queue_by_arn(mapping["EventSourceArn"])
            if queue is None or not any(message["visible_at"] <= time.time() for message in queue["messages"]):
                continue
            with request_scope(account, region):
                function = lambda_svc._functions.get(mapping["FunctionName"])
            problem = function and unreadable(function["config"]["Role"], mapping["EventSourceArn"])
            if problem:
                mapping["LastProcessingResult"] = f"PROBLEM: the function's role may not {problem}"
            elif function:
                yield account, region, mapping

    def _dispatch(self, uuid: str, _run: Any, mapping: dict[str, Any], function: dict[str, Any], *batch: Any) -> None:
        lambda_svc._esm_inflight[uuid] = lambda_svc._esm_inflight.get(uuid, 0) + 1
        self._functions.start(self._run(mapping, function, *batch))

    async def _run(
        self,
        mapping: dict[str, Any],
        function: dict[str, Any],
        event: dict[str, Any],
        batch: list[dict[str, Any]],
        queue_url: str,
        _queue_name: str,
    ) -> None:
        account, region = mapping["EventSourceArn"].split(":")[4], mapping["EventSourceArn"].split(":")[3]
        try:
            with request_scope(account, region):
                result = await self._functions.attempt(function, event)
                done = succeeded(mapping, batch, result)
                handles = {message["receipt_handle"] for message in batch if message["id"] in done}
                if sqs._queues.get(queue_url):
                    sqs._delete_messages_for_esm(queue_url, handles)
            mapping["LastProcessingResult"] = "OK" if len(done) == len(batch) else "PROBLEM: Function call failed"
        finally:
            lambda_svc._esm_inflight[mapping["UUID"]] -= 1


def unreadable(role_arn: str, queue_arn: str) -> str | None:
    """The first action that the role may not take, on the queue or with its key."""
    problem = missing_permission(role_arn, queue_arn)
    may_decrypt = problem or keys.role_may(queues.key_of(queue_arn), queue_arn, role_arn, keys.DECRYPT)
    return problem if may_decrypt else "kms:Decrypt"


def missing_permission(role_arn: str, queue_arn: str) -> str | None:
    """The first action of C(ACTIONS) that the role may not take on the queue."""
    for action in ACTIONS:
        denied = policies.policy_denies_role(queues.policy_of(queue_arn), role_arn, action, queue_arn)
        if denied or not policies.role_allowed(role_arn, action, queue_arn):
            return action
    return None


def succeeded(mapping: dict[str, Any], batch: list[dict[str, Any]], result: dict[str, Any]) -> set[str]:
    """The ids of the batch's messages that are done with.

    All or none; with ReportBatchItemFailures, all but those that the function names. An answer that names none of the
    batch, or is none, counts for all (Lambda Developer Guide, "Handling errors for an SQS event source").
    """
    ids = {message["id"] for message in batch}
    if result.get("error"):
        return set()
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return ids
    failed = _failed(result.get("body"))
    return ids - failed if failed <= ids else set()


def _failed(body: Any) -> set[str]:
    """What the function says has failed; an empty id for what cannot be understood."""
    try:
        answer = json.loads(body) if isinstance(body, str | bytes) else body
        return {str(failure["itemIdentifier"] or "") for failure in (answer or {}).get("batchItemFailures") or []}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {""}
