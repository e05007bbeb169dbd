# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudFormation's service-managed stack sets: read one, compare, put it out, and wait for what came of it.

A stack set is a document in AWS's own words: C(StackSetName), C(Description), C(TemplateBody) (JSON or YAML, a text),
C(Parameters) and C(Tags) (dictionaries), C(Capabilities), C(OrganizationalUnitIds) and C(AutoDeployment). A live one
also has C(PermissionModel) and C(OutdatedStacks), by account and region why a stack is not as the set wants it.

All stacks are in the region of the set: one stack in each account.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    RETRIED_CODES,
    Change,
    Document,
    InvalidValueError,
    call,
    call_all,
    call_with,
    tags_after,
)

SELF, DELEGATED_ADMIN = CALLERS = ("SELF", "DELEGATED_ADMIN")
MODEL = "SERVICE_MANAGED"
# New accounts of the units get the stack by themselves; those that leave lose it.
AUTO_DEPLOYMENT = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
ATTRIBUTES = ("Description", "TemplateBody", "Parameters", "Capabilities", "AutoDeployment", "Tags")
UNITS, OUTDATED = "OrganizationalUnitIds", "OutdatedStacks"
# CloudFormation API Reference, "StackInstance" and "StackInstanceComprehensiveStatus".
_CURRENT, _INOPERABLE, _SUSPENDED = "CURRENT", "INOPERABLE", "SKIPPED_SUSPENDED_ACCOUNT"
# CloudFormation API Reference, "StackSetOperation".
_UNDER_WAY = ("QUEUED", "RUNNING", "STOPPING")
# CloudFormation API Reference, "CreateStackSet", TemplateBody.
MAX_TEMPLATE_BODY = 51200
# Of more accounts only the number is told.
MOST_NAMED = 20

_patiently = AWSRetry.jittered_backoff(
    retries=10, delay=3, catch_extra_error_codes=[*RETRIED_CODES, "OperationInProgressException"]
)


class OperationError(AnsibleAWSError):
    """An operation did not bring all stacks to where they are to be. The text names the accounts and the reasons."""


@dataclass(frozen=True)
class Conduct:
    """How an operation goes through the accounts, and how it is waited for.

    Attributes:
        preferences: the C(OperationPreferences) of the API.
        wait_seconds: after so many seconds it is no longer waited for.
        pause_seconds: between two looks at it.
    """

    preferences: Mapping[str, Any]
    wait_seconds: int = 3600
    pause_seconds: float = 5


@dataclass(frozen=True)
class StackSet:
    """A stack set by its name, with the client and in the capacity in which it is called."""

    client: Any
    name: str
    call_as: str

    def call(self, purpose: str, operation: str, **arguments: Any) -> Any:
        """The answer of an operation on the stack set, repeated while another one is in progress."""
        named = {"StackSetName": self.name, "CallAs": self.call_as, **arguments}
        return call_with(_patiently, f"{purpose} stack set {self.name}", getattr(self.client, operation), **named)

    def call_all(self, purpose: str, operation: str, **arguments: Any) -> Document:
        named = {"StackSetName": self.name, "CallAs": self.call_as, **arguments}
        return call_all(f"{purpose} stack set {self.name}", self.client, operation, **named)


def checked_conduct(params: Mapping[str, Any]) -> Conduct:
    """How operations go, by the options of the module.

    More accounts at a time than may fail are only worked in with the soft mode (CloudFormation User Guide, "Choose the
    Concurrency Mode").

    Raises:
        InvalidValueError: CloudFormation would not take one.
    """
    for name, lowest in (("max_concurrent_percentage", 1), ("failure_tolerance_percentage", 0)):
        if not lowest <= params[name] <= 100:
            raise InvalidValueError(f"{name}: {params[name]} is not between {lowest} and 100.")
    preferences = {
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        "MaxConcurrentPercentage": params["max_concurrent_percentage"],
        "FailureTolerancePercentage": params["failure_tolerance_percentage"],
    }
    return Conduct(preferences, params["wait_timeout"])


def checked_template(body: str) -> str:
    """The template, if CloudFormation takes one of this size.

    Raises:
        InvalidValueError: it does not.
    """
    if len(body.encode()) > MAX_TEMPLATE_BODY:
        raise InvalidValueError(
            f"template_body: it has {len(body.encode())} bytes, but CloudFormation takes {MAX_TEMPLATE_BODY}. Shorten "
            "it, or write its JSON without spaces."
        )
    return body


