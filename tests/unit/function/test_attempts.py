# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How bad a call is that came to nothing, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from assess import Assessment, Severity

ADMINISTRATOR = {"roleName": "deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
ALL_OF_IAM = json.dumps({"Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]})


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "One lower than CRITICAL, as the call was denied."),
        ("NoSuchEntityException", "One lower than CRITICAL, as the call failed."),
    ],
)
def test_call_that_came_to_nothing_is_one_lower(judge: Callable[..., Assessment], code: str, said: str) -> None:
    assessment = judge("iam:AttachRolePolicy", ADMINISTRATOR, errorCode=code)
    assert (assessment.severity, assessment.rule) == (Severity.HIGH, "administrator-attached")
    assert assessment.lowered == said
    assert assessment.reason == "Had it succeeded: Policy AdministratorAccess allows everything in the account."
    assert assessment.next.startswith("Nothing was changed.")


@pytest.mark.parametrize("fields", [{}, {"errorCode": "AccessDenied"}])
def test_what_a_policy_allows_is_told_of_attempts_too(judge: Callable[..., Assessment], fields: dict[str, str]) -> None:
    grants = judge("iam:PutRolePolicy", {"policyDocument": ALL_OF_IAM}, **fields).grants
    assert grants == ("allows iam:* on *",)


def test_attempt_of_root_is_told_as_it_is(judge: Callable[..., Assessment]) -> None:
    assessment = judge("iam:CreateUser", errorCode="AccessDenied", userIdentity={"type": "Root"})
    assert assessment.reason == "The root user acted, which ordinary work never needs."


def test_nothing_is_lower_than_low(judge: Callable[..., Assessment]) -> None:
    assessment = judge("iam:DeleteRole", errorCode="AccessDenied")
    assert (assessment.severity, assessment.lowered) == (Severity.LOW, "")
