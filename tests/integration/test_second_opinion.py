"""The role against moto, an emulator by other people: what needs no delivery has to work there just as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, buckets, resources

HOSTS = {"one": {"account_id": "121212121212"}}


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("moto"), python=sys.executable, command="moto") as running:
        yield running


@pytest.fixture(scope="module")
def playbooks(moto: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Playbooks:
    return Playbooks(tmp_path_factory.mktemp("inventory"), moto.environment())


def test_deploy_twice_and_tear_down(moto: Sandbox, playbooks: Playbooks) -> None:
    first = playbooks.run("deploy", HOSTS)
    assert first.status == 0, first.output
    for host in HOSTS.values():
        moto.clear_calls(host["account_id"])
    second = playbooks.run("deploy", HOSTS)
    assert second.changed() == dict.fromkeys(HOSTS, 0), second.output
    for host in HOSTS.values():
        assert moto.calls(host["account_id"])
        assert [call["eventName"] for call in moto.calls(host["account_id"], writes=True)] == []
        account = Account(host["account_id"], moto.environment())
        assert {kind: len(found) for kind, found in resources(account).items()} == {
            "buckets": 1,
            "trails": 1,
            "topics": 1,
            "queues": 1,
            "log groups": 1,
            "roles": 1,
            "functions": 1,
            "tables": 0,
            "event source mappings": 0,
            "rules": 3,
            "keys": 0,
            "alarms": 6,
            "event buses": 0,
        }
    last = playbooks.run("teardown", HOSTS)
    assert last.status == 0, last.output
    for host in HOSTS.values():
        account = Account(host["account_id"], moto.environment())
        left = {kind: found for kind, found in resources(account).items() if found}
        assert left == {"buckets": buckets(account.client("s3"))}
