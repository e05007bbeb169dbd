"""Lambda: execution role, dead-letter queue, environment, policy."""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import lambda_svc, sqs

from sandbox import policies
from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.lambda_ import GRANTED, SERVICE
from sandbox.mappings import missing_permission
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.wire import Response

_INVALID = "InvalidParameterValueException"
_RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
}


def _function(call: Call) -> dict[str, Any]:
    name = lambda_svc._resolve_name(str(call.params.get("FunctionName", "")))
    return lambda_svc._functions.get(name) or {}


@check("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _role(call: Call, caller: Caller) -> None:
    """The role exists, trusts Lambda, and the caller may pass it."""
    arn = call.params.get("Role")
    if not arn:
        return
    role = policies.role_by_arn(arn)
    if role is None or not policies.trusts(role, SERVICE):
        raise RefusedError(_INVALID, "The role defined for the function cannot be assumed by Lambda.")
    keys = {"iam:passedtoservice": SERVICE}
    if not policies.caller_allowed(call.access_key, caller.account, "iam:PassRole", arn, keys):
        raise RefusedError(
            "AccessDeniedException",
            f"User: {caller.user_identity.get('arn')} is not authorized to perform: iam:PassRole on resource: {arn}",
            403,
        )


@check("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _former_role(call: Call, _caller: Caller) -> None:
    call.notes["role"] = _function(call).get("config", {}).get("Role")


@repair("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _grant(call: Call, _response: Response) -> None:
    """Lambda grants its key to a role that is another one by its ARN, and does not see that it was made anew."""
    config = _function(call).get("config", {})
    if config and config["Role"] != call.notes.get("role"):
        GRANTED[config["FunctionArn"]] = (policies.role_by_arn(config["Role"]) or {}).get("RoleId", "")


@check("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _dead_letters(call: Call, _caller: Caller) -> None:
    """The role may send to the dead-letter target: Lambda tests it when the function is configured."""
    _check_target(call, (call.params.get("DeadLetterConfig") or {}).get("TargetArn") or "")


@repair("lambda", "UpdateFunctionConfiguration")
def _no_dead_letters(call: Call, _response: Response) -> None:
    """An empty target takes the dead-letter queue away."""
    config = _function(call).get("config", {})
    if not (config.get("DeadLetterConfig") or {}).get("TargetArn"):
        config.pop("DeadLetterConfig", None)


@check("lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
def _destinations(call: Call, _caller: Caller) -> None:
    """The role may send to the destinations, too."""
    for destination in (call.params.get("DestinationConfig") or {}).values():
        _check_target(call, destination.get("Destination") or "")


def _check_target(call: Call, target: str) -> None:
    role = call.params.get("Role") or _function(call).get("config", {}).get("Role", "")
    service = (target.split(":") + [""] * 3)[2]
    verb = {"sqs": "SendMessage", "sns": "Publish"}.get(service)
    if verb and not policies.role_allowed(role, f"{service}:{verb}", target):
        raise RefusedError(
            _INVALID, f"The provided execution role does not have permissions to call {verb} on {service.upper()}"
        )


@check("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _settings(call: Call, _caller: Caller) -> None:
    variables = (call.params.get("Environment") or {}).get("Variables", {})
    reserved = sorted(_RESERVED & set(variables))
    if reserved:
        raise RefusedError(
            _INVALID,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}",
        )
    if len(json.dumps(variables)) > 4096:
        raise RefusedError(
            _INVALID,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit.",
        )
    runtimes: Any = vars(call.model.service_model.shape_for("Runtime"))["_shape_model"]["enum"]
    if call.params.get("Runtime") and call.params["Runtime"] not in runtimes:
        raise RefusedError(
            _INVALID,
            f"Value {call.params['Runtime']} at 'runtime' failed to satisfy constraint: Member "
            "must satisfy enum value set",
        )
    name = call.params.get("FunctionName", "")
    if call.operation == "CreateFunction" and not name.startswith("arn:") and not re.fullmatch(r"[\w-]{1,64}", name):
        raise RefusedError("ValidationException", f"Value '{name}' at 'functionName' failed to satisfy constraint")


@check("lambda", "CreateEventSourceMapping")
def _mapping(call: Call, _caller: Caller) -> None:
    """One mapping between queue and function; the role may read the queue, which hides messages for long enough."""
    arn, function = str(call.params.get("EventSourceArn", "")), _function(call)
    queue = sqs._queue_by_arn(arn) if ":sqs:" in arn else None
    if queue is None or not function:
        return
    config = function["config"]
    for mapping in lambda_svc._esms.values():
        if (mapping["FunctionName"], mapping["EventSourceArn"]) == (config["FunctionName"], arn):
            raise RefusedError(
                "ResourceConflictException",
                f"An event source mapping with SQS arn ({arn}) and function ({config['FunctionName']}) already exists. "
                f"Please update or delete the existing mapping with UUID {mapping['UUID']}",
                409,
            )
    if action := missing_permission(config["Role"], arn):
        verb = action.removeprefix("sqs:")
        raise RefusedError(_INVALID, f"The provided execution role does not have permissions to call {verb} on SQS")
    hidden, timeout = int(queue["attributes"]["VisibilityTimeout"]), int(config["Timeout"])
    if hidden < timeout:
        raise RefusedError(
            _INVALID,
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds",
        )


@check("lambda", "AddPermission")
def _statement_id(call: Call, _caller: Caller) -> None:
    if not re.fullmatch(r"[\w-]{1,100}", call.params.get("StatementId", "")):
        raise RefusedError(
            "ValidationException",
            "Value at 'statementId' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: ([a-zA-Z0-9-_]+)",
        )


@repair("lambda", "AddPermission")
def _account_principal(call: Call, _response: Response) -> None:
    """AWS stores an account id as the account's root."""
    for statement in _function(call).get("policy", {}).get("Statement", []):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and re.fullmatch(r"\d{12}", str(principal.get("AWS"))):
            principal["AWS"] = f"arn:aws:iam::{principal['AWS']}:root"


@check("lambda", "GetPolicy")
def _has_policy(call: Call, _caller: Caller) -> None:
    function = _function(call)
    if function and not function["policy"]["Statement"]:
        raise RefusedError("ResourceNotFoundException", "The resource you requested does not exist.", 404)


@check("lambda", "UpdateFunctionCode")
def _dry_run(call: Call, caller: Caller) -> None:
    """ministack really updates on DryRun: keep what it would overwrite."""
    function = _function(call)
    if call.params.get("DryRun") and function:
        call.notes["kept"] = (function.get("code_zip"), dict(function["config"]))


@repair("lambda", "UpdateFunctionCode")
def _undo_dry_run(call: Call, _response: Response) -> None:
    if "kept" in call.notes:
        function = _function(call)
        function["code_zip"], kept = call.notes["kept"]
        function["config"].clear()
        function["config"].update(kept)
        lambda_svc.invalidate_worker(function["config"]["FunctionName"], account=get_account_id())
