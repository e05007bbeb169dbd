"""Lambda as AWS runs it: execution role, asynchronous retries, dead letters and destinations, few warm workers."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import queue
import time
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sns, sts

from sandbox import identity, keys, policies, queues

# AWS waits one minute, then two; throttled events it retries for up to six hours.
RETRY_DELAYS = (0.3, 0.6)
THROTTLE_DELAY = 0.3
# At most so many handlers run at once, and so many workers (a Python process, about 31 MB each) stay warm.
MAX_RUNNING = 6
MAX_WARM = 6

# By which a worker says that its handler has written all.
LOG_END = "\x1eend"
LOG_SECONDS = 3.0

SERVICE = "lambda.amazonaws.com"

# By the ARN of each function, the id of the role that Lambda granted the key to with which it keeps the environment.
GRANTED: dict[str, str] = {}


class Functions:
    """Runs functions asynchronously, as EventBridge, SNS and Invoke with type Event do. Lives on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pool = ThreadPoolExecutor(MAX_RUNNING, thread_name_prefix="function")
        self._tasks: set[asyncio.Task[None]] = set()

    def install(self) -> None:
        """Take ministack's place where it differs from AWS."""
        lambda_svc.invoke_async_with_retry = self.submit
        _install_role_check()
        _install_credentials()
        _install_worker_bounds()
        _install_whole_logs()
        _install_log_writer(self._loop)

    def submit(self, function: dict[str, Any], event: Any) -> None:
        """Queue an asynchronous invocation. Callable from any thread."""
        self._loop.call_soon_threadsafe(lambda: self.start(self._run(function, event)))

    def start(self, invocation: Coroutine[Any, Any, None]) -> None:
        """Let an invocation run until it is over or the server stops. On the event loop only."""
        task = self._loop.create_task(invocation)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, function: dict[str, Any], event: Any) -> None:
        config = function.get("config") or function
        settings = _async_settings(function)
        retries = settings.get("MaximumRetryAttempts")
        retries = 2 if retries is None else int(retries)
        deadline = time.monotonic() + int(settings.get("MaximumEventAgeInSeconds") or 21600)
        request_id, attempts = str(uuid.uuid4()), 0
        while True:
            result = await self.attempt(function, event)
            if not result.get("error"):
                return _succeeded(config, settings, event, result, request_id)
            if result.get("throttle"):
                delay = THROTTLE_DELAY
            else:
                attempts += 1
                delay = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]
            expired = time.monotonic() + delay > deadline
            if attempts > retries or expired:
                condition = "EventAgeExceeded" if expired else "RetriesExhausted"
                return self._failed(config, settings, event, result, (request_id, condition, attempts))
            await asyncio.sleep(delay)

    async def attempt(self, function: dict[str, Any], event: Any) -> dict[str, Any]:
        """Run the function once: ministack's result, with C(error) if it failed."""
        run = lambda_svc._execute_function_with_config_scope
        try:
            return await self._loop.run_in_executor(self._pool, run, function, event)
        except Exception as error:  # whatever breaks in the emulator's worker is a failed invocation
            return {"error": True, "body": {"errorMessage": str(error), "errorType": type(error).__name__}}

    def _failed(
        self,
        config: dict[str, Any],
        settings: dict[str, Any],
        event: Any,
        result: dict[str, Any],
        story: tuple[str, str, int],
    ) -> None:
        target = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        body = result.get("body")
        message = body.get("errorMessage", "") if isinstance(body, dict) else ""
        if target:
            attributes = {"RequestID": story[0], "ErrorCode": "200", "ErrorMessage": message}
            send(config, target, json.dumps(event), attributes)
        destination = (settings.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination")
        if destination:
            send(config, destination, json.dumps(_envelope(config, event, result, story)), {})

    async def stop(self) -> None:
        """End everything: tasks, then worker processes."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        lambda_runtime.reset()
        # A thread that was just starting a worker ends first, so that the second round misses none.
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        lambda_runtime.reset()


def _async_settings(function: dict[str, Any]) -> dict[str, Any]:
    configs = function.get("event_invoke_configs") or {}
    return function.get("event_invoke_config") or configs.get("$LATEST") or {}


def _envelope(
    config: dict[str, Any], event: Any, result: dict[str, Any], story: tuple[str, str, int]
) -> dict[str, Any]:
    request_id, condition, attempts = story
    failed = {"functionError": result.get("function_error") or "Unhandled"} if result.get("error") else {}
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{config['FunctionArn']}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"} | failed,
        "responsePayload": result.get("body"),
    }


def _succeeded(
    config: dict[str, Any], settings: dict[str, Any], event: Any, result: dict[str, Any], request_id: str
) -> None:
    destination = (settings.get("DestinationConfig") or {}).get("OnSuccess", {}).get("Destination")
    if destination:
        send(config, destination, json.dumps(_envelope(config, event, result, (request_id, "Success", 1))), {})


def send(config: dict[str, Any], target: str, body: str, attributes: dict[str, str]) -> bool:
    """Put a message on the queue or topic with the function's role; False if the role may not or it is gone."""
    service = target.split(":")[2]
    role, account, region = config["Role"], target.split(":")[4], target.split(":")[3]
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}.get(service)
    if action is None or not policies.role_allowed(role, action, target):
        return False
    with request_scope(account, region):
        if service == "sqs":
            denied = policies.policy_denies_role(queues.policy_of(target), role, action, target)
            may = not denied and keys.role_may(queues.key_of(target), target, role)
            return may and queues.put(target, body, attributes)
        policy = (sns.topic_policy_for_arn(target) or ("",))[0]
        key = (sns._topics.get(target) or {}).get("attributes", {}).get("KmsMasterKeyId", "")
        if policies.policy_denies_role(policy, role, action, target) or not keys.role_may(key, target, role):
            return False
        return sns.publish_internal(target, body) is not None


