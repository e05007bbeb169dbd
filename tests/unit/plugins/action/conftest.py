# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts out of moto, as the action plugins enter them: an empty one, and one in which everything is deployed."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.action import stack_plan
from ansible_collections.trailwatch.aws.plugins.module_utils import account as access
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import clients
from ansible_collections.trailwatch.aws.plugins.plugin_utils import entering
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.deployed import EVERYTHING, deploy
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import run
from ansible_collections.trailwatch.aws.tests.unit.plugins.conftest import account_of_moto
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering

# What moto does not have: IAM would allow all, and CloudTrail remembers nothing.
NOT_OF_MOTO: dict[str, Any] = {"SimulatePrincipalPolicy": {"EvaluationResults": []}, "LookupEvents": {"Events": []}}


@functools.cache
def made_once() -> clients.Clients:
    """The clients, which cost far more to make than all calls of a test."""
    return clients.Clients("us-east-1")


@contextmanager
def entered(monkeypatch: pytest.MonkeyPatch) -> Iterator[clients.Clients]:
    """An account and the clients that the plugins use in it."""
    made = made_once()
    # The default of an argument is what it was when the module was loaded.
    monkeypatch.setattr(entering.entered.__wrapped__, "__defaults__", (lambda _region: made,))  # type: ignore[attr-defined]
    monkeypatch.setattr(clients, "clients_of", lambda _region: made)
    cached = (access.sts_client, access._session_of, access._botocore_session)
    for each in cached:
        each.cache_clear()
    try:
        with account_of_moto(monkeypatch), answering(**NOT_OF_MOTO):
            yield made
    finally:
        for each in cached:
            each.cache_clear()


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[clients.Clients]:
    """The clients of an account with nothing in it."""
    with entered(monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def deployed() -> Iterator[clients.Clients]:
    """The clients of an account in which everything is deployed, for tests that change nothing there."""
    with pytest.MonkeyPatch.context() as monkeypatch, entered(monkeypatch) as made:
        # The others name the key by its ARN, which is known once it is there.
        for components in (["key"], []):
            deploy(made, run(stack_plan, settings=EVERYTHING, components=components))
        yield made
