# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudFormation's service-managed stack sets: read one, compare, put it out, and wait for what came of it.

A stack set is a document in AWS's own words: C(StackSetName), C(Description), C(TemplateBody) (JSON or YAML, a text),
C(Parameters) and C(Tags) (dictionaries), C(Capabilities), C(OrganizationalUnitIds) and C(AutoDeployment). A live one
also has C(PermissionModel), C(OutdatedStacks), by account and region why a stack is not as the set wants it, and
C(LastOperation), whether stacks were last made or deleted.

All stacks are in the region of the set: one stack in each account.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    InvalidValueError,
    call,
    tags_after,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack_set_operations import (
    Conduct,
    StacksError,
    StackSet,
    operate,
    operations,
    place_of,
    told_of,
)

SELF, DELEGATED_ADMIN = CALLERS = ("SELF", "DELEGATED_ADMIN")
MODEL = "SERVICE_MANAGED"
# New accounts of the units get the stack by themselves; those that leave lose it.
AUTO_DEPLOYMENT = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
ATTRIBUTES = ("Description", "TemplateBody", "Parameters", "Capabilities", "AutoDeployment", "Tags")
UNITS, OUTDATED, LAST = "OrganizationalUnitIds", "OutdatedStacks", "LastOperation"
# CloudFormation API Reference, "StackSetOperationSummary".
_CREATE, _DELETE = "CREATE", "DELETE"
# CloudFormation API Reference, "StackInstance" and "StackInstanceComprehensiveStatus".
_CURRENT, _INOPERABLE, _SUSPENDED = "CURRENT", "INOPERABLE", "SKIPPED_SUSPENDED_ACCOUNT"
# CloudFormation API Reference, "CreateStackSet", TemplateBody.
MAX_TEMPLATE_BODY = 51200


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
    return {
        "StackSetName": name,
        "Description": found.get("Description", ""),
        "TemplateBody": found["TemplateBody"],
        "Parameters": {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])},
        "Capabilities": found.get("Capabilities", []),
        "PermissionModel": found.get("PermissionModel", ""),
        "AutoDeployment": found.get("AutoDeployment", {}),
        UNITS: sorted(found.get(UNITS, [])),
        OUTDATED: {place_of(stack): _why(stack) for stack in _stacks(stack_set) if _is_outdated(stack)},
        LAST: _last(stack_set),
        "Tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    }


def _stacks(stack_set: StackSet) -> Sequence[Mapping[str, Any]]:
    summaries: Sequence[Mapping[str, Any]] = stack_set.call_all("list the stacks of", "list_stack_instances")[
        "Summaries"
    ]
    return summaries


def _is_outdated(stack: Mapping[str, Any]) -> bool:
    """Not of accounts that are suspended: nothing can be done there, nor does anything happen."""
    return bool(stack["Status"] != _CURRENT and not _is_suspended(stack))


def _is_suspended(stack: Mapping[str, Any]) -> bool:
    return bool(stack.get("StackInstanceStatus", {}).get("DetailedStatus") == _SUSPENDED)


def _last(stack_set: StackSet) -> str:
    """Whether stacks were last made or deleted; empty if neither was done lately."""
    told = [operation for operation in operations(stack_set) if operation["Action"] in (_CREATE, _DELETE)]
    return str(max(told, key=lambda operation: operation["CreationTimestamp"])["Action"]) if told else ""


def _why(stack: Mapping[str, Any]) -> str:
    return f"{stack['Status']}: {stack.get('StatusReason') or 'no reason is told'}"


# What differs -------------------------------------------------------------------------------------------------------


