"""The accounts of the sandbox: the role a management account assumes, and their place in its organization."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from ministack.core.responses import request_scope
from ministack.services import iam, organizations

ROLE = "OrganizationAccountAccessRole"
_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Accounts:
    """Opens accounts as members of one management account. Lives on the event loop."""

    def __init__(self, management: str, joined: Callable[[str], None]) -> None:
        self.management = management
        self._joined = joined
        self.members: list[str] = []

    async def add(self, account: str, name: str = "", outside: bool = False) -> None:
        """Open an account, as AWS Organizations does: with the role that trusts the management account.

        One that is ``outside`` has that role, too, but is in no organization.
        """
        if not re.fullmatch(r"\d{12}", account):
            raise ValueError(f"not an account id: {account!r}")
        if account in self.members or account == self.management:
            return
        root = {"AWS": f"arn:aws:iam::{self.management}:root"}
        statement = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        with request_scope(account, "us-east-1"):
            await _iam("CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
            await _iam(
                "PutRolePolicy", RoleName=ROLE, PolicyName="AdministratorAccess", PolicyDocument=json.dumps(_EVERYTHING)
            )
        if not outside:
            self._enrol(account, name or f"sandbox-{account}")
        self.members.append(account)

    def _enrol(self, account: str, name: str) -> None:
        with request_scope(self.management, "us-east-1"):
            organizations._ensure_org()
            organization = organizations._orgs["self"]["Id"]
            organizations._accounts[account] = {
                "Id": account,
                "Arn": f"arn:aws:organizations::{self.management}:account/{organization}/{account}",
                "Email": f"aws+{account}@example.com",
                "Name": name,
                "Status": "ACTIVE",
                "JoinedMethod": "CREATED",
                "JoinedTimestamp": int(time.time()),
                "_ParentId": next(iter(organizations._roots.keys())),
            }
        self._joined(account)


async def _iam(action: str, **params: Any) -> None:
    """One IAM call past the layer: the sandbox's own doing is in no journal."""
    body = urlencode({"Action": action, "Version": "2010-05-08"} | params).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "host": "iam"}
    status, _, answer = await iam.handle_request("POST", "/", headers, body, {})
    if status >= 300:
        raise RuntimeError(answer.decode())
