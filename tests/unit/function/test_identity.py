# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is named as the actor, for every type of identity."""

from __future__ import annotations

from typing import Any

import identity
import pytest

ACCOUNT = "111111111111"
SSO_ROLE = "AWSReservedSSO_Read_Only_0123456789abcdef"


def assumed(role: str, session: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "principalId": f"AROAEXAMPLE:{session}",
        "sessionContext": {"sessionIssuer": {"userName": role}},
    }


@pytest.mark.parametrize(
    ("user_identity", "name", "title"),
    [
        ({"type": "IAMUser", "userName": "alice"}, "alice", "IAM user alice"),
        ({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ops/alice"}, "alice", "IAM user alice"),
        ({"type": "IAMUser", "principalId": "AIDAEXAMPLE"}, "AIDAEXAMPLE", "IAM user AIDAEXAMPLE"),
        ({"type": "IAMUser", "userName": identity.HIDDEN}, "unknown user name", "an unknown user name"),
        ({"type": "Root", "userName": "some-alias"}, "root", "the root user"),
        (assumed(SSO_ROLE, "bob@example.com"), "bob@example.com", "SSO user bob@example.com"),
        (assumed("deploy", "ci-42"), "deploy/ci-42", "role deploy (session ci-42)"),
        (
            {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci-42"},
            "deploy/ci-42",
            "role deploy (session ci-42)",
        ),
        (
            {"type": "AssumedRole", "principalId": "AROAEXAMPLE:ci-42", "sessionContext": {"sessionIssuer": {}}},
            "ci-42",
            "session ci-42",
        ),
        (
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/x/ops"}}},
            "ops",
            "role ops",
        ),
        (
            assumed("AWSServiceRoleForSupport", "support"),
            "AWSServiceRoleForSupport/support",
            "service-linked role AWSServiceRoleForSupport (session support)",
        ),
        (
            {"type": "AWSService", "invokedBy": "support.amazonaws.com"},
            "AWS service support",
            "the AWS service support",
        ),
        ({"type": "AWSService"}, "an AWS service", "an AWS service"),
        (
            {"type": "AWSAccount", "accountId": "222222222222", "principalId": "AROAEXAMPLE:eve"},
            "eve of 222222222222",
            "principal eve of account 222222222222",
        ),
        (
            {"type": "AWSAccount", "accountId": "222222222222"},
            "account 222222222222",
            "another account's principal (222222222222)",
        ),
        (
            {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/frida"},
            "frida",
            "federated user frida",
        ),
        ({"type": "SAMLUser", "userName": "sam"}, "sam", "SAML user sam"),
        ({"type": "WebIdentityUser", "userName": "repo:x/y"}, "repo:x/y", "web identity repo:x/y"),
        (
            {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "a1b2"}},
            "a1b2",
            "Identity Center user a1b2",
        ),
        ({"type": "Unknown", "userName": "dora"}, "dora", "user dora"),
        ({"type": "NewInventedType", "arn": f"arn:aws:iam::{ACCOUNT}:thing/zoe"}, "zoe", "user zoe"),
        ({}, "unknown", "an unknown user"),
        (None, "unknown", "an unknown user"),
        ("alice", "unknown", "an unknown user"),
    ],
)
def test_actor(user_identity: Any, name: str, title: str) -> None:
    actor = identity.resolve(user_identity)
    assert (actor.name, actor.title) == (name, title)


def test_permission_set_of_an_sso_user_is_noted() -> None:
    assert identity.resolve(assumed(SSO_ROLE, "bob@example.com")).notes == ("permission set Read_Only",)


@pytest.mark.parametrize(
    ("path", "title", "user"),
    [
        ("aws-reserved/sso.amazonaws.com/", "SSO user bob", "bob"),
        ("aws-reserved/sso.amazonaws.com/eu-west-1/", "SSO user bob", "bob"),
        ("x:role/aws-reserved/sso.amazonaws.com/", f"role {SSO_ROLE} (session bob)", ""),
        ("x/role/aws-reserved/sso.amazonaws.com/", f"role {SSO_ROLE} (session bob)", ""),
        (None, "SSO user bob", ""),
    ],
)
def test_only_a_role_below_the_reserved_path_vouches_for_the_user(path: str | None, title: str, user: str) -> None:
    user_identity = assumed(SSO_ROLE, "bob")
    if path is not None:
        user_identity["sessionContext"]["sessionIssuer"]["arn"] = f"arn:aws:iam::{ACCOUNT}:role/{path}{SSO_ROLE}"
    actor = identity.resolve(user_identity)
    assert (actor.title, actor.user, actor.group) == (title, user, user or SSO_ROLE)


def test_role_assumed_with_a_web_identity_tells_its_provider() -> None:
    user_identity = assumed("deploy", "ci-42")
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com"
    user_identity["sessionContext"]["webIdFederationData"] = {"federatedProvider": provider}
    assert identity.resolve(user_identity).notes == ("from web identity provider ci.example.com",)


def test_alias_in_a_root_record_is_no_user_name() -> None:
    assert identity.resolve({"type": "Root", "userName": "example-prod"}).notes == ("account alias example-prod",)


def test_root_session_that_the_organization_assumed_is_told_from_a_sign_in() -> None:
    actor = identity.resolve({"type": "Root", "sessionContext": {"assumedRoot": "true"}})
    assert actor.notes == ("session assumed with sts:AssumeRoot",)


def test_service_that_called_for_the_actor_and_source_identity_are_noted() -> None:
    user_identity = assumed("deploy", "ci-42") | {"invokedBy": "cloudformation.amazonaws.com"}
    user_identity["sessionContext"]["sourceIdentity"] = "carol"
    assert identity.resolve(user_identity).notes == ("source identity carol", "through cloudformation.amazonaws.com")


def test_sign_in_names_the_user_that_only_additional_event_data_knows() -> None:
    assert identity.resolve({"type": "Unknown"}, {"UserName": "dora"}).name == "dora"


LONG_TERM = {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE000000001"}


def session(kind: str, mfa: str) -> dict[str, Any]:
    return {"type": kind, "sessionContext": {"attributes": {"mfaAuthenticated": mfa}}}


@pytest.mark.parametrize(
    ("user_identity", "event_name", "additional", "expected"),
    [
        (session("IAMUser", "true"), "CreateUser", None, "yes"),
        (session("IAMUser", "false"), "CreateUser", None, "no"),
        (LONG_TERM, "CreateUser", None, "no (long-term access key)"),
        ({"type": "Root"}, "ConsoleLogin", {"MFAUsed": "Yes"}, "yes"),
        ({"type": "Root"}, "ConsoleLogin", {"MFAUsed": "No"}, "no"),
        ({"type": "IAMUser"}, "ConsoleLogin", None, "unknown"),
        (session("AssumedRole", "true"), "CreateUser", None, "yes"),
        (session("AssumedRole", "false"), "CreateUser", None, ""),
        ({"type": "AssumedRole"}, "ConsoleLogin", {"MFAUsed": "No"}, ""),
        ({"type": "AWSService"}, "CreateUser", None, ""),
    ],
)
def test_mfa_is_told_where_it_means_something(
    user_identity: dict[str, Any], event_name: str, additional: Any, expected: str
) -> None:
    assert identity.mfa(user_identity, event_name, additional) == expected
