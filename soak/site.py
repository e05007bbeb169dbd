"""The place of a soak: a sandbox with accounts, and the playbooks that are run in it, many at a time."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache/soak"

Hosts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Site:
    """A running sandbox."""

    sandbox: Sandbox
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100000000001))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open_account(self) -> Account:
        with self._lock:
            account = Account(str(next(self._numbers)), self.sandbox.environment())
        self.sandbox.add_accounts(account.id)
        return account

    def playbooks(self) -> Playbooks:
        """Playbooks with an inventory of their own, to run beside others."""
        return Playbooks(Path(tempfile.mkdtemp(dir=self.folder)), self.sandbox.environment())


@contextlib.contextmanager
def started() -> Iterator[Site]:
    """A site with a fresh sandbox, stopped in the end."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with Sandbox.start(WORK / "sandbox") as sandbox:
        yield Site(sandbox, WORK)
