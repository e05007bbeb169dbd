"""One sandbox for the session; each test has an account of its own in it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.sandbox.small_pipeline import Account


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running sandbox."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


_numbers = itertools.count(111111110001)


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    """A member account, nothing in it, entered through its OrganizationAccountAccessRole."""
    number = str(next(_numbers))
    sandbox.add_accounts(number)
    return Account(sandbox, number)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Poll until something is truthy; the last value at the deadline."""

    def poll(ask: Callable[[], Any], timeout: float = 10) -> Any:
        deadline = time.monotonic() + timeout
        while not (found := ask()) and time.monotonic() < deadline:
            time.sleep(0.03)
        return found

    return poll


@pytest.fixture
def messages(eventually: Callable[..., Any]) -> Callable[..., Any]:
    """The first message that appears on a queue: body (parsed) and attributes; None at the timeout."""

    def receive(account: Account, queue: str, timeout: float = 10) -> tuple[Any, dict[str, str]] | None:
        sqs = account.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]

        def ask() -> list[dict[str, Any]]:
            return sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])

        found = eventually(ask, timeout)
        if not found:
            return None
        attributes = {name: value["StringValue"] for name, value in found[0].get("MessageAttributes", {}).items()}
        return json.loads(found[0]["Body"]), attributes

    return receive
