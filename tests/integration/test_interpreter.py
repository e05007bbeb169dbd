"""Runs for which Ansible is to take another Python: their modules have processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.integration.conftest import Playbooks
from tests.integration.live import Account


def test_what_a_process_of_its_own_does_is_what_the_controller_does(
    playbooks: Playbooks, open_account: Callable[[], Account]
) -> None:
    account = {"account_id": open_account().id}
    # The same one, by another name.
    names = (Path(sys.prefix, "bin", name) for name in ("python", "python3"))
    python = next(name for name in names if name != Path(sys.executable))

    run = playbooks.run("deploy", {"production": account}, "-vvv", "-e", f"ansible_python_interpreter={python}")
    assert run.status == 0, run.output
    assert run.changed()["production"] > 0
    assert "without a process of its own" not in run.output

    run = playbooks.run("deploy", {"production": account}, "-vvv")
    assert run.changed() == {"production": 0}
    assert run.outcome("production") == "in sync"
