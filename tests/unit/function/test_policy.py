# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read in policy documents, in whatever form they come."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import policy
import pytest

ACCOUNT = "111111111111"
ROLE = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def described(statement: Any) -> list[str]:
    return policy.describe(policy.statements({"policyDocument": {"Statement": statement}}), ACCOUNT)


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, "grants admin: * on *"),
        ({"Effect": "Allow", "Action": ["s3:GetObject", "*:*"], "Resource": ["*"]}, "grants admin: * on *"),
        ({"effect": "Allow", "ACTION": "*", "resource": "*"}, "grants admin: * on *"),
        (
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}},
            "grants admin: * on * under conditions",
        ),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:x"}, "grants admin: * on all but arn:x"),
        ({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, "allows iam:PassRole on *"),
        ({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}, "allows * on arn:aws:s3:::b"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "allows everything but iam:* on *"),
        ({"Effect": "Allow", "Action": list("abcdef"), "Resource": "*"}, "allows a, b, c, d and 2 more on *"),
        ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "denies s3:* on *"),
        ({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}, "denies all but s3:* on *"),
        ({**ROLE, "Principal": "*"}, "trusts everyone"),
        ({**ROLE, "Principal": {"AWS": "*"}}, "trusts everyone"),
        ({**ROLE, "Principal": {"AWS": "222222222222"}}, "trusts account 222222222222"),
        ({**ROLE, "Principal": {"AWS": "arn:aws-cn:iam::222222222222:root"}}, "trusts account 222222222222"),
        ({**ROLE, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, "trusts this account"),
        ({**ROLE, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}}, "trusts role/x of this account"),
        ({**ROLE, "Principal": {"AWS": "AROAEXAMPLE"}}, "trusts AROAEXAMPLE"),
        ({**ROLE, "Principal": {"Service": "lambda.amazonaws.com"}}, "trusts the AWS service lambda"),
        ({**ROLE, "NotPrincipal": {"AWS": "222222222222"}}, "trusts everyone but account 222222222222"),
        ({**ROLE, "Effect": "Deny", "Principal": "*"}, "does not trust everyone"),
        (
            {
                **ROLE,
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com"},
                "Condition": {"StringEquals": {"ci.example.com:aud": "x"}},
            },
            "trusts the identity provider ci.example.com under conditions",
        ),
    ],
)
def test_statement_in_words(statement: Any, line: str) -> None:
    assert described(statement) == [line]


def test_every_principal_is_named_once() -> None:
    principals = {"AWS": ["222222222222", "arn:aws:iam::222222222222:root"], "Service": "ec2.amazonaws.com"}
    assert described({**ROLE, "Principal": principals}) == ["trusts account 222222222222", "trusts the AWS service ec2"]


def test_many_statements_are_counted() -> None:
    lines = described([{"Effect": "Allow", "Action": f"s3:Get{number}", "Resource": "*"} for number in range(9)])
    assert lines[0] == "allows s3:Get0 on *"
    assert lines[4:] == ["and 5 more"]


DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@pytest.mark.parametrize(
    "parameters",
    [
        {"policyDocument": DOCUMENT},
        {"assumeRolePolicyDocument": DOCUMENT},
        {"policyDocument": quote(DOCUMENT)},
        {"policyDocument": json.loads(DOCUMENT)},
        {"policyDocument": f"\n  {DOCUMENT}"},
    ],
)
def test_document_is_found_in_every_form(parameters: dict[str, Any]) -> None:
    assert policy.describe(policy.statements(parameters), ACCOUNT) == ["grants admin: * on *"]


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        "text",
        [],
        {},
        {"policyDocument": None},
        {"policyDocument": "{broken"},
        {"policyDocument": "[1]"},
        {"policyDocument": {"Statement": None}},
        {"policyDocument": {"Statement": ["x", 1, None]}},
        {"policyDocument": {"Statement": [{"Effect": "Allow"}] * 301}},
    ],
)
def test_what_cannot_be_read_has_no_statements(parameters: Any) -> None:
    assert policy.statements(parameters) == ()


