"""What the plan says before anything is done, and what it refuses."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration import others
from tests.integration.conftest import Playbooks
from tests.integration.hands import download
from tests.integration.live import Account, resources

ALL = "bucket, trail, topic, queue, log_group, execution_role, function, rule, alarms, tampering_rule"
MOST_READS = 28


@pytest.fixture(scope="module")
def account(open_account: Callable[[], Account]) -> Account:
    return open_account()


def hosts(account: Account, **variables: Any) -> dict[str, dict[str, Any]]:
    return {"production": {"account_id": account.id, **variables}}


def test_a_check_of_an_empty_account_announces_all_and_writes_nothing(
    account: Account, playbooks: Playbooks, sandbox: Sandbox
) -> None:
    run = playbooks.run("deploy", hosts(account), "--check", "--diff")
    assert run.status == 0, run.output
    assert run.outcome("production") == f"would change: {ALL}"
    assert run.changed() == {"production": 1}
    for component in ALL.split(", "):
        assert f"--- before: {component} (absent)" in run.output
    assert sandbox.calls(account.id, writes=True) == []


def test_components_limit_what_is_done(account: Account, playbooks: Playbooks) -> None:
    run = playbooks.run("deploy", hosts(account, iam_alerting_components=["queue", "topic"]))
    assert run.status == 0, run.output
    assert run.outcome("production") == "changed: topic, queue"
    assert {kind for kind, found in resources(account).items() if found} == {"topics", "queues"}


def test_a_real_run_does_what_the_check_before_it_said(account: Account, playbooks: Playbooks) -> None:
    announced = playbooks.run("deploy", hosts(account), "--check").outcome("production")
    parts = ("bucket", "trail", "log_group", "execution_role", "function", "rule", "alarms", "tampering_rule")
    assert announced == f"would change: {', '.join(parts)}"
    run = playbooks.run("deploy", hosts(account), "--diff")
    assert run.outcome("production") == announced.replace("would change", "changed")
    for component in parts:
        assert run.output.count(f"--- before: {component} (absent)") == 1


@pytest.mark.parametrize("options", [(), ("--check", "--diff")])
def test_in_sync_costs_a_few_reads(
    options: tuple[str, ...], account: Account, playbooks: Playbooks, sandbox: Sandbox
) -> None:
    sandbox.clear_calls(account.id)
    run = playbooks.run("deploy", hosts(account), *options)
    assert run.outcome("production") == "in sync"
    assert run.changed() == {"production": 0}
    assert "--- before" not in run.output
    assert len(sandbox.calls(account.id)) <= MOST_READS
    assert sandbox.calls(account.id, writes=True) == []


def test_code_that_another_zlib_packed_is_the_same(account: Account, playbooks: Playbooks) -> None:
    client = account.client("lambda")
    package = download(client.get_function(FunctionName="iam-alerting")["Code"]["Location"])
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(stored, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            member.compress_type = zipfile.ZIP_STORED
            new.writestr(member, data)
    before = client.get_function(FunctionName="iam-alerting")["Configuration"]["CodeSha256"]
    after = client.update_function_code(FunctionName="iam-alerting", ZipFile=stored.getvalue())["CodeSha256"]
    assert after != before
    assert playbooks.run("deploy", hosts(account)).outcome("production") == "in sync"


def test_a_check_of_teardown_names_what_would_go_and_writes_nothing(
    account: Account, playbooks: Playbooks, sandbox: Sandbox
) -> None:
    sandbox.clear_calls(account.id)
    run = playbooks.run("teardown", hosts(account), "--check")
    assert run.status == 0, run.output
    rest = ALL.removeprefix("bucket, ")
    assert run.outcome("production").startswith(f"would remove: {rest}; kept the log files in bucket iam-alerting-")
    assert sandbox.calls(account.id, writes=True) == []


UNREADABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "denied": (
        {"service": "sns", "operation": "GetTopicAttributes", "error": "AuthorizationError", "status": 403},
        ("GetTopicAttributes", "AuthorizationError", "topic arn:aws:sns:us-east-1:"),
    ),
    "denied-tags": (
        {"service": "tagging", "operation": "GetResources", "error": "AccessDeniedException", "status": 400},
        ("GetResources", "AccessDeniedException", "trailwatch=iam-alerting"),
    ),
    "throttled": (
        {"service": "events", "operation": "ListRules", "error": "ThrottlingException", "status": 400},
        ("ListRules", "ThrottlingException", "reached max retries", "the rules of event bus default"),
    ),
    "broken": (
        {"service": "iam", "operation": "GetRole", "error": "ServiceFailure", "status": 500},
        ("GetRole", "ServiceFailure", "role iam-alerting-function"),
    ),
}


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_what_cannot_be_read_is_not_taken_for_absent(
    options: tuple[str, ...], playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    accounts = {name: open_account() for name in UNREADABLE}
    for name, (fault, _) in UNREADABLE.items():
        sandbox.fault(accounts[name].id, **fault)
    run = playbooks.run("deploy", {name: {"account_id": account.id} for name, account in accounts.items()}, *options)
    assert run.status != 0
    for name, (_, told) in UNREADABLE.items():
        line = run.outcome(name)
        assert line.startswith("FAILED: ")
        assert all(word in line for word in told), line
        assert sandbox.calls(accounts[name].id, writes=True) == []


def test_an_endpoint_that_is_down_is_named(
    sandbox: Sandbox, open_account: Callable[[], Account], tmp_path: Any
) -> None:
    account = open_account()
    down = Playbooks(tmp_path, {**sandbox.environment(), "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9"})
    line = down.run("deploy", hosts(account), "--check").outcome("production")
    assert line.startswith("FAILED: ")
    assert "find queue iam-alerting-dlq" in line
    assert "http://127.0.0.1:9" in line


def foreign_trail(account: Account, sandbox: Sandbox) -> None:
    others.trail(account, "iam-alerting")


def foreign_function(account: Account, sandbox: Sandbox) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = account.client("iam").create_role(RoleName="others", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("own.py", "def handler(event, context):\n    pass\n")
    account.client("lambda").create_function(
        FunctionName="iam-alerting",
        Runtime="python3.13",
        Handler="own.handler",
        Role=role,
        Code={"ZipFile": package.getvalue()},
    )


def foreign_bucket(account: Account, sandbox: Sandbox) -> None:
    other = Account("888888888888", account.environment)
    sandbox.add_accounts(other.id)
    other.client("s3").create_bucket(Bucket=f"iam-alerting-{account.id}-us-east-1")


REFUSED = {
    "trail": (foreign_trail, ("trail iam-alerting that is not ours", "others-", "iam_alerting_name")),
    "function": (foreign_function, ("function iam-alerting that is not ours", "role/others", "iam_alerting_name")),
    "bucket": (foreign_bucket, ("bucket iam-alerting-", "another account", "iam_alerting_name")),
}


@pytest.mark.parametrize("playbook", ["deploy", "teardown"])
def test_what_is_somebody_elses_is_refused_and_stays(
    playbook: str, playbooks: Playbooks, sandbox: Sandbox, open_account: Callable[[], Account]
) -> None:
    accounts = {name: open_account() for name in REFUSED}
    for name, (make, _) in REFUSED.items():
        make(accounts[name], sandbox)
        sandbox.clear_calls(accounts[name].id)
    run = playbooks.run(playbook, {name: {"account_id": account.id} for name, account in accounts.items()})
    assert run.status != 0
    for name, (_, told) in REFUSED.items():
        line = run.outcome(name)
        assert line.startswith("FAILED: ")
        assert all(word in line for word in told), line
        assert sandbox.calls(accounts[name].id, writes=True) == []
