"""Organizations: whom it answers, in which pages, and the states of accounts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import organizations

from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.organization import ORGANIZATION
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.wire import Response

PAGE = 20
_FOR_EVERYBODY = "DescribeOrganization"
# Of what there is here, for delegated administrators, too (Organizations API Reference, "API operations by account").
_FOR_ADMINISTRATORS = ("ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators")


@check("organizations", *(operation for operation in organizations._DISPATCH if operation != _FOR_EVERYBODY))
def _members_are_not_answered(call: Call, caller: Caller) -> None:
    _is_in_it(call, caller)
    answered = call.operation in _FOR_ADMINISTRATORS and ORGANIZATION.delegates(caller.account)
    if caller.account != ORGANIZATION.management and not answered:
        raise RefusedError("AccessDeniedException", "You don't have permissions to access this resource.")


@check("organizations", _FOR_EVERYBODY)
def _is_in_it(_call: Call, caller: Caller) -> None:
    if not ORGANIZATION.has(caller.account):
        raise RefusedError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")


@repair("organizations", _FOR_EVERYBODY)
def _the_organization_is_one(call: Call, response: Response) -> Response:
    """ministack has one for each account that asks."""
    with request_scope(ORGANIZATION.management, call.region):
        organizations._ensure_org()
        return replace(response, body=json.dumps({"Organization": dict(organizations._orgs["self"])}).encode())


@repair("organizations", "ListAccounts", "ListAccountsForParent")
def _accounts(call: Call, response: Response) -> Response:
    accounts = [_with_state(account) for account in json.loads(response.body)["Accounts"]]
    return _page(call, response, "Accounts", accounts)


@repair("organizations", "ListOrganizationalUnitsForParent")
def _units(call: Call, response: Response) -> Response:
    return _page(call, response, "OrganizationalUnits", json.loads(response.body)["OrganizationalUnits"])


def _with_state(account: dict[str, Any]) -> dict[str, Any]:
    """AWS has State in place of Status since September 2026; what CloseAccount left suspended is closed."""
    status = account.pop("Status")
    return account | {"State": "CLOSED" if status == "SUSPENDED" else status}


def _page(call: Call, response: Response, name: str, items: list[dict[str, Any]]) -> Response:
    start, size = int(call.params.get("NextToken") or 0), int(call.params.get("MaxResults") or PAGE)
    answer: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = str(start + size)
    return replace(response, body=json.dumps(answer).encode())
