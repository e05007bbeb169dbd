"""CloudFormation's service-managed stack sets, which ministack lacks: their stacks are really made in the members.

They belong to the management account, also those of a delegated administrator.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudformation, organizations
from ministack.services.cloudformation.handlers import _ACTION_HANDLERS as HANDLERS

from sandbox import policies
from sandbox.errors import RefusedError
from sandbox.organization import ORGANIZATION

Document = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
MAX_TEMPLATE_BODY = 51200
_GONE, _SKIPPED = "DELETE_COMPLETE", "SKIPPED"
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", _GONE)


@dataclass
class StackSet:
    """A stack set; by account the stack's name and its unit, why a call was refused, and which stacks are to go."""

    definition: Document
    region: str
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))
    units: set[str] = field(default_factory=set)
    stacks: dict[str, tuple[str, str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    going: set[str] = field(default_factory=set)
    operations: list[Document] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.definition["StackSetName"])


class StackSets:
    """Stack sets by region and name. Lives on the event loop."""

    def __init__(self, management: str) -> None:
        self._management = management
        self._sets: dict[tuple[str, str], StackSet] = {}

    def install(self) -> None:
        """Answer the operations of stack sets, and notice which accounts are moved."""
        for operation, answer in {
            "CreateStackSet": self._create,
            "DescribeStackSet": self._describe,
            "UpdateStackSet": self._update,
            "DeleteStackSet": self._delete,
            "CreateStackInstances": self._create_stacks,
            "DeleteStackInstances": self._delete_stacks,
            "ListStackInstances": self._list_stacks,
            "ListStackSetOperations": self._list_operations,
            "DescribeStackSetOperation": self._describe_operation,
            "ListStackSetOperationResults": self._list_results,
        }.items():
            HANDLERS[operation] = self._answering(operation, answer)
        move = organizations._DISPATCH["MoveAccount"]

        def moved(payload: Document) -> Any:
            answer = move(payload)
            if answer[0] < 300:
                self.deploy_automatically(str(payload["AccountId"]))
            return answer

        organizations._DISPATCH["MoveAccount"] = moved

    def deploy_automatically(self, account: str) -> None:
        """An account has joined the organization, or has moved in it: it gets and loses stacks by itself."""
        for one in self._sets.values():
            if not one.definition["AutoDeployment"].get("Enabled"):
                continue
            if account in self._accounts(one.units) and account not in one.stacks:
                self._make(one, [account])
            elif account in one.stacks and account not in self._accounts(one.units):
                self._unmake(one, [account])

    def _answering(self, operation: str, answer: Callable[[Document], Document]) -> Callable[[Any], Answer]:
        def answered(_form: Any) -> Answer:
            call = policies.CALL.get()
            params = dict(call.params) if call else {}
            self._check_caller(params.get("CallAs", "SELF"))
            return _xml(operation, answer(params))

        def answered_or_refused(form: Any) -> Answer:
            try:
                return answered(form)
            except RefusedError as refused:
                error: Answer = cloudformation.helpers._error(refused.code, refused.message, refused.status)
                return error

        return answered_or_refused

    def _check_caller(self, call_as: str) -> None:
        own = get_account_id()
        if call_as == "SELF" and own != self._management:
            raise RefusedError("ValidationError", "You must be the management account or delegated admin account.")
        if call_as == "DELEGATED_ADMIN" and not ORGANIZATION.delegates(own, PRINCIPAL):
            raise RefusedError("ValidationError", "Account used is not a delegated administrator")

    # The stack sets --------------------------------------------------------------------------------------------------

    def _found(self, params: Document) -> StackSet:
        name = str(params.get("StackSetName", ""))
        if (get_region(), name) not in self._sets:
            raise RefusedError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return self._sets[get_region(), name]

    def _create(self, params: Document) -> Document:
        key = (get_region(), str(params["StackSetName"]))
        if key in self._sets:
            raise RefusedError("NameAlreadyExistsException", f"StackSet {key[1]} already exists", 409)
        if params.get("PermissionModel") != "SERVICE_MANAGED":
            raise RefusedError("ValidationError", "The sandbox has service-managed stack sets only.")
        if PRINCIPAL not in ORGANIZATION.trusted:
            told = "You must enable organizations access to operate a service managed stack set"
            raise RefusedError("ValidationError", told)
        _check_template(params)
        self._sets[key] = StackSet({"AutoDeployment": {}, **params}, get_region())
        return {"StackSetId": f"{key[1]}:{self._sets[key].identity}"}

    def _describe(self, params: Document) -> Document:
        found = self._found(params)
        kept = (
            "Description",
            "TemplateBody",
            "Parameters",
            "Capabilities",
            "Tags",
            "PermissionModel",
            "AutoDeployment",
        )
        return {
            "StackSet": {
                "StackSetName": found.name,
                "StackSetId": f"{found.name}:{found.identity}",
                "StackSetARN": f"arn:aws:cloudformation:{found.region}:{self._management}:stackset/{found.name}:"
                + found.identity,
                "Status": "ACTIVE",
                **{name: found.definition[name] for name in kept if name in found.definition},
                "OrganizationalUnitIds": sorted(found.units),
                "Regions": [found.region] if found.units else [],
            }
        }

    def _update(self, params: Document) -> Document:
        found = self._idle(params)
        _check_template(params)
        found.definition |= params
        return self._started(found, "UPDATE", self._make(found, list(found.stacks)))

    def _delete(self, params: Document) -> Document:
        found = self._idle(params)
        if self._stacks_of(found):
            raise RefusedError("StackSetNotEmptyException", "StackSet is not empty", 409)
        del self._sets[found.region, found.name]
        return {}

    # Their stacks ----------------------------------------------------------------------------------------------------

    def _create_stacks(self, params: Document) -> Document:
        found, units = self._idle(params), _units(params)
        found.units |= units
        new = [account for account in self._accounts(units) if account not in found.stacks]
        return self._started(found, "CREATE", self._make(found, new))

    def _delete_stacks(self, params: Document) -> Document:
        """Stacks that are retained are forgotten, also those of suspended accounts, which else are skipped."""
        found, units, targets = self._idle(params), _units(params), params["DeploymentTargets"]
        is_filtered, retain = targets.get("AccountFilterType") == "INTERSECTION", params["RetainStacks"]
        among = set(targets["Accounts"] if is_filtered else found.stacks) & found.stacks.keys()
        gone = [account for account in self._accounts(units, suspended=retain) if account in among]
        if not is_filtered:
            found.units -= units
        if not retain:
            return self._started(found, "DELETE", self._unmake(found, gone))
        for account in gone:
            del found.stacks[account]
        return self._started(found, "DELETE", [])

    def _accounts(self, units: Iterable[str], *, suspended: bool = False) -> list[str]:
        """The accounts of the units and of those below them. The management account is none of them."""
        statuses = ("ACTIVE", "SUSPENDED") if suspended else ("ACTIVE",)
        with request_scope(self._management, "us-east-1"):
            organizations._ensure_org()
            accounts, known = dict(organizations._accounts.items()), dict(organizations._ous.items())

        def above(parent: str | None) -> set[str]:
            return {parent, *above(known[parent]["_ParentId"] if parent in known else None)} if parent else set()

        return [
            account
            for account, entry in accounts.items()
            if account != self._management and entry["Status"] in statuses and above(entry["_ParentId"]) & set(units)
        ]

    def _is_suspended(self, account: str) -> bool:
        with request_scope(self._management, "us-east-1"):
            return bool(organizations._accounts.get(account, {}).get("Status") == "SUSPENDED")

    def _make(self, one: StackSet, accounts: list[str]) -> list[str]:
        """Make the stack in each account, or update it; one that failed is made anew."""
        for account in itertools.filterfalse(self._is_suspended, accounts):
            stack, _unit = one.stacks.get(account, (f"StackSet-{one.name}-{uuid.uuid4()}", ""))
            one.stacks[account] = stack, next(iter(sorted(one.units)), "")
            one.going.discard(account)
            there = self._status(one, account)[0] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
            self._call(one, account, "UpdateStack" if there else "CreateStack", _form(one.definition))
        return accounts

    def _unmake(self, one: StackSet, accounts: list[str]) -> list[str]:
        for account in accounts:
            one.going.add(account)
            self._call(one, account, "DeleteStack", {})
        return accounts

    def _call(self, one: StackSet, account: str, operation: str, form: Mapping[str, str]) -> None:
        """One call in the member's name; it begins what ministack then does by itself."""
        with request_scope(account, one.region):
            status, _headers, body = HANDLERS[operation]({"StackName": [one.stacks[account][0]], **_listed(form)})
        refused = status >= 300 and b"No updates are to be performed" not in body
        one.reasons[account] = body.decode() if refused else ""

    def _status(self, one: StackSet, account: str) -> tuple[str, str]:
        """The status of an account's stack and its reason."""
        if self._is_suspended(account):
            return _SKIPPED, "The account is suspended."
        if one.reasons.get(account):
            return "FAILED", one.reasons[account]
        found = cloudformation._stacks.get_scoped(account, one.region, one.stacks[account][0], None)
        return (found["StackStatus"], _failure(account, one.region, found["StackId"])) if found else (_GONE, "")

    def _stacks_of(self, one: StackSet) -> dict[str, tuple[str, str]]:
        """The stacks that are there; those that were to go are forgotten once they are gone."""
        for account in sorted(one.going):
            if self._status(one, account)[0] == _GONE:
                del one.stacks[account]
                one.going.remove(account)
        return one.stacks

    def _list_stacks(self, params: Document) -> Document:
        found = self._found(params)
        return {"Summaries": [self._summary(found, account) for account in sorted(self._stacks_of(found))]}

    def _summary(self, one: StackSet, account: str) -> Document:
        (stack, unit), (status, reason) = one.stacks[account], self._status(one, account)
        done = status in _DONE
        return {
            "StackSetId": f"{one.name}:{one.identity}",
            "Region": one.region,
            "Account": account,
            "StackId": stack,
            "Status": "CURRENT" if done else "INOPERABLE" if status == "DELETE_FAILED" else "OUTDATED",
            "StatusReason": reason,
            "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED" if done else _detailed(status)},
            "OrganizationalUnitId": unit,
        }

    # Their operations ------------------------------------------------------------------------------------------------

    def _idle(self, params: Document) -> StackSet:
        found = self._found(params)
        if found.operations and self._operation_status(found, found.operations[-1]) == "RUNNING":
            raise RefusedError("OperationInProgressException", "Another Operation is in progress", 409)
        self._stacks_of(found)
        return found

    def _started(self, one: StackSet, action: str, accounts: list[str]) -> Document:
        now = datetime.now(UTC).isoformat()
        one.operations.append(
            {"OperationId": str(uuid.uuid4()), "Action": action, "CreationTimestamp": now, "Accounts": accounts}
        )
        return {"OperationId": one.operations[-1]["OperationId"]}

    def _results(self, one: StackSet, operation: Document) -> dict[str, tuple[str, str]]:
        """By account how it went, as CloudFormation says it, and why."""
        known = {account: self._status(one, account) for account in operation["Accounts"] if account in one.stacks}
        return {account: (_detailed(status), reason) for account, (status, reason) in known.items()}

    def _operation_status(self, one: StackSet, operation: Document) -> str:
        details = [detailed for detailed, _reason in self._results(one, operation).values()]
        if "RUNNING" in details:
            return "RUNNING"
        return "FAILED" if "FAILED" in details else "SUCCEEDED"

    def _list_operations(self, params: Document) -> Document:
        found = self._found(params)
        return {"Summaries": [self._told(found, each) for each in reversed(found.operations)]}

    def _told(self, one: StackSet, operation: Document) -> Document:
        kept = {name: operation[name] for name in ("OperationId", "Action", "CreationTimestamp")}
        return {**kept, "Status": self._operation_status(one, operation)}

    def _operation(self, params: Document) -> tuple[StackSet, Document]:
        found = self._found(params)
        for each in found.operations:
            if each["OperationId"] == params["OperationId"]:
                return found, each
        raise RefusedError("OperationNotFoundException", "The operation was not found", 404)

    def _describe_operation(self, params: Document) -> Document:
        return {"StackSetOperation": self._told(*self._operation(params))}

    def _list_results(self, params: Document) -> Document:
        found, operation = self._operation(params)
        wanted = {each["Values"] for each in params.get("Filters") or []}
        return {
            "Summaries": [
                {"Account": account, "Region": found.region, "Status": status, "StatusReason": reason}
                for account, (status, reason) in sorted(self._results(found, operation).items())
                if not wanted or status in wanted
            ]
        }