@pytest.mark.parametrize(
    "statement", [{}, {"Effect": 1, "Action": {"a": 1}, "Resource": [None, [1]], "Principal": {"AWS": {"x": 1}}}]
)
def test_statement_of_any_shape_is_taken(statement: Any) -> None:
    assert isinstance(described(statement), list)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("iam:PassRole", True),
        ("IAM:passrole", True),
        ("iam:*", True),
        ("*", True),
        ("*:Pass*", True),
        ("iam:Pass?ole", True),
        ("iam:*Role", True),
        ("iam:*R*o*e*", True),
        ("iam:Pass", False),
        ("iam:*x", False),
        ("iam:PassRole?", False),
        ("s3:*", False),
    ],
)
def test_wildcards(pattern: str, meant: bool) -> None:
    statement = policy.statements({"policyDocument": {"Statement": {"Effect": "Allow", "Action": pattern}}})[0]
    assert statement.names_action("iam:passrole") is meant


def on(*resources: str, action: str = "iam:PassRole") -> policy.Statement:
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    return policy.statements({"policyDocument": {"Statement": statement}})[0]


@pytest.mark.parametrize("pattern", ["*", "**", "?*", "*?", "*:*", "?*:?*"])
def test_whatever_pattern_stands_for_everything_is_admin(pattern: str) -> None:
    assert on(pattern).on_everything
    assert on("arn:aws:s3:::x", pattern, action=pattern).grants_admin


@pytest.mark.parametrize("pattern", ["??", "?", "arn:aws:s3:::?*", "i*:*"])
def test_what_stands_for_less_is_not_admin(pattern: str) -> None:
    assert not on(pattern, action="*").grants_admin
    assert not on("*", action=pattern).grants_admin


KIND = ["*", "**", "?*", "*?", "*/*", "*/?*", "role/*", "role/?*", "role/*?", "role/**", "role/???*", "role*", "r*"]


@pytest.mark.parametrize(
    "pattern", [*KIND, "ro?e/*", "*e/*", "u*", "user/?*", "g*", "group/*", "p*", "policy/?*", "*licy/*"]
)
@pytest.mark.parametrize("before", ["arn:aws:iam::*:", "arn:aws:iam::111111111111:", "arn:aws:iam:*:*:", "*:", ""])
def test_whatever_pattern_stands_for_all_roles_users_or_policies(before: str, pattern: str) -> None:
    assert on("arn:aws:iam::111111111111:role/deploy", before + pattern).on_all_of_a_kind


@pytest.mark.parametrize(
    "pattern", ["arn:*", "arn:aws:*", "arn:aws:iam::*", "arn:aws:iam::111111111111*", "arn:aws:iam::1*"]
)
def test_a_pattern_may_end_before_the_resource(pattern: str) -> None:
    assert on(pattern).on_all_of_a_kind


@pytest.mark.parametrize(
    "pattern",
    [
        *("role/a*", "role/*a", "role/z*", "role/team/*", "role/?", "role/deploy", "role/????", "*deploy", "user/a?*"),
        *("*a*", "policy/x*", "role", "r", "mfa/*", ""),
    ],
)
def test_some_of_a_kind_are_not_all(pattern: str) -> None:
    assert not on(f"arn:aws:iam::111111111111:{pattern}").on_all_of_a_kind


def test_hostile_resources_take_no_time() -> None:
    resources = [f"arn:aws:iam::*:*{'a' * 10}{number}" for number in range(3000)]
    begun = time.process_time()
    assert not on(*resources).on_all_of_a_kind
    assert time.process_time() - begun < 1


def test_hostile_wildcards_take_no_time() -> None:
    action = "*a" * 5000
    statement = policy.statements({"policyDocument": {"Statement": {"Effect": "Allow", "Action": action}}})[0]
    assert not statement.names_action("iam:" + "a" * 60)
