"""Teardown takes all away but the evidence, and that too if it is told to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources


@pytest.fixture(scope="module")
def account(playbooks: Playbooks, open_account: Callable[[], Account]) -> Account:
    account = open_account()
    playbooks.deployed(hosts(account))
    return account


def hosts(account: Account) -> dict[str, dict[str, str]]:
    return {"archive": {"account_id": account.id}}


def test_everything_goes_but_the_bucket_which_is_named(account: Account, playbooks: Playbooks) -> None:
    bucket = f"iam-alerting-{account.id}-us-east-1"
    run = playbooks.run("teardown", hosts(account))
    assert run.status == 0, run.output
    assert run.outcome("archive").startswith(f"removed; kept the log files in bucket {bucket}")
    left = {kind: list(found) for kind, found in resources(account).items() if found}
    assert left == {"buckets": [bucket]}


def test_a_second_teardown_changes_nothing(account: Account, playbooks: Playbooks, sandbox: Sandbox) -> None:
    sandbox.clear_calls(account.id)
    run = playbooks.run("teardown", hosts(account))
    assert run.status == 0, run.output
    assert run.changed() == {"archive": 0}, run.output
    assert [call["eventName"] for call in sandbox.calls(account.id, writes=True)] == []


def test_a_kept_bucket_serves_the_next_deploy(account: Account, playbooks: Playbooks) -> None:
    run = playbooks.run("deploy", hosts(account), "-e", '{"iam_alerting_components": ["bucket", "trail"]}')
    assert run.status == 0, run.output
    assert list(resources(account)["trails"]) == ["iam-alerting"]


def test_the_log_files_go_too_if_it_is_said(account: Account, playbooks: Playbooks) -> None:
    s3 = account.client("s3")
    bucket = f"iam-alerting-{account.id}-us-east-1"
    # What came while versioning was suspended by hand has a version of its own kind.
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="AWSLogs/meanwhile", Body=b"0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="AWSLogs/one", Body=b"1")
    s3.put_object(Bucket=bucket, Key="AWSLogs/one", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="AWSLogs/one")
    run = playbooks.run("teardown", hosts(account), "-e", "iam_alerting_delete_logs=true")
    assert run.status == 0, run.output
    assert run.outcome("archive") == "removed, with all log files"
    assert {kind: found for kind, found in resources(account).items() if found} == {}