def _install_role_check() -> None:
    """A function whose role is gone, or does not trust Lambda, cannot run; nor one whose role was made anew, as it
    cannot read its environment.
    """
    execute = lambda_svc._execute_function

    def checked(function: dict[str, Any], event: Any) -> dict[str, Any]:
        config = function.get("config") or function
        role = policies.role_by_arn(config.get("Role", ""))
        if role is None or not policies.trusts(role, SERVICE):
            return _refused("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
        granted = GRANTED.get(config["FunctionArn"], role["RoleId"])
        if (config.get("Environment") or {}).get("Variables") and granted != role["RoleId"]:
            message = "Lambda was unable to decrypt the environment variables because KMS access was denied."
            return _refused("KMSAccessDeniedException", message)
        return execute(function, event)

    lambda_svc._execute_function = checked


def _refused(kind: str, message: str) -> dict[str, Any]:
    """ministack's result of a run that never began."""
    return {"error": True, "log": "", "body": {"errorMessage": message, "errorType": kind}}


def _install_credentials() -> None:
    """The execution role's session with its true ids, and the environment AWS gives to every function."""
    issue = lambda_runtime.execution_credentials

    def issued(config: dict[str, Any]) -> dict[str, str]:
        environment = issue(config)
        key = environment["AWS_ACCESS_KEY_ID"]
        identity.FUNCTION_KEYS.add(key)
        role = policies.role_by_arn(config.get("Role", "")) or {}
        sts._sessions[key]["UserId"] = f"{role.get('RoleId', '')}:{config.get('FunctionName', '')}"
        log_group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        return environment | {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": log_group,
            "_HANDLER": config.get("Handler", ""),
            "TZ": ":UTC",
        }

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = issued


def _install_worker_bounds() -> None:
    """Keep few workers warm, and touch no other account's workers when a function changes."""
    release, invalidate = lambda_svc.release_worker, lambda_svc.invalidate_worker

    def release_and_trim(worker: Any) -> None:
        release(worker)
        trim_workers()

    def invalidate_own(
        name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
    ) -> None:
        scope = (account or lambda_svc.get_account_id(), region or lambda_svc.get_region())
        invalidate(name, qualifier, *scope)

    lambda_svc.release_worker = release_and_trim
    lambda_svc.invalidate_worker = invalidate_own


def trim_workers(keep: int = MAX_WARM) -> None:
    """End the longest idle workers beyond ``keep``."""
    with lambda_runtime._lock:
        every = [(key, worker) for key, workers in lambda_runtime._workers.items() for worker in workers]
        idle = sorted((pair for pair in every if not pair[1].in_use), key=lambda pair: pair[1].last_used)
        surplus = idle[: max(0, len(every) - keep)]
        for key, worker in surplus:
            lambda_runtime._workers[key].remove(worker)
            if not lambda_runtime._workers[key]:
                del lambda_runtime._workers[key]
    lambda_runtime.kill_workers([worker for _, worker in surplus])


def _install_whole_logs() -> None:
    """A run's log is all that its handler wrote. ministack takes what it has read within a twentieth of a second, and
    on a busy machine that is nothing."""
    drain = lambda_runtime.Worker._drain_stderr_bounded
    answered = "        _real_stdout.flush()\n\nrun()"
    if lambda_runtime._PYTHON_WORKER_SCRIPT.count(answered) != 1:
        raise RuntimeError("ministack's worker is another one: its end of an invocation is not found")
    marked = f"        print({LOG_END!r}, file=sys.stderr, flush=True)\n{answered}"
    lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(answered, marked)

    def whole(worker: Any, **waits: float) -> str:
        if not str(worker.config.get("Runtime", "")).startswith("python"):
            return str(drain(worker, **waits))
        return "\n".join(lines_until_end(worker._stderr_queue))

    lambda_runtime.Worker._drain_stderr_bounded = whole


def lines_until_end(lines: queue.Queue[str]) -> Iterator[str]:
    """What comes before the mark, for some seconds: of a worker that died it never comes."""
    ends = time.monotonic() + LOG_SECONDS
    while True:
        try:
            line = lines.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            return
        if line.endswith(LOG_END):
            if text := line.removesuffix(LOG_END):
                yield text
            return
        yield line


def _install_log_writer(loop: asyncio.AbstractEventLoop) -> None:
    """Function logs are written on the event loop (ministack's stores belong to it), if the role may write them."""
    emit = lambda_svc._emit_lambda_logs

    def emit_if_allowed(
        function: dict[str, Any], request_id: str, log: str, error: bool, *rest: Any, **named: Any
    ) -> None:
        if may_log(function.get("config") or function):
            text = with_error_line(log) if error else log
            write = functools.partial(emit, function, request_id, text, error, *rest, **named)
            loop.call_soon_threadsafe(contextvars.copy_context().run, write)

    lambda_svc._emit_lambda_logs = emit_if_allowed


def with_error_line(log: str) -> str:
    """The log of a run that failed, with the line by which Lambda's Python runtime tells of the error."""
    lines = log.splitlines()
    if not lines or lines[-1].startswith("Task timed out"):
        return log
    kind, colon, message = lines[-1].partition(": ")
    told = f"[ERROR] {kind.rpartition('.')[2]}: {message}" if colon else f"[ERROR] {lines[-1]}"
    start = next((number for number, line in enumerate(lines) if line.startswith("Traceback (most")), len(lines) - 1)
    return "\n".join([*lines[:start], told, *lines[start:]])


def may_log(config: dict[str, Any]) -> bool:
    """Whether the function's role may write its log: streams and events, and the group itself if it is not there."""
    from ministack.services import cloudwatch_logs

    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    account, region = config["FunctionArn"].split(":")[4], config["FunctionArn"].split(":")[3]
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
    actions = [("logs:CreateLogStream", f"{arn}:log-stream:x"), ("logs:PutLogEvents", f"{arn}:log-stream:x")]
    if cloudwatch_logs._log_groups.get_scoped(account, region, group) is None:
        actions.append(("logs:CreateLogGroup", arn))
    return all(policies.role_allowed(config.get("Role", ""), action, resource) for action, resource in actions)
