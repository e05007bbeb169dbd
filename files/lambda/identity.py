# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: N815  fields bear CloudTrail's names
"""Who acted: CloudTrail's userIdentity resolved to the human or workload behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shape import dig, first_text, is_true, mapping, text

UNKNOWN = "unknown"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
SIGN_INS = ("ConsoleLogin", "CheckMfa")

_SSO_PATH = "role/aws-reserved/sso.amazonaws.com/"  # nobody but AWS makes roles below it
_SSO_ROLE = re.compile(r"AWSReservedSSO_(?P<permission_set>.+)_[0-9a-f]{16}")


class Actor(NamedTuple):
    """Who acted.

    `name` is the shortest thing that tells the actor apart, `title` the name with what kind of actor it is, and
    `notes` what else is known. `role` is the role that a session belongs to, `user` the person behind the call where
    AWS vouches for the name: an IAM user, or one of Identity Center. Texts are as recorded: whoever prints them makes
    them safe.
    """

    name: str
    title: str
    notes: tuple[str, ...] = ()
    type: str = ""
    arn: str = ""
    accountId: str = ""
    accessKeyId: str = ""
    role: str = ""
    user: str = ""

    @property
    def group(self) -> str:
        """The name that stays the same from session to session: whoever assumes a role chooses the session's name."""
        return self.user or self.role or self.name


def resolve(user_identity: object, additional: object = None) -> Actor:
    """The actor of a userIdentity of any shape; `additional` is the record's additionalEventData."""
    identity = mapping(user_identity)
    read = _READERS.get(text(identity.get("type")), _other)
    name, title, notes, role, user = read(identity)
    if name == UNKNOWN and text(dig(additional, "UserName")):
        name, title = _titled("user", text(dig(additional, "UserName")))
    return Actor(
        name=name,
        title=title,
        notes=tuple(note for note in (*notes, *_circumstances(identity)) if note),
        role=role,
        user=user,
        type=text(identity.get("type")),
        arn=text(identity.get("arn")),
        accountId=first_text(identity.get("accountId"), dig(identity, "sessionContext", "sessionIssuer", "accountId")),
        accessKeyId=text(identity.get("accessKeyId")),
    )


def mfa(user_identity: object, event_name: str, additional: object) -> str:
    """Whether MFA was used: yes, no or unknown, or empty where the record's answer would mean nothing.

    It means something for the root user and IAM users. The sessions of roles say no also where the identity
    provider asked for MFA, so that only their yes counts.
    """
    identity = mapping(user_identity)
    stated = first_text(
        dig(additional, "MFAUsed") if event_name in SIGN_INS else None,
        dig(identity, "sessionContext", "attributes", "mfaAuthenticated"),
    ).lower()
    if stated in ("yes", "true"):
        return "yes"
    if text(identity.get("type")) not in ("Root", "IAMUser"):
        return ""
    if stated in ("no", "false"):
        return "no"
    long_term_key = text(identity.get("accessKeyId")).startswith("AKIA") and not identity.get("sessionContext")
    return "no (long-term access key)" if long_term_key else "unknown"


class _Reading(NamedTuple):
    name: str
    title: str
    notes: tuple[str, ...] = ()
    role: str = ""
    user: str = ""


def _root(identity: Mapping[str, Any]) -> _Reading:
    alias = text(identity.get("userName"))
    assumed = is_true(dig(identity, "sessionContext", "assumedRoot"))
    return _Reading(
        "root",
        "the root user",
        (f"account alias {alias}" if alias else "", "session assumed with sts:AssumeRoot" if assumed else ""),
    )


def _iam_user(identity: Mapping[str, Any]) -> _Reading:
    if identity.get("userName") == HIDDEN:
        return _Reading(
            "unknown user name",
            "an unknown user name",
            ("no such user; CloudTrail hides the name, it may be a password typed in the wrong place",),
        )
    name = first_text(identity.get("userName"), _tail(identity.get("arn")), identity.get("principalId"))
    return _Reading(*_titled("IAM user", name), user=name)


def _assumed_role(identity: Mapping[str, Any]) -> _Reading:
    arn = text(identity.get("arn")).split(":", 5)[-1].split("/")
    issuer = mapping(dig(identity, "sessionContext", "sessionIssuer"))
    role = first_text(issuer.get("userName"), arn[1] if len(arn) > 2 else "", _tail(issuer.get("arn")))
    session = arn[-1] if len(arn) > 2 else _after_colon(identity.get("principalId"))
    issuer_arn = text(issuer.get("arn"))
    permission_set = _permission_set(role, issuer_arn)
    if permission_set and session:
        vouched = session if issuer_arn else ""
        return _Reading(session, f"SSO user {session}", (f"permission set {permission_set}",), role, vouched)
    if not role:
        return _Reading(*_titled("session", first_text(session, identity.get("principalId"))), ("of an unknown role",))
    kind = "service-linked role" if role.startswith("AWSServiceRoleFor") else "role"
    if not session:
        return _Reading(role, f"{kind} {role}", (), role)
    return _Reading(f"{role}/{session}", f"{kind} {role} (session {session})", (), role)


