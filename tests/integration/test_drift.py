"""What a hand changes is found, named, announced, mended; whatever of it the role manages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.drift import GROUPING_ROWS, ROWS, Row
from tests.integration.hands import FORWARDING_REGION, tidy
from tests.integration.live import Account, resources, rules
from tests.integration.specification import specification
from tests.integration.specification_options import (
    forwarder_rule,
    grouped,
    heartbeat_rule,
    with_fallback,
    with_forwarder_role,
    with_heartbeat_alarm,
    with_key,
)

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
FALLBACK = "on-call@example.com"
SECONDS = 300
CONCURRENCY = 5
MINUTES = 15
# What is forwarded if the list is about IAM alone.
OF_TRAILS = {
    "source": ["aws.cloudtrail"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "eventSource": ["cloudtrail.amazonaws.com"],
        "eventName": ["DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"],
    },
}
GROUPED = {
    "iam_alerting_group_seconds": SECONDS,
    "iam_alerting_reserved_concurrency": CONCURRENCY,
    "iam_alerting_heartbeat_minutes": MINUTES,
    "iam_alerting_customer_key": True,
    "iam_alerting_forwarding_regions": [FORWARDING_REGION],
}


def dealt(prefix: str, rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    """The rows by account: each in the first one where it neither hides another nor is hidden."""
    accounts: list[list[Row]] = []
    for row in rows:
        fitting = (account for account in accounts if all(row.goes_with(other) for other in account))
        account = next(fitting, None)
        if account is None:
            accounts.append([row])
        else:
            account.append(row)
    return {f"{prefix}-{number:02}": account for number, account in enumerate(accounts, 1)}


def is_grouped(name: str) -> bool:
    return name.startswith("grouped")


def specified(name: str, account: Account) -> dict[str, Any]:
    if is_grouped(name):
        document = grouped(account.id, name, ACTIONS, [SUBSCRIBER], SECONDS)
        document["functions"]["iam-alerting"]["at most"] = CONCURRENCY
        document["rules"]["iam-alerting-heartbeat"] = heartbeat_rule(account.id, MINUTES, queue="iam-alerting-events")
        with_heartbeat_alarm(document, MINUTES)
        with_forwarder_role(document, account.id)
        key = account.client("kms").describe_key(KeyId="alias/iam-alerting")["KeyMetadata"]["Arn"]
        return with_key(account.id, document, key)
    return with_fallback(specification(account.id, name, ACTIONS, [SUBSCRIBER]), account.id, FALLBACK)


class Drift:
    """Accounts that were deployed, changed by hand, checked, deployed and checked again; all in one run each."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox = sandbox
        self.rows = dealt("drift", ROWS) | dealt("grouped", GROUPING_ROWS)
        self.accounts = {name: open_account() for name in self.rows}
        playbooks.deployed(self.hosts())
        sandbox.confirm(SUBSCRIBER)
        sandbox.confirm(FALLBACK)
        for name, rows in self.rows.items():
            for row in rows:
                row.hand(self.accounts[name])
            sandbox.clear_calls(self.accounts[name].id)
        self.checked = playbooks.run("deploy", self.hosts(), "--check", "--diff")
        self.written = {name: sandbox.calls(account.id, writes=True) for name, account in self.accounts.items()}
        self.mended = playbooks.run("deploy", self.hosts())
        self.second = playbooks.run("deploy", self.hosts(), "--check", "--diff")

    def hosts(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            name: {
                "account_id": account.id,
                "iam_alerting_actions": ACTIONS,
                "iam_alerting_subscribers": [SUBSCRIBER],
                "iam_alerting_purge_subscribers": True,
                **(GROUPED if is_grouped(name) else {"iam_alerting_fallback": FALLBACK}),
            }
            for name, account in self.accounts.items()
        }


@pytest.fixture(scope="module")
def drift(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Drift:
    return Drift(sandbox, playbooks, open_account)


def named(run: Run) -> dict[str, set[str]]:
    """By host, the components and attributes that a run's diff is about."""
    found: dict[str, set[str]] = defaultdict(set)
    titles: set[str] = set()
    for line in run.output.splitlines():
        if match := re.match(r"--- before: (.*) \((?:live|absent)\)$", line):
            titles.add(match[1])
        if match := re.match(r"changed: \[(.*)\]$", line):
            found[match[1]] |= titles
            titles = set()
    return found


def test_each_change_is_found_and_named_and_nothing_else(drift: Drift) -> None:
    assert drift.checked.status == 0, drift.checked.output
    expected = {name: set().union(*(row.named for row in rows)) for name, rows in drift.rows.items()}
    assert named(drift.checked) == expected


def test_a_check_writes_nothing(drift: Drift) -> None:
    assert drift.written == {name: [] for name in drift.accounts}


def test_what_was_announced_is_what_is_changed(drift: Drift) -> None:
    assert drift.mended.status == 0, drift.mended.output
    for name in drift.accounts:
        announced = drift.checked.outcome(name).split(";")[0]
        assert drift.mended.outcome(name).split(";")[0] == announced.replace("would change", "changed")


def test_a_second_check_finds_nothing(drift: Drift) -> None:
    assert named(drift.second) == {}
    assert all(drift.second.outcome(name).startswith("in sync") for name in drift.accounts)


def test_every_account_is_as_specified_again(drift: Drift) -> None:
    for name, account in drift.accounts.items():
        tidy(account)
        assert resources(account) == specified(name, account), name
        elsewhere = rules(account.client("events", FORWARDING_REGION))
        assert elsewhere == (forwarder_rule(account.id, OF_TRAILS) if is_grouped(name) else {}), name
