"""A session as a file: what an SDK reads from it, and for how long it is used."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.account import Credentials
from ansible_collections.trailwatch.aws.plugins.module_utils.session_file import read_session, session_text

SESSION = Credentials("ASIAEXAMPLE", "100%/secret+=", "token==", "arn:aws:sts::111111111111:assumed-role/x/y", 3600)
CONFIGURATION = {"ca_bundle": "/ca.pem", "role_arn": "arn:aws:iam::1:role/x", "s3": {"x": "y"}, "region": "eu-west-1"}


def test_an_sdk_takes_credentials_and_connection_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "session"
    path.write_text(session_text(path.name, SESSION, CONFIGURATION))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-somebody-else")
    session = botocore.session.Session(profile=path.name)
    frozen = session.get_credentials().get_frozen_credentials()
    taken = (frozen.access_key, frozen.secret_key, frozen.token)
    assert taken == (SESSION.access_key, SESSION.secret_key, SESSION.session_token)
    assert session.get_scoped_config()["ca_bundle"] == "/ca.pem"
    assert "role_arn" not in session.get_scoped_config()
    assert session.get_config_variable("retry_mode") == "standard"


def test_it_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "session"
    path.write_text(session_text(path.name, SESSION, {}))
    found = read_session(path)
    assert found is not None
    assert (found.access_key, found.secret_key, found.session_token, found.arn) == (
        SESSION.access_key,
        SESSION.secret_key,
        SESSION.session_token,
        SESSION.arn,
    )


def test_one_that_ends_soon_is_none(tmp_path: Path) -> None:
    path = tmp_path / "session"
    path.write_text(session_text(path.name, Credentials("a", "b", "c", "d", 200), {}))
    assert read_session(path) is None
    assert read_session(tmp_path / "none") is None
