"""The organization of the sandbox: who is in it, which services it trusts, and who administers CloudTrail for it."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudtrail, organizations

CLOUDTRAIL = "cloudtrail.amazonaws.com"
Answer = tuple[int, dict[str, str], bytes]


class Organization:
    """One organization, of the management account. Lives on the event loop."""

    def __init__(self) -> None:
        self.management = ""
        self.trusted: set[str] = set()
        # By service.
        self.administrators: dict[str, list[str]] = {}

    @property
    def id(self) -> str:
        with request_scope(self.management, "us-east-1"):
            organizations._ensure_org()
            return str(organizations._orgs["self"]["Id"])

    def has(self, account: str) -> bool:
        """Whether the account belongs to it."""
        with request_scope(self.management, "us-east-1"):
            return account == self.management or account in organizations._accounts

    def delegates(self, account: str, service: str = "") -> bool:
        """Whether the account is a delegated administrator, of that service or of any."""
        known = [self.administrators.get(service, [])] if service else self.administrators.values()
        return any(account in accounts for accounts in known)

    def has_trails_of(self, account: str) -> bool:
        """Whether the account administers the trails of the organization."""
        return account == self.management or self.delegates(account, CLOUDTRAIL)


ORGANIZATION = Organization()


def install(management: str) -> None:
    """Let Organizations and CloudTrail know of trusted services and delegated administrators."""
    ORGANIZATION.management = management
    organizations._DISPATCH |= {
        "EnableAWSServiceAccess": _enable_access,
        "DisableAWSServiceAccess": _disable_access,
        "ListAWSServiceAccessForOrganization": _list_access,
        "ListDelegatedAdministrators": _list_administrators,
        "RegisterDelegatedAdministrator": _register_of_service,
    }
    cloudtrail._DISPATCH |= {
        "RegisterOrganizationDelegatedAdmin": _register,
        "DeregisterOrganizationDelegatedAdmin": _deregister,
    }


def _answer(document: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()


def _enable_access(payload: dict[str, Any]) -> Answer:
    ORGANIZATION.trusted.add(payload["ServicePrincipal"])
    return _answer({})


def _disable_access(payload: dict[str, Any]) -> Answer:
    ORGANIZATION.trusted.discard(payload["ServicePrincipal"])
    return _answer({})


def _list_access(_payload: dict[str, Any]) -> Answer:
    return _answer({"EnabledServicePrincipals": [{"ServicePrincipal": each} for each in sorted(ORGANIZATION.trusted)]})


def _list_administrators(payload: dict[str, Any]) -> Answer:
    service = payload.get("ServicePrincipal")
    found = {
        account: {"Id": account, "Status": "ACTIVE"}
        for each, accounts in ORGANIZATION.administrators.items()
        for account in accounts
        if service in (None, each)
    }
    return _answer({"DelegatedAdministrators": list(found.values())})


def _register_of_service(payload: dict[str, Any]) -> Answer:
    ORGANIZATION.administrators.setdefault(payload["ServicePrincipal"], []).append(payload["AccountId"])
    return _answer({})


def _register(body: dict[str, Any]) -> Answer:
    ORGANIZATION.administrators.setdefault(CLOUDTRAIL, []).append(body["MemberAccountId"])
    return _answer({})


def _deregister(body: dict[str, Any]) -> Answer:
    ORGANIZATION.administrators[CLOUDTRAIL].remove(body["DelegatedAdminAccountId"])
    return _answer({})
