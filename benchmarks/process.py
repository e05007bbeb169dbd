"""Run a command and measure it: wall time, CPU with all children, peak memory."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024
_INTERVAL = 0.1
# Adding up the memory of a whole tree takes some milliseconds, from the processors that are measured.
_TREE_EVERY = 5


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        status: its exit status.
        wall: seconds from start to end.
        cpu: CPU-seconds, user and system, of it and of all its descendants.
        parent_mb: the most resident memory of the started process itself.
        tree_mb: the most memory of all processes together, shared pages counted once (looked at twice a second).
        output: all that it printed.
    """

    status: int
    wall: float
    cpu: float
    parent_mb: float
    tree_mb: float
    output: str


class Memory(threading.Thread):
    """Looks at the memory of a process and its descendants until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.parent_kb = self.tree_kb = 0

    def run(self) -> None:
        looks = 1
        while not self._ended.wait(_INTERVAL):
            self.parent_kb = max(self.parent_kb, _kilobytes(self._pid, "status", "VmHWM"))
            if looks % _TREE_EVERY == 0:
                tree = sum(_kilobytes(pid, "smaps_rollup", "Pss") for pid in descendants(self._pid))
                self.tree_kb = max(self.tree_kb, tree)
            looks += 1

    def stop(self) -> None:
        self._ended.set()
        self.join()


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> Usage:
    """Run the command to its end, its output in a file."""
    with log.open("wb") as stream:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT)
        memory = Memory(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
    memory.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    output = log.read_text(errors="replace")
    return Usage(process.returncode, wall, cpu, memory.parent_kb / MIB, memory.tree_kb / MIB, output)


def descendants(pid: int) -> Iterable[int]:
    """The process and all below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from descendants(int(child))


def _kilobytes(pid: int, file: str, name: str) -> int:
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
