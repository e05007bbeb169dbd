"""Credentials are for the account that was named, or there are none."""

from __future__ import annotations

import getpass
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ansible_collections.trailwatch.aws.plugins.module_utils import account
from ansible_collections.trailwatch.aws.plugins.module_utils.account import Access, AccountError

OWN = "123456789012"  # the account of moto's default credentials
OTHER = "222222222222"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for remembered in (account.sts_client, account._session_of, account._botocore_session):
        remembered.cache_clear()
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield
    for remembered in (account.sts_client, account._session_of, account._botocore_session):
        remembered.cache_clear()


def sign_in(access: Access, account_id: str) -> account.Credentials:
    return account.sign_in(access, account_id, "aws", "us-east-1")


def test_a_role_by_its_name() -> None:
    credentials = sign_in(Access(role="OrganizationAccountAccessRole"), OTHER)
    assert credentials.arn == f"arn:aws:sts::{OTHER}:assumed-role/OrganizationAccountAccessRole/trailwatch"
    assert credentials.session_token


def test_a_role_by_its_arn_with_external_id(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(account, "_session", lambda profile: FakeSession(calls))
    sign_in(Access(role=f"arn:aws:iam::{OTHER}:role/ops/deployer", external_id="seven"), OTHER)
    assert calls == [
        {
            "RoleArn": f"arn:aws:iam::{OTHER}:role/ops/deployer",
            "RoleSessionName": "trailwatch",
            "ExternalId": "seven",
        }
    ]


def test_what_makes_the_session_recognisable_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(account, "_session", lambda profile: FakeSession(calls))
    arguments = {
        "role": "deployer",
        "external_id": "",
        "profile": "",
        "session_name": "ci-4711",
        "session_tags": {"run": 4711},
        "source_identity": "alice@example.com",
    }
    sign_in(account.access_of(arguments), OTHER)
    assert calls == [
        {
            "RoleArn": f"arn:aws:iam::{OTHER}:role/deployer",
            "RoleSessionName": "ci-4711",
            "Tags": [{"Key": "run", "Value": "4711"}],
            "SourceIdentity": "alice@example.com",
        }
    ]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *((account.check_session_name, value) for value in ("", "x", "two words", "x" * 65, "name\n", "n\u00e4me")),
        *((account.check_source_identity, value) for value in ("x", "aws:x", "AWS:me", "x" * 65)),
        *((account.check_session_tags, {key: "x"}) for key in ("", "aws:x", "x" * 129, "a*", "a\n")),
        *((account.check_session_tags, {"x": value}) for value in ("x" * 257, "{}")),
        (account.check_session_tags, {"x": "", "X": ""}),
        (account.check_session_tags, {f"x{number}": "" for number in range(51)}),
    ],
)
def test_what_sts_would_not_take_is_refused(check: Any, value: Any) -> None:
    with pytest.raises(AccountError, match="iam_alerting_"):
        check(value)


def test_the_endpoint_is_the_regions_whatever_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    assert account.sts_client("", "us-east-1").meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"


def test_the_callers_own_account() -> None:
    credentials = sign_in(Access(), OWN)
    assert credentials.access_key == "AKIAIOSFODNN7EXAMPLE"
    assert credentials.session_token == ""


def test_own_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(AccountError, match=f"belongs to account {OWN}, but account_id is {OTHER}: nothing was changed"):
        sign_in(Access(), OTHER)


def test_a_role_of_another_account_is_refused_before_it_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(account, "_session", lambda profile: FakeSession(calls))
    with pytest.raises(AccountError, match=f"belongs to account {OWN}, but account_id is {OTHER}"):
        sign_in(Access(role=f"arn:aws:iam::{OWN}:role/deployer"), OTHER)
    assert calls == []


def test_a_role_that_may_not_be_assumed_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    monkeypatch.setattr(account, "_session", lambda profile: FakeSession([], denied))
    with pytest.raises(AccountError, match="role/deployer cannot be assumed: .*AccessDenied.*iam_alerting_assume_role"):
        sign_in(Access(role="deployer"), OTHER)


def test_a_profile_that_does_not_exist() -> None:
    with pytest.raises(AccountError, match="nobody.*iam_alerting_profile"):
        sign_in(Access(profile="nobody"), OTHER)


@pytest.mark.filterwarnings("ignore::getpass.GetPassWarning")
@pytest.mark.parametrize("role", ["", "deployer"])
def test_a_profile_that_asks_for_a_code_where_none_can_be_typed(
    role: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile keys]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=x\n"
        f"[profile admin]\nsource_profile=keys\nrole_arn=arn:aws:iam::{OTHER}:role/admin\n"
        f"mfa_serial=arn:aws:iam::{OWN}:mfa/anna\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    # As in a worker of Ansible: there is no terminal, and the standard input is closed.
    monkeypatch.setattr(getpass, "os", SimpleNamespace(O_RDWR=0, O_NOCTTY=0, open=refuse))
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stdin", closed)
    with pytest.raises(AccountError, match=r"of the profile admin .*closed file.* MFA code.* Set AWS_PROFILE.* export"):
        sign_in(Access(role=role, profile="admin"), OTHER)


def refuse(*_arguments: Any) -> int:
    raise OSError("No such device or address: '/dev/tty'")


class FakeSession:
    """A boto3 session whose STS writes down what it is asked, or fails."""

    def __init__(self, calls: list[dict[str, Any]], error: Exception | None = None) -> None:
        self.calls = calls
        self.error = error

    def client(self, *_arguments: Any, **_options: Any) -> FakeSession:
        return self

    def assume_role(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(parameters)
        if self.error:
            raise self.error
        keys = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "example-secret", "SessionToken": "example-token"}
        return {"Credentials": keys, "AssumedRoleUser": {"Arn": parameters["RoleArn"]}}