def _permission_set(role: str, issuer_arn: str) -> str:
    """The permission set of a role of Identity Center; empty for other roles, also those that only bear such a name.

    Without the ARN, which a sign-in to the console may lack, it is the set of one that may be genuine.
    """
    sso = _SSO_ROLE.fullmatch(role)
    genuine = not issuer_arn or issuer_arn.split(":", 5)[-1].startswith(_SSO_PATH)
    return sso.group("permission_set") if sso and genuine else ""


def _aws_service(identity: Mapping[str, Any]) -> _Reading:
    service = first_text(identity.get("invokedBy"), identity.get("userName"), identity.get("principalId"))
    name = service.removesuffix(".cn").removesuffix(".amazonaws.com").removesuffix(".amazonaws.eu")
    if not name:
        return _Reading("an AWS service", "an AWS service")
    return _Reading(f"AWS service {name}", f"the AWS service {name}")


def _aws_account(identity: Mapping[str, Any]) -> _Reading:
    account = text(identity.get("accountId")) or UNKNOWN
    principal = first_text(_after_colon(identity.get("principalId")), identity.get("principalId"))
    if not principal:
        return _Reading(f"account {account}", f"another account's principal ({account})")
    return _Reading(f"{principal} of {account}", f"principal {principal} of account {account}")


def _federated_user(identity: Mapping[str, Any]) -> _Reading:
    issuer = mapping(dig(identity, "sessionContext", "sessionIssuer"))
    name = first_text(
        identity.get("userName"),
        _tail(identity.get("arn")),
        _after_colon(identity.get("principalId")),
    )
    issued_by = first_text(issuer.get("userName"), issuer.get("arn"))
    return _Reading(*_titled("federated user", name), (f"session issued by {issued_by}" if issued_by else "",))


def _provider_user(identity: Mapping[str, Any]) -> _Reading:
    kind = "SAML user" if identity.get("type") == "SAMLUser" else "web identity"
    provider = text(identity.get("identityProvider"))
    name = first_text(identity.get("userName"), identity.get("principalId"))
    return _Reading(*_titled(kind, name), (f"from provider {provider}" if provider else "",))


def _identity_center_user(identity: Mapping[str, Any]) -> _Reading:
    name = first_text(
        identity.get("userName"), dig(identity, "onBehalfOf", "userId"), _after_colon(identity.get("principalId"))
    )
    return _Reading(*_titled("Identity Center user", name), user=name)


def _other(identity: Mapping[str, Any]) -> _Reading:
    name = first_text(
        _tail(identity.get("arn")),
        identity.get("userName") if identity.get("userName") != HIDDEN else "",
        identity.get("invokedBy"),
        dig(identity, "onBehalfOf", "userId"),
        identity.get("principalId"),
    )
    kind = text(identity.get("type"))
    return _Reading(*_titled("user", name), (f"identity type {kind}" if kind else "",))


_READERS: dict[str, Callable[[Mapping[str, Any]], _Reading]] = {
    "Root": _root,
    "IAMUser": _iam_user,
    "AssumedRole": _assumed_role,
    "Role": _assumed_role,
    "AWSService": _aws_service,
    "AWSAccount": _aws_account,
    "FederatedUser": _federated_user,
    "SAMLUser": _provider_user,
    "WebIdentityUser": _provider_user,
    "IdentityCenterUser": _identity_center_user,
}


def _circumstances(identity: Mapping[str, Any]) -> tuple[str, ...]:
    """What the identity says about how the actor came to act."""
    session = mapping(identity.get("sessionContext"))
    source = text(session.get("sourceIdentity"))
    provider = text(dig(session, "webIdFederationData", "federatedProvider")).rpartition(":oidc-provider/")[2]
    through = text(identity.get("invokedBy")) if identity.get("type") != "AWSService" else ""
    return (
        f"source identity {source}" if source else "",
        f"from web identity provider {provider}" if provider else "",
        f"through {through}" if through else "",
    )


def _titled(kind: str, name: str) -> tuple[str, str]:
    return (name, f"{kind} {name}") if name else (UNKNOWN, f"an unknown {kind}")


def _tail(arn: object) -> str:
    """The last part of an ARN's path: the name of the thing."""
    return text(arn).rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _after_colon(principal_id: object) -> str:
    return text(principal_id).partition(":")[2]
