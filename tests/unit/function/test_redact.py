# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What never reaches a mailbox."""

from __future__ import annotations

import pytest
import redact

# Made up from the alphabet, so that no scanner takes them for real.
SECRET_KEY = "".join(f"{letter}{letter.lower()}0/" for letter in "ABCDEFGHIJ")
SESSION_TOKEN = "IQoJ" + "b3JpZ2luX2Vj" * 10


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "newPassword",
        "MasterUserPassword",
        "secretAccessKey",
        "SecretString",
        "sessionToken",
        "client_secret",
        "privateKey",
        "webIdentityToken",
        "authenticationCode1",
        "sAMLAssertion",
        "x-api-key",
        "Authorization",
        "db-pwd",
        "password:",
        "token:1",
        "arn:aws:secretsmanager:us-east-1:111111111111:secret:app.example:current",
        "token.actions.githubusercontent.com:",
        "login.example.com:password",
        "login.example.com:client_secret",
    ],
)
def test_secret_by_name(name: str) -> None:
    assert redact.is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "userName",
        "minimumPasswordLength",
        "maxPasswordAge",
        "secretId",
        "SecretArn",
        "httpTokens",
        "policyArn",
        "status",
        # Condition keys begin with the host of the identity provider.
        "token.actions.githubusercontent.com:sub",
        "token.actions.githubusercontent.com:job_workflow_ref",
        "vstoken.dev.azure.com:aud",
        "vstoken.dev.azure.com/0123-4567:sub",
    ],
)
def test_settings_and_identifiers_are_no_secrets(name: str) -> None:
    assert not redact.is_secret(name)


def test_boolean_is_never_masked() -> None:
    assert redact.secret_keys({"passwordResetRequired": True, "password": "hunter2", "token": None}) == {"password"}


def test_value_of_a_pair_is_masked_by_the_name_beside_it() -> None:
    assert redact.secret_keys({"parameterKey": "DbPassword", "parameterValue": "hunter2"}) == {"parameterValue"}
    assert redact.secret_keys({"Key": "team", "Value": "platform"}) == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {SECRET_KEY} leaked", "key (masked) leaked"),
        (f"token={SESSION_TOKEN}", "token=(masked)"),
        (SESSION_TOKEN, "(masked)"),
        ("mysql --password=hunter2 -h db", "mysql --password=(masked) -h db"),
        ('{"db_password": "hunter two", "a": 1', '{"db_password": (masked), "a": 1'),
        ("Authorization: Bearer abc.def", "Authorization: (masked)"),
        ("postgres://app:hunter2@db/x", "postgres://app:(masked)@db/x"),
        ("eyJhbGciOiJub25l.eyJzdWIiOiJhbGljZSJ9.c2ln", "(masked)"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIE", "(masked)"),
        ("uses AKIAEXAMPLE000001234.", "uses AKIA...1234."),
    ],
)
def test_secrets_inside_text_are_masked(text: str, shown: str) -> None:
    assert redact.mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:us-east-1:111111111111:secret:prod/db-AbCdEf",
        "is not authorized to perform: secretsmanager:GetSecretValue",
        "The security token included in the request is invalid",
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_what_explains_stays_readable(text: str) -> None:
    assert redact.mask(text) == text