def difference(live: Mapping[str, Any] | None, desired: Mapping[str, Any], purge: Sequence[str] = ()) -> Change:
    """What of the stack set differs, by attribute. Stacks that are not up to date are named with the reason.

    After stacks were deleted, accounts of the units may have none, which nothing else would tell: see C(apply).
    """
    wanted = {"AutoDeployment": AUTO_DEPLOYMENT, **desired}
    after = {name: _told(name, wanted[name]) for name in (*ATTRIBUTES, UNITS) if name in wanted}
    if live is None:
        return Change({}, after)
    if "Tags" in after:
        after["Tags"] = tags_after(live["Tags"], wanted["Tags"], purge)
    before = {name: _told(name, live[name]) for name in after}
    differing = [name for name in after if before[name] != after[name]]
    amiss = {OUTDATED: live[OUTDATED]} if live[OUTDATED] else {}
    amiss |= {LAST: _DELETE} if live[LAST] == _DELETE and wanted.get(UNITS) else {}
    mended = {OUTDATED: {}, LAST: _CREATE}
    return Change(
        {name: before[name] for name in differing} | amiss,
        {name: after[name] for name in differing} | {name: mended[name] for name in amiss},
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

    What fails in some accounts keeps nothing from the others: it is told in the end.

    With a unit, the units below it lose their stacks, too, and all of its accounts, also those of another unit that
    stays (CloudFormation User Guide, "Delete stacks from StackSets"). So stacks of all units are asked for afterwards,
    which makes those that are missing.

    Raises:
        OperationError: some stacks could not be made, mended or removed.
        AnsibleAWSError: a call was refused.
    """
    failures: list[StacksError] = []
    if live is None:
        stack_set.call("create", "create_stack_set", PermissionModel=MODEL, **_definition(desired))
    elif _is_to_update(live, change):
        definition = _definition({**live, **desired, "Tags": change.after.get("Tags", live["Tags"])})
        with _put_off(failures):
            operate(stack_set, "update", "update_stack_set", conduct, **definition)
    units, wanted = set((live or {}).get(UNITS, [])), set(desired[UNITS])
    if units - wanted:
        with _put_off(failures):
            _delete_stacks(stack_set, units - wanted, conduct)
    asked_for = wanted if units - wanted or LAST in change.after else wanted - units
    if asked_for:
        where = _everywhere(stack_set, asked_for)
        with _put_off(failures):
            operate(stack_set, "create stacks of", "create_stack_instances", conduct, **where)
    _conclude(stack_set, failures)


def remove(stack_set: StackSet, live: Mapping[str, Any], conduct: Conduct) -> None:
    """Remove all stacks, then the stack set.

    Those of suspended accounts can only be left behind (AWS re:Post, "How do I delete a stack instance from a
    CloudFormation stack set in a closed or suspended AWS account?").

    Raises:
        OperationError: some stacks could not be removed.
        AnsibleAWSError: a call was refused.
    """
    failures: list[StacksError] = []
    if live[UNITS]:
        with _put_off(failures):
            _delete_stacks(stack_set, live[UNITS], conduct)
    suspended = list(filter(_is_suspended, _stacks(stack_set)))
    if suspended:
        with _put_off(failures):
            _delete_stacks(stack_set, _units_of(suspended), conduct, accounts=_accounts_of(suspended))
    _conclude(stack_set, failures)
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


def _is_to_update(live: Mapping[str, Any], change: Change) -> bool:
    """Inoperable stacks are left out of every update (CloudFormation API Reference, "StackInstance")."""
    can_be_mended = any(not why.startswith(_INOPERABLE) for why in live[OUTDATED].values())
    return can_be_mended or bool(set(change.after) - {UNITS, OUTDATED, LAST})


@contextmanager
def _put_off(failures: list[StacksError]) -> Iterator[None]:
    try:
        yield
    except StacksError as error:
        failures.append(error)


def _conclude(stack_set: StackSet, failures: Sequence[StacksError]) -> None:
    """Tell what failed, and the way out for stacks that no operation mends.

    Raises:
        StacksError: there is something to tell.
    """
    told = [str(failure) for failure in failures]
    stuck = [stack for stack in _stacks(stack_set) if stack["Status"] == _INOPERABLE and not _is_suspended(stack)]
    if stuck:
        named = told_of({place_of(stack): _why(stack) for stack in stuck})
        told.append(
            f"Stacks of stack set {stack_set.name} are inoperable: {named}. Take them out of the set but keep them "
            f"({_taking_out(stack_set, stuck)}), delete each in its account, if that is not closed, and run this again"
        )
    if told:
        raise StacksError(message=". ".join(told))


def _taking_out(stack_set: StackSet, stacks: Collection[Mapping[str, Any]]) -> str:
    """The command that takes the stacks out of the set."""
    region, units, accounts = stack_set.client.meta.region_name, _units_of(stacks), _accounts_of(stacks)
    command = (
        f"aws cloudformation delete-stack-instances --region {region} --stack-set-name {stack_set.name} "
        f"--retain-stacks --deployment-targets OrganizationalUnitIds={','.join(units)},Accounts={','.join(accounts)},"
        f"AccountFilterType=INTERSECTION --regions {region}"
    )
    return command if stack_set.call_as == SELF else f"{command} --call-as {stack_set.call_as}"


def _units_of(stacks: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({str(stack["OrganizationalUnitId"]) for stack in stacks})


def _accounts_of(stacks: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({str(stack["Account"]) for stack in stacks})


def _everywhere(stack_set: StackSet, units: Collection[str]) -> Document:
    return {"DeploymentTargets": {UNITS: sorted(units)}, "Regions": [stack_set.client.meta.region_name]}


def _delete_stacks(
    stack_set: StackSet, units: Collection[str], conduct: Conduct, accounts: Collection[str] = ()
) -> None:
    """Delete all stacks of the units, or only take those of certain accounts out of the set."""
    where = _everywhere(stack_set, units)
    if accounts:
        where["DeploymentTargets"] |= {"Accounts": sorted(accounts), "AccountFilterType": "INTERSECTION"}
    purpose, operation = "delete stacks of", "delete_stack_instances"
    operate(stack_set, purpose, operation, conduct, RetainStacks=bool(accounts), **where)
