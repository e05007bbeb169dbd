"""EventBridge: rules and targets."""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.services import eventbridge

from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.wire import Response

MAX_PATTERN = 2048
MAX_RULES = 300
MAX_TARGETS = 5
MAX_BUS_POLICY = 10240
_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
_QUEUE_ARN = re.compile(r"arn:aws[\w-]*:sqs:([\w-]+):\d{12}:[\w-]{1,80}")


def _bus(call: Call) -> str:
    return str(call.params.get("EventBusName") or "default").rpartition("/")[2]


def _rule_key(call: Call) -> str:
    return eventbridge._rule_key(str(call.params.get("Rule") or call.params.get("Name")), _bus(call))


def _constraint(value: Any, member: str, constraint: str) -> RefusedError:
    return RefusedError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


@check("events", "PutRule")
def _rule(call: Call, _caller: Caller) -> None:
    name, pattern = call.params.get("Name", ""), call.params.get("EventPattern", "")
    if not _NAME.fullmatch(name):
        raise _constraint(name, "name", "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+")
    if call.params.get("State", "ENABLED") not in _STATES:
        raise _constraint(call.params["State"], "state", f"Member must satisfy enum value set: [{', '.join(_STATES)}]")
    if len(call.params.get("Description", "")) > 512:
        raise _constraint("…", "description", "Member must have length less than or equal to 512")
    if not pattern and not call.params.get("ScheduleExpression"):
        raise RefusedError("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if len(pattern) > MAX_PATTERN:
        raise RefusedError(
            "LimitExceededException", f"Event pattern is larger than the quota of {MAX_PATTERN} characters."
        )


@check("events", "PutRule")
def _room_for_rule(call: Call, _caller: Caller) -> None:
    on_bus = [rule for rule in eventbridge._rules.values() if rule["EventBusName"] == _bus(call)]
    if _rule_key(call) not in eventbridge._rules and len(on_bus) >= MAX_RULES:
        raise RefusedError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    if _rule_key(call) in eventbridge._rules:
        call.notes["tags"] = dict(eventbridge._tags.get(eventbridge._rules[_rule_key(call)]["Arn"]) or {})


@repair("events", "PutRule")
def _replaced(call: Call, _response: Response) -> None:
    """PutRule replaces the whole rule (what is left out is gone) but never the tags of an existing one."""
    rule = eventbridge._rules[_rule_key(call)]
    rule |= {
        "State": call.params.get("State", "ENABLED"),
        "Description": call.params.get("Description", ""),
        "RoleArn": call.params.get("RoleArn", ""),
    }
    if "tags" in call.notes:
        eventbridge._tags[rule["Arn"]] = call.notes["tags"]


@check("events", "PutTargets", "RemoveTargets", "ListTargetsByRule", "EnableRule", "DisableRule")
def _rule_exists(call: Call, _caller: Caller) -> None:
    if _rule_key(call) not in eventbridge._rules:
        name = call.params.get("Rule") or call.params.get("Name")
        raise RefusedError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {_bus(call)}.")


@check("events", "PutTargets")
def _targets(call: Call, _caller: Caller) -> None:
    targets = call.params.get("Targets") or []
    if not 1 <= len(targets) <= 10:
        raise _constraint("…", "targets", "Member must have length between 1 and 10")
    for target in targets:
        _target(call, target)
    known = {target["Id"] for target in eventbridge._targets.get(_rule_key(call), [])}
    if len(known | {target["Id"] for target in targets}) > MAX_TARGETS:
        raise RefusedError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _target(call: Call, target: dict[str, Any]) -> None:
    if not _NAME.fullmatch(target.get("Id", "")):
        raise _constraint(
            target.get("Id"), "targets.member.id", "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )
    retry = target.get("RetryPolicy", {})
    for member, low, high in (("MaximumRetryAttempts", 0, 185), ("MaximumEventAgeInSeconds", 60, 86400)):
        if member in retry and not low <= retry[member] <= high:
            raise _constraint(
                retry[member],
                f"targets.member.retryPolicy.{member[0].lower()}{member[1:]}",
                f"Member must have value between {low} and {high}",
            )
    arn = str(target.get("Arn", ""))
    if ":event-bus/" in arn and arn.split(":")[3] != call.region and not target.get("RoleArn"):
        raise RefusedError(
            "ValidationException", f"RoleArn is required for target {arn}, an event bus of another Region."
        )
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    found = _QUEUE_ARN.fullmatch(queue or "")
    if queue is not None and not (found and found[1] == call.region):
        raise RefusedError(
            "ValidationException",
            f"Parameter {queue} is not valid. Reason: Provided Arn is not in correct "
            "format, or is not a standard SQS queue of the rule's Region.",
        )
    if sum(name in target for name in ("Input", "InputPath", "InputTransformer")) > 1:
        raise RefusedError("ValidationException", "Only one of Input, InputPath, or InputTransformer must be provided.")


@check("events", "DeleteRule")
def _no_targets(call: Call, _caller: Caller) -> None:
    if eventbridge._targets.get(_rule_key(call)):
        raise RefusedError("ValidationException", "Rule can't be deleted since it has targets.")


@check("events", "DeleteEventBus")
def _no_rules(call: Call, _caller: Caller) -> None:
    if any(rule["EventBusName"] == call.params.get("Name") for rule in eventbridge._rules.values()):
        raise RefusedError("ValidationException", "Event bus can't be deleted since it has rules.")


@repair("events", "DeleteEventBus")
def _policy_goes(call: Call, _response: Response) -> None:
    eventbridge._event_bus_policies.pop(call.params["Name"], None)


@check("events", "ListRules", "PutPermission", "RemovePermission")
def _bus_exists(call: Call, _caller: Caller) -> None:
    if _bus(call) != "default" and _bus(call) not in eventbridge._event_buses:
        raise RefusedError("ResourceNotFoundException", f"Event bus {_bus(call)} does not exist.")


@check("events", "PutPermission")
def _policy_fits(call: Call, _caller: Caller) -> None:
    if len(call.params.get("Policy") or "") > MAX_BUS_POLICY:
        raise RefusedError("PolicyLengthExceededException", f"Policy is longer than {MAX_BUS_POLICY} characters.")


@repair("events", "PutPermission")
def _permission(call: Call, _response: Response) -> None:
    """A whole policy at once, and the account principal in the form that AWS stores."""
    if call.params.get("Policy"):
        eventbridge._event_bus_policies[_bus(call)] = json.loads(call.params["Policy"])
    for statement in eventbridge._event_bus_policies[_bus(call)]["Statement"]:
        if re.fullmatch(r"\d{12}", str(statement.get("Principal"))):
            statement["Principal"] = {"AWS": f"arn:aws:iam::{statement['Principal']}:root"}
        condition = statement.get("Condition")
        if condition and set(condition) == {"Type", "Key", "Value"}:
            statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
