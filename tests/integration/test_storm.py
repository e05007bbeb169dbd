"""A storm of alike events in an account whose alerts are grouped: few mails, nothing lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, waiting

ADDRESS = "storm@example.com"
WINDOW = 8
USERS = 40


@pytest.fixture(scope="module")
def account(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Account:
    account = open_account()
    host = {
        "account_id": account.id,
        "iam_alerting_actions": ["iam:CreateUser", "iam:DeleteUser"],
        "iam_alerting_subscribers": [ADDRESS],
        "iam_alerting_group_seconds": WINDOW,
    }
    playbooks.deployed({"stormy": host})
    sandbox.confirm(ADDRESS)
    return account


def told(mails: list[EmailMessage]) -> dict[str, int]:
    """How many events of each action the mails tell of."""
    found: dict[str, int] = {}
    for mail in mails:
        match = re.match(r"[A-Z]+ (?:(\d+) more )?(iam:\w+) by ", mail["Subject"])
        assert match, mail["Subject"]
        found[match[2]] = found.get(match[2], 0) + int(match[1] or 1)
    return found


def test_forty_users_are_a_mail_now_and_a_summary(account: Account, sandbox: Sandbox) -> None:
    iam = account.client("iam")
    for number in range(USERS):
        iam.create_user(UserName=f"user-{number}")
    first = sandbox.wait_for_mails(ADDRESS, 1, timeout=60)
    assert first[0]["Subject"].startswith("CRITICAL iam:CreateUser by OrganizationAccountAccessRole")
    iam.delete_user(UserName="user-0")
    mails = sandbox.wait_for_mails(ADDRESS, 3, timeout=60)
    while told(mails) != {"iam:CreateUser": USERS, "iam:DeleteUser": 1}:
        mails = sandbox.wait_for_mails(ADDRESS, len(mails) + 1, timeout=60)
    # A slow machine may spread the events over more than one window, but never gives each its mail.
    assert len(mails) < USERS / 2
    summary = next(mail for mail in mails if " more " in mail["Subject"])
    assert "stormy" in summary["Subject"]
    assert re.search(r"user user-\d+", summary.get_content())


def test_queue_runs_empty_and_nothing_is_a_dead_letter(account: Account, sandbox: Sandbox) -> None:
    deadline = time.monotonic() + 60
    while waiting(account, "iam-alerting-events"):  # the reminder of the last window
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert waiting(account, "iam-alerting-dlq") == 0
