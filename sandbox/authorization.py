"""The action and the resource that IAM is asked about, where ministack names others than AWS."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import iam

from sandbox import keys
from sandbox.call import Call
from sandbox.identity import role_named
from sandbox.organization import ORGANIZATION

# What ministack takes for another action, or AWS for one with another.
_ACTIONS = {
    ("lambda", "DeleteFunctionConcurrency"): "lambda:DeleteFunctionConcurrency",
    ("sqs", "ChangeMessageVisibilityBatch"): "sqs:ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "sqs:DeleteMessage",
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",
}
# The parameter that names the event bus, where the call is about one.
_BUS = {
    **dict.fromkeys(("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"), "Name"),
    **dict.fromkeys(("PutPermission", "RemovePermission"), "EventBusName"),
}
_RULE = ("PutRule", "DeleteRule", "DisableRule", "EnableRule", "DescribeRule")


def install(current: Callable[[], Call | None]) -> None:
    """Let ministack ask about the current call as the Service Authorization Reference has it."""
    extract_action, extract_resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action_as_aws(service: str, *request: Any) -> str | None:
        call = current()
        known = _ACTIONS.get((service, call.operation)) if call and call.service == service else None
        action: str | None = known or extract_action(service, *request)
        return action

    def resource_as_aws(service: str, *request: Any) -> str:
        call = current()
        find = _SERVICES.get(service)
        found = find(call, request[-1]) if find and call and call.service == service else None
        return found or str(extract_resource(service, *request))

    iam_actions.extract_iam_action = action_as_aws
    iam_actions.extract_resource_arn = resource_as_aws


def _of_events(call: Call, account: str) -> str | None:
    """A rule on the default bus has no bus in its ARN."""
    start, params = f"arn:aws:events:{call.region}:{account}", call.params
    if call.operation in _BUS:
        return f"{start}:event-bus/{params.get(_BUS[call.operation]) or 'default'}"
    rule = params.get("Name") if call.operation in _RULE else params.get("Rule")
    bus = params.get("EventBusName") or "default"
    named = f"{start}:rule/{rule}" if bus == "default" else f"{start}:rule/{bus}/{rule}"
    return named if rule else params.get("ResourceARN")


def _of_iam(call: Call, account: str) -> str | None:
    """Users and roles have their path in the ARN, also those that are yet to be made."""
    path = call.params.get("Path", "/")
    if name := call.params.get("RoleName"):
        role = role_named(account, name) or {}
        return str(role.get("Arn", f"arn:aws:iam::{account}:role{path}{name}"))
    if name := call.params.get("UserName"):
        user = iam._users.get_scoped(account, None, name) or {}
        return str(user.get("Arn", f"arn:aws:iam::{account}:user{path}{name}"))
    return call.params.get("PolicySourceArn")


def _of_cloudtrail(call: Call, _account: str) -> str | None:
    listed = call.params.get("ResourceIdList") or [call.params.get("ResourceId")]
    return str(listed[0]) if listed[0] else None


def _of_lambda(call: Call, account: str) -> str | None:
    """A function that is asked for by a version has it in the ARN (Lambda Developer Guide, "Function versions")."""
    name, version = call.params.get("FunctionName", ""), call.params.get("Qualifier")
    if call.operation != "CreateFunction" and not version:
        return None
    arn = f"arn:aws:lambda:{call.region}:{account}:function:{name.rpartition(':')[2]}"
    return f"{arn}:{version}" if version else arn


def _of_kms(call: Call, account: str) -> str | None:
    """A key, also where it is called by its alias; to make an alias AWS asks about that, too."""
    if call.operation == "CreateAlias":
        return f"arn:aws:kms:{call.region}:{account}:{call.params.get('AliasName')}"
    return keys.named_by(call, account)


def _of_monitoring(call: Call, account: str) -> str | None:
    names = [call.params.get("AlarmName"), *(call.params.get("AlarmNames") or [])]
    named = next((f"arn:aws:cloudwatch:{call.region}:{account}:alarm:{name}" for name in names if name), None)
    return "*" if call.operation == "DescribeAlarms" else named or call.params.get("ResourceARN")


def _of_tagged(call: Call, _account: str) -> str | None:
    return call.params.get("ResourceArn")


def _of_cloudformation(call: Call, _account: str) -> str | None:
    """A stack set is the management account's, whoever calls; to make one AWS asks about none."""
    if call.operation == "CreateStackSet":
        return "*"
    name, owner = call.params.get("StackSetName"), ORGANIZATION.management
    return f"arn:aws:cloudformation:{call.region}:{owner}:stackset/{name}:{uuid.UUID(int=0)}" if name else None


_SERVICES: dict[str, Callable[[Call, str], str | None]] = {
    "cloudformation": _of_cloudformation,
    "cloudtrail": _of_cloudtrail,
    "dynamodb": _of_tagged,
    "events": _of_events,
    "iam": _of_iam,
    "kms": _of_kms,
    "lambda": _of_lambda,
    "monitoring": _of_monitoring,
    "sns": _of_tagged,
}
