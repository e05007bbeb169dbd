"""Start, command line, stop: nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import client
from sandbox.client import Sandbox
from tests.sandbox.small_pipeline import Account, packed


def children(pid: int) -> list[int]:
    """Process ids of the direct children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def command(state: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *words, "--state", str(state)],
        cwd=client.ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for child processes in /proc")
def test_a_whole_life(tmp_path):
    with Sandbox.start(tmp_path, ["222222222222"]) as own:
        assert own.endpoint.startswith("http://127.0.0.1:")
        member = Account(own, "222222222222")
        member.deploy()
        member.client("iam").create_user(UserName="mallory")
        assert own.wait_for_mails(member.address)
        workers = children(own.pid)
        assert workers
        printed = command(tmp_path, "mails", member.address)
        assert "Subject: CreateUser in 222222222222" in printed
        assert "iam:CreateUser" in command(tmp_path, "calls", "--account", "222222222222", "--writes")
        command(tmp_path, "add-account", "333333333333")
        assert Account(own, "333333333333").client("iam").list_users()["Users"] == []
        command(tmp_path, "stop")
    assert not [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
    assert not (tmp_path / "sandbox.json").exists()
    assert not list(tmp_path.glob("tmp-*"))
    assert "no sandbox runs" in command(tmp_path, "mails")


def test_moto_in_its_place(tmp_path):
    pytest.importorskip("moto.server")
    with Sandbox.start(tmp_path, ["222222222222"], python=sys.executable, command="moto") as moto:
        member = Account(moto, "222222222222")
        member.client("iam").create_user(UserName="mallory")
        [call] = moto.calls("222222222222", writes=True)
        assert call["eventName"] == "CreateUser"
        assert call["userIdentity"]["arn"].endswith("assumed-role/OrganizationAccountAccessRole/deployer")
        queue = member.make_queue("dead")
        role = member.make_role("sns:Publish")
        function = member.client("lambda")
        function.create_function(
            FunctionName="f",
            Runtime="python3.13",
            Role=role,
            Handler="h.h",
            Code={"ZipFile": packed("")},
            DeadLetterConfig={"TargetArn": queue},
        )
        kept = function.get_function_configuration(FunctionName="f")["DeadLetterConfig"]
        assert kept == {"TargetArn": queue}