def _failure(account: str, region: str, stack: str) -> str:
    """What first failed in a stack, as CloudFormation tells it of an instance; empty if nothing did."""
    events = cloudformation._stack_events.get_scoped(account, region, stack, [])
    failed = [event for event in events if str(event["ResourceStatus"]).endswith("_FAILED")]
    return next(
        (
            f"ResourceLogicalId:{event['LogicalResourceId']}, ResourceType:{event['ResourceType']}, "
            f"ResourceStatusReason:{event.get('ResourceStatusReason', '')}."
            for event in failed
            if not str(event["ResourceType"]).endswith("::Stack")
        ),
        "",
    )


def _units(params: Document) -> set[str]:
    return set(params["DeploymentTargets"]["OrganizationalUnitIds"])


def _check_template(params: Document) -> None:
    body = str(params.get("TemplateBody", ""))
    if not 0 < len(body.encode()) <= MAX_TEMPLATE_BODY:
        raise RefusedError("ValidationError", f"templateBody must have 1 to {MAX_TEMPLATE_BODY} bytes")
    if "AWS::IAM::" in body and "CAPABILITY_NAMED_IAM" not in params.get("Capabilities", []):
        raise RefusedError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    if body.lstrip().startswith("{"):
        json.loads(body)


def _detailed(status: str) -> str:
    if status in _DONE:
        return "SUCCEEDED"
    if status == _SKIPPED:
        return "SKIPPED_SUSPENDED_ACCOUNT"
    return "RUNNING" if status.endswith("_IN_PROGRESS") and "ROLLBACK" not in status else "FAILED"


def _form(definition: Document) -> dict[str, str]:
    """What CreateStack and UpdateStack take, as it is in their forms."""
    form = {"TemplateBody": str(definition["TemplateBody"])}
    for number, capability in enumerate(definition.get("Capabilities") or [], start=1):
        form[f"Capabilities.member.{number}"] = capability
    for name in ("Tags", "Parameters"):
        for number, entry in enumerate(definition.get(name) or [], start=1):
            form |= {f"{name}.member.{number}.{key}": str(value) for key, value in entry.items()}
    return form


def _listed(form: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in form.items()}


def _xml(operation: str, answer: Document) -> Answer:
    inner = f"<{operation}Result>{_element(answer)}</{operation}Result>"
    response: Answer = cloudformation.helpers._xml(200, f"{operation}Response", inner)
    return response


def _element(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_element(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_element(each)}</member>" for each in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
