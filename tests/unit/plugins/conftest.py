# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account out of moto, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

AMAZON_AWS = "ansible_collections.amazon.aws.plugins.module_utils"
SESSION = boto3.Session("key-id-of-the-unit-tests", "secret-of-the-unit-tests")


@cache
def client(service: str, region_name: str = "us-east-1") -> Any:
    return SESSION.client(service, region_name=region_name)


def connection(_module: Any, resource: str, region: str, **_settings: Any) -> Any:
    return client(resource, region)


@contextmanager
def account_of_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty account of moto's, with credentials and region in the environment; gives the account's number."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key-id-of-the-unit-tests",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-unit-tests",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_URL"):
        monkeypatch.delenv(name, raising=False)
    # To make a client costs more than all calls of a test; moto answers whatever client there is.
    monkeypatch.setattr(f"{AMAZON_AWS}.modules.boto3_conn", connection)
    monkeypatch.setattr(boto3, "client", client)
    with mock_aws():
        yield "123456789012"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As C(account_of_moto), for one test."""
    with account_of_moto(monkeypatch) as number:
        yield number


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between retries, in seconds; none is really made."""
    made: list[float] = []
    monkeypatch.setattr(f"{AMAZON_AWS}.cloud.time.sleep", made.append)
    return made
