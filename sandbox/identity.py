"""Who signed a request: ministack's users, roles and sessions as CloudTrail's userIdentity."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ministack.services import iam, sts

from sandbox.records import Caller

# Access keys handed to function code; sandbox.lambda_ fills it.
FUNCTION_KEYS: set[str] = set()
NOBODY = "000000000000"


def role_named(account: str, name: str) -> dict[str, Any] | None:
    """The role's record, or None."""
    return iam._roles.get_scoped(account, None, name)


def caller_of(access_key: str) -> Caller:
    """The caller behind an access key. A key nobody knows belongs to no account."""
    if re.fullmatch(r"\d{12}", access_key):
        arn = f"arn:aws:iam::{access_key}:root"
        return Caller(access_key, _identity("Root", access_key, arn, access_key, access_key))
    session = sts._sessions.get(access_key)
    if session:
        return _session(access_key, session)
    for (account, stored), record in list(iam._access_keys.to_dict().items()):
        if stored == access_key:
            return _user(access_key, account, record)
    return Caller(NOBODY, {"type": "Unknown", "principalId": "", "accountId": NOBODY, "accessKeyId": access_key})


def secrets() -> list[str]:
    """The secret keys and session tokens of all sessions that were given out."""
    sessions = list(sts._sessions.values())
    return [str(session[name]) for session in sessions for name in ("SecretAccessKey", "SessionToken")]


def _identity(kind: str, principal: str, arn: str, account: str, access_key: str) -> dict[str, Any]:
    return {"type": kind, "principalId": principal, "arn": arn, "accountId": account, "accessKeyId": access_key}


def _user(access_key: str, account: str, record: dict[str, Any]) -> Caller:
    name = record.get("UserName", "")
    user = iam._users.get_scoped(account, None, name) or {}
    arn = user.get("Arn") or f"arn:aws:iam::{account}:user/{name}"
    return Caller(account, _identity("IAMUser", user.get("UserId", ""), arn, account, access_key) | {"userName": name})


def _session(access_key: str, session: dict[str, Any]) -> Caller:
    arn = str(session.get("Arn", ""))
    account = arn.split(":")[4]
    by = "lambda" if access_key in FUNCTION_KEYS else "caller"
    identity = _identity(_kind(arn), session.get("UserId", ""), arn, account, access_key)
    issued = session.get("IssuedAt") or datetime.now(UTC).timestamp()
    created = datetime.fromtimestamp(float(issued), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    context: dict[str, Any] = {"attributes": {"creationDate": created, "mfaAuthenticated": "false"}}
    if ":assumed-role/" in arn:
        context = {"sessionIssuer": _issuer(account, arn.split("/")[-2])} | context
        if session.get("SourceIdentity"):
            context["sourceIdentity"] = session["SourceIdentity"]
    elif ":user/" in arn:
        identity["userName"] = arn.rsplit("/", 1)[-1]
    return Caller(account, identity | {"sessionContext": context}, by)


def _kind(arn: str) -> str:
    kinds = {":assumed-role/": "AssumedRole", ":federated-user/": "FederatedUser", ":user/": "IAMUser"}
    return next((kind for part, kind in kinds.items() if part in arn), "Root")


def _issuer(account: str, role_name: str) -> dict[str, Any]:
    role = role_named(account, role_name) or {}
    return {
        "type": "Role",
        "principalId": role.get("RoleId", ""),
        "arn": role.get("Arn", f"arn:aws:iam::{account}:role/{role_name}"),
        "accountId": account,
        "userName": role_name,
    }
