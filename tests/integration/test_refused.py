"""What is refused before anything is changed, and accounts that fail beside others that do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources

BAD_VARIABLES: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt-action": ({"iam_alerting_actions": ["iam:CreateUsr"]}, "iam:CreateUsr"),
    "action-without-service": ({"iam_alerting_actions": ["CreateUser"]}, "iam:CreateUser"),
    "no-action": ({"iam_alerting_actions": []}, "iam_alerting_actions is empty"),
    "no-address": ({"iam_alerting_subscribers": ["secops"]}, "iam_alerting_subscribers[0]"),
    "bad-name": ({"iam_alerting_name": "IAM_Alerting"}, "iam_alerting_name is 'IAM_Alerting'"),
    "wrong-region": ({"iam_alerting_region": "eu-west-1"}, "iam_alerting_region is 'eu-west-1'"),
    # The module underneath would delete the log group.
    "unknown-retention": ({"iam_alerting_log_retention_days": 1096}, "iam_alerting_log_retention_days"),
    "bad-architecture": ({"iam_alerting_architecture": "riscv"}, "iam_alerting_architecture"),
    "too-long-a-group": (
        {"iam_alerting_group_seconds": 901},
        "iam_alerting_group_seconds is 901, but it must be from 0 to 900",
    ),
    "never-runs": ({"iam_alerting_reserved_concurrency": 0}, "iam_alerting_reserved_concurrency is 0, so the function"),
    "fallback-elsewhere": (
        {"iam_alerting_fallback": "arn:aws:sns:eu-west-1:222222222222:on-call"},
        "alarms publish to topics of their own region only",
    ),
    "too-many-heartbeats": (
        {"iam_alerting_heartbeat_minutes": 1},
        "iam_alerting_heartbeat_minutes is 1, but it must be from 5 to 1440",
    ),
    "reserved-tag": ({"iam_alerting_tags": {"trailwatch": "mine"}}, "iam_alerting_tags has the key 'trailwatch'"),
    "no-https-format": ({"iam_alerting_https_format": "slack"}, "iam_alerting_https_format"),
    "no-time-zone": ({"iam_alerting_time_zone": "Berlin"}, "Nearest: Europe/Berlin"),
    "no-trusted-account": ({"iam_alerting_trusted_accounts": ["123"]}, "iam_alerting_trusted_accounts[0] is '123'"),
    "no-account-id": ({"account_id": "1234"}, "account_id is '1234'"),
    "no-component": ({"iam_alerting_components": ["topic", "lambda"]}, "iam_alerting_components has 'lambda'"),
    "suppression-by-nobody": (
        {
            "iam_alerting_suppressions": [
                {"name": "ci", "match": {"role": "ci"}, "reason": "x", "expires": "2027-01-31"}
            ]
        },
        "iam_alerting_suppressions[0] is",
    ),
    "no-session-name": ({"iam_alerting_session_name": "two words"}, "iam_alerting_session_name is 'two words'"),
    "no-session-tag": ({"iam_alerting_session_tags": {"aws:x": "y"}}, "iam_alerting_session_tags has the key 'aws:x'"),
    "no-source-identity": ({"iam_alerting_source_identity": "x"}, "iam_alerting_source_identity is 'x'"),
    "no-such-profile": ({"iam_alerting_profile": "nobody"}, "nobody"),
}


def test_bad_variables_fail_before_the_first_call(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    accounts = {name: open_account() for name in BAD_VARIABLES}
    hosts = {name: {"account_id": accounts[name].id, **bad} for name, (bad, _) in BAD_VARIABLES.items()}
    run = playbooks.run("deploy", hosts)
    assert run.status != 0
    for name, (_, told) in BAD_VARIABLES.items():
        line = run.outcome(name)
        assert line.startswith("FAILED: ")
        assert told in line
        assert run.recap[name]["failed"] == 1
        assert sandbox.calls(accounts[name].id) == []


def test_a_failure_in_one_account_leaves_the_others_deployed_and_is_named(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    accounts = {name: open_account() for name in ("first", "broken", "last")}
    sandbox.fault(accounts["broken"].id, service="sns", operation="CreateTopic", error="AccessDenied", status=403)
    run = playbooks.run("deploy", {name: {"account_id": account.id} for name, account in accounts.items()})
    assert run.status != 0
    assert [run.recap[name]["failed"] for name in accounts] == [0, 1, 0]
    assert run.outcome("broken").startswith("FAILED: Topic | With its subscribers: ")
    assert "AccessDenied" in run.outcome("broken")
    assert f"broken   {accounts['broken'].id}  FAILED: Topic | With its subscribers: " in run.output
    for name in ("first", "last"):
        assert "iam-alerting" in resources(accounts[name])["rules"]


def test_hosts_of_one_account_are_refused_and_the_others_go_on(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    twice, other = open_account(), open_account()
    hosts: dict[str, dict[str, Any]] = {"one": {"account_id": twice.id}, "two": {"account_id": twice.id}}
    hosts["other"] = {"account_id": other.id}
    components = {"iam_alerting_components": ["queue"]}
    run = playbooks.run("deploy", {name: {**host, **components} for name, host in hosts.items()})
    assert run.status != 0
    for name in ("one", "two"):
        assert run.account(name)["state"] == "failed"
        assert f"account_id is {twice.id} for one, two" in run.outcome(name)
    assert run.outcome("other") == "changed: queue"
    assert sandbox.calls(twice.id) == []
    # A slice of the inventory is no other inventory.
    alone = playbooks.run("deploy", {name: {**host, **components} for name, host in hosts.items()}, "--limit", "one")
    assert alone.status != 0
    assert sandbox.calls(twice.id) == []
    named = {**hosts["two"], **components, "iam_alerting_name": "second"}
    run = playbooks.run("deploy", {"one": {**hosts["one"], **components}, "two": named})
    assert run.status == 0, run.output


def test_a_host_without_an_account_is_named_and_hides_no_other_member(
    playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    hub, payments = open_account(), open_account()
    hosts: dict[str, dict[str, Any]] = {"security": {"account_id": hub.id, "iam_alerting_group_seconds": 60}}
    hosts |= {"payments": {"account_id": payments.id}, "nameless": {}}
    groups = {"hub": ["security"], "members": ["payments", "nameless"]}
    run = playbooks.run("deploy", hosts, "--check", groups=groups)
    assert run.status != 0
    assert run.outcome("payments").startswith("would change: ")
    assert "missing required arguments: account_id" in run.outcome("nameless")
    # It lets in the accounts of its members.
    assert "iam_alerting_members has '' for nameless, but an AWS account id has" in run.outcome("security")


def test_all_accounts_failing_are_all_named(playbooks: Playbooks) -> None:
    run = playbooks.run("deploy", {name: {"account_id": "1"} for name in ("one", "two")})
    assert run.status != 0
    for name in ("one", "two"):
        assert run.outcome(name).startswith("FAILED: ")
        assert f"\n{name}      1   FAILED: " in run.output


@pytest.mark.parametrize("role", ["arn:aws:iam::{other}:role/OrganizationAccountAccessRole", ""])
def test_the_wrong_account_is_refused_before_any_write(
    role: str, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    account, other = open_account(), open_account()
    host = {"account_id": account.id, "iam_alerting_assume_role": role.format(other=other.id)}
    sandbox.clear_calls(sandbox.management_account)
    run = playbooks.run("deploy", {"mixed-up": host})
    assert run.status != 0
    actual = other.id if role else sandbox.management_account
    assert f"belongs to account {actual}, but account_id is {account.id}" in run.output.replace("\n", " ")
    for wrong in (account.id, other.id, sandbox.management_account):
        assert sandbox.calls(wrong, writes=True) == []


def test_the_callers_own_account_needs_no_role(sandbox: Sandbox, playbooks: Playbooks) -> None:
    host = {"account_id": sandbox.management_account, "iam_alerting_assume_role": ""}
    run = playbooks.run("deploy", {"management": host})
    assert run.status == 0, run.output
    assert run.account("management")["account_id"] == "999999999999"
    assert run.outcome("management").startswith("changed: bucket, trail, ")


def test_a_profile_gives_the_credentials(
    sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], tmp_path: Any
) -> None:
    account = open_account()
    credentials = tmp_path / "credentials"
    credentials.write_text(f"[admin]\naws_access_key_id={account.id}\naws_secret_access_key=sandbox-secret\n")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_ENDPOINT_URL": sandbox.endpoint}
    with_profile = Playbooks(tmp_path, environment)
    run = with_profile.run("deploy", {"profiled": {"account_id": account.id, "iam_alerting_profile": "admin"}})
    assert run.status == 0, run.output
    # AWS_PROFILE in the environment beside the keys that the role hands to the modules.
    from_environment = Playbooks(tmp_path, {**environment, "AWS_PROFILE": "admin"})
    run = from_environment.run("deploy", {"profiled": {"account_id": account.id, "iam_alerting_assume_role": ""}})
    assert run.status == 0, run.output
    assert run.changed() == {"profiled": 0}, run.output


def test_a_profile_of_yours_is_never_taken_for_the_session_of_the_plan(
    sandbox: Sandbox, open_account: Callable[[], Account], tmp_path: Any
) -> None:
    """However it is called, here as the product: what a profile says of a role comes before keys in a file."""
    account, other = open_account(), open_account()
    config = tmp_path / "config"
    role = f"arn:aws:iam::{other.id}:role/OrganizationAccountAccessRole"
    config.write_text(f"[profile trailwatch]\nrole_arn={role}\ncredential_source=Environment\n")
    with_config = Playbooks(tmp_path, {**sandbox.environment(), "AWS_CONFIG_FILE": str(config)})
    run = with_config.run("deploy", {"meant": {"account_id": account.id}})
    assert run.status == 0, run.output
    assert sandbox.calls(other.id, writes=True) == []


@pytest.mark.parametrize("limit", [(), ("--limit", "production")])
def test_no_inventory_is_no_success(playbooks: Playbooks, limit: tuple[str, ...]) -> None:
    run = playbooks.run("deploy", {}, *limit)
    assert run.status != 0
    assert "The inventory names no account" in run.output