def call_as(organizations: Any, account_id: str) -> str:
    """In which capacity the account acts: its own as the management account, else as a delegated administrator.

    Raises:
        AnsibleAWSError: the account is in no organization, or may not ask.
    """
    answer = call("describe the organization", organizations.describe_organization)
    return SELF if answer["Organization"]["MasterAccountId"] == account_id else DELEGATED_ADMIN


# What is there ------------------------------------------------------------------------------------------------------


def describe(client: Any, name: str, call_as: str) -> Document | None:
    """The stack set as it is, with which of its stacks are not up to date; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    stack_set = StackSet(client, name, call_as)
    try:
        found = stack_set.call("describe", "describe_stack_set")["StackSet"]
    except is_ansible_aws_error_code("StackSetNotFoundException"):
        return None
    stacks = stack_set.call_all("list the stacks of", "list_stack_instances")["Summaries"]
    return {
        "StackSetName": name,
        "Description": found.get("Description", ""),
        "TemplateBody": found["TemplateBody"],
        "Parameters": {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])},
        "Capabilities": found.get("Capabilities", []),
        "PermissionModel": found.get("PermissionModel", ""),
        "AutoDeployment": found.get("AutoDeployment", {}),
        UNITS: sorted(found.get(UNITS, [])),
        OUTDATED: {_where(stack): _why(stack) for stack in stacks if _is_outdated(stack)},
        "Tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    }


def _is_outdated(stack: Mapping[str, Any]) -> bool:
    """Not of accounts that are suspended: nothing can be done there, nor does anything happen."""
    detailed = stack.get("StackInstanceStatus", {}).get("DetailedStatus")
    return bool(stack["Status"] != _CURRENT and detailed != _SUSPENDED)


def _where(stack: Mapping[str, Any]) -> str:
    return f"{stack['Account']} {stack['Region']}"


def _why(stack: Mapping[str, Any]) -> str:
    return f"{stack['Status']}: {stack.get('StatusReason') or 'no reason is told'}"


# What differs -------------------------------------------------------------------------------------------------------


def difference(live: Mapping[str, Any] | None, desired: Mapping[str, Any], purge: Sequence[str] = ()) -> Change:
    """What of the stack set differs, by attribute. Stacks that are not up to date are named with the reason."""
    wanted = {"AutoDeployment": AUTO_DEPLOYMENT, **desired}
    after = {name: _told(name, wanted[name]) for name in (*ATTRIBUTES, UNITS) if name in wanted}
    if live is None:
        return Change({}, after)
    if "Tags" in after:
        after["Tags"] = tags_after(live["Tags"], wanted["Tags"], purge)
    before = {name: _told(name, live[name]) for name in after}
    differing = [name for name in after if before[name] != after[name]]
    outdated = {OUTDATED: live[OUTDATED]} if live[OUTDATED] else {}
    return Change(
        {name: before[name] for name in differing} | outdated,
        {name: after[name] for name in differing} | {name: {} for name in outdated},
    )


def removal(live: Mapping[str, Any] | None) -> Change:
    """That the stack set goes with all of its stacks, if there is one."""
    return Change({name: _told(name, live[name]) for name in (*ATTRIBUTES, UNITS)} if live else {}, {})


def _told(name: str, value: Any) -> Any:
    """The value in a form in which equal ones are equal: a template, if it is JSON, as what it says."""
    if name == "TemplateBody":
        try:
            return json.loads(value)
        except ValueError:
            return value
    if name == "AutoDeployment":
        return {key: bool(value.get(key)) for key in AUTO_DEPLOYMENT}
    return sorted(value) if isinstance(value, list) else value


# From one to the other ----------------------------------------------------------------------------------------------


def apply(
    stack_set: StackSet, live: Mapping[str, Any] | None, desired: Mapping[str, Any], change: Change, conduct: Conduct
) -> None:
    """Make the stack set and its stacks as desired, and wait for it. It can be broken off anywhere and done again.

    Raises:
        OperationError: some stacks could not be made, mended or removed.
        AnsibleAWSError: a call was refused.
    """
    if live is None:
        stack_set.call("create", "create_stack_set", PermissionModel=MODEL, **_definition(desired))
    elif set(change.after) - {UNITS}:
        _check_operable(live)
        definition = _definition({**live, **desired, "Tags": change.after.get("Tags", live["Tags"])})
        _operate(stack_set, "update", "update_stack_set", conduct, **definition)
    units, wanted = set((live or {}).get(UNITS, [])), set(desired[UNITS])
    if wanted - units:
        where = _everywhere(stack_set, wanted - units)
        _operate(stack_set, "create stacks of", "create_stack_instances", conduct, **where)
    if units - wanted:
        _delete_stacks(stack_set, units - wanted, conduct)


def remove(stack_set: StackSet, live: Mapping[str, Any], conduct: Conduct) -> None:
    """Remove all stacks, then the stack set.

    Raises:
        OperationError: some stacks could not be removed.
        AnsibleAWSError: a call was refused.
    """
    if live[UNITS]:
        _delete_stacks(stack_set, live[UNITS], conduct)
    stack_set.call("delete", "delete_stack_set")


def _definition(desired: Mapping[str, Any]) -> Document:
    kept = ("Description", "TemplateBody", "Capabilities")
    parameters = sorted(desired.get("Parameters", {}).items())
    return {
        **{name: desired[name] for name in kept if desired.get(name)},
        "Parameters": [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters],
        "AutoDeployment": AUTO_DEPLOYMENT,
        "Tags": [{"Key": key, "Value": str(value)} for key, value in sorted(desired.get("Tags", {}).items())],
    }


def _check_operable(live: Mapping[str, Any]) -> None:
    """Stacks that could not be deleted are left out of every update (CloudFormation API Reference, "StackInstance")."""
    stuck = {where: why for where, why in live[OUTDATED].items() if why.startswith(_INOPERABLE)}
    if stuck:
        raise OperationError(
            message=f"Stacks of stack set {live['StackSetName']} are inoperable: {_named(stuck)}. Take each out of the "
            "set but keep it (aws cloudformation delete-stack-instances --retain-stacks), delete it in its account, "
            "and run this again. Nothing was changed"
        )


def _everywhere(stack_set: StackSet, units: Collection[str]) -> Document:
    return {"DeploymentTargets": {UNITS: sorted(units)}, "Regions": [stack_set.client.meta.region_name]}


def _delete_stacks(stack_set: StackSet, units: Collection[str], conduct: Conduct) -> None:
    where = _everywhere(stack_set, units)
    _operate(stack_set, "delete stacks of", "delete_stack_instances", conduct, RetainStacks=False, **where)


def _operate(stack_set: StackSet, purpose: str, operation: str, conduct: Conduct, **arguments: Any) -> None:
    """Start an operation once no other one is under way, wait until it has ended, and look what came of it."""
    _wait(f"what is under way in stack set {stack_set.name}", lambda: not _under_way(stack_set), conduct)
    preferences = dict(conduct.preferences)
    started = stack_set.call(purpose, operation, OperationPreferences=preferences, **arguments)["OperationId"]
    what = f"the operation {started} to {purpose} stack set {stack_set.name}"
    _wait(what, lambda: _status(stack_set, started) not in _UNDER_WAY, conduct)
    _check_results(stack_set, what, started)


def _under_way(stack_set: StackSet) -> bool:
    operations = stack_set.call_all("list the operations of", "list_stack_set_operations")["Summaries"]
    return any(operation["Status"] in _UNDER_WAY for operation in operations)


def _status(stack_set: StackSet, started: str) -> str:
    answer = stack_set.call("describe an operation of", "describe_stack_set_operation", OperationId=started)
    return str(answer["StackSetOperation"]["Status"])


def _wait(what: str, has_ended: Callable[[], bool], conduct: Conduct) -> None:
    deadline = time.monotonic() + conduct.wait_seconds
    while not has_ended():
        if time.monotonic() > deadline:
            raise OperationError(
                message=f"After {conduct.wait_seconds} seconds, {what} has not ended. CloudFormation goes on with it; "
                "run this again to wait for it, or raise wait_timeout"
            )
        time.sleep(conduct.pause_seconds)


def _check_results(stack_set: StackSet, what: str, started: str) -> None:
    """An operation has succeeded also if no more stacks failed than it was to tolerate."""
    status, failed = _status(stack_set, started), [{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
    operation = "list_stack_set_operation_results"
    answer = stack_set.call_all("list the failures in", operation, OperationId=started, Filters=failed)
    reasons = {_where(result): result.get("StatusReason") or "no reason is told" for result in answer["Summaries"]}
    if reasons or status != "SUCCEEDED":
        raise OperationError(
            message=f"{what[0].upper()}{what[1:]} is {status}, and failed in {_named(reasons) or 'no account'}. Mend "
            "what is told of there, and run this again"
        )


def _named(reasons: Mapping[str, str]) -> str:
    told = [f"{where} ({why})" for where, why in sorted(reasons.items())]
    more = [f"and {len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    return "; ".join([*told[:MOST_NAMED], *more])
