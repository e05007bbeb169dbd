# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What event rules act on, in an account out of moto."""

from __future__ import annotations

import io
import zipfile

import boto3
import pytest


@pytest.fixture
def events(account):
    return boto3.client("events")


@pytest.fixture
def functions(account):
    return boto3.client("lambda")


@pytest.fixture
def function(account, functions):
    """A function, by its ARN; call it for one of another name."""
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "")

    def make(name="f"):
        return functions.create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f", Code={"ZipFile": code.getvalue()}
        )["FunctionArn"]

    return make
