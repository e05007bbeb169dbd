"""Where the CPU goes in a run with nothing to do, as py-spy samples it in the run's processes."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.site import SUBSCRIBER, BenchError, Site

ROOT = Path(__file__).resolve().parent.parent
_RATE = 200
_SHOWN = 25
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>.*?)(:\d+)?\)$")


def in_sync(site: Site, accounts: Sequence[str]) -> str:
    """Run once, sampled; the shares of packages and of the functions that are on the stack most often."""
    spy = ROOT / ".venv-bench/bin/py-spy"
    if not spy.exists():
        raise BenchError("no py-spy: make sets up .venv-bench for it")
    stacks = site.options.work / "stacks.txt"
    variables = {"iam_alerting_subscribers": [SUBSCRIBER]}
    command = [str(spy), "record", "--subprocesses", "--format", "raw", "--rate", str(_RATE), "--output", str(stacks)]
    run = site.play_command("playbooks/deploy.yml", accounts, variables)
    with (site.options.work / "profile.log").open("wb") as log:
        done = subprocess.run(
            [*command, "--", *run],
            cwd=site.options.collection,
            env=site.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise BenchError(f"py-spy ended with status {done.returncode}; see {log.name}")
    return summary(stacks.read_text().splitlines())


def summary(lines: Iterable[str]) -> str:
    """Shares of samples: by package of the innermost frame, and by function anywhere on the stack."""
    packages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = [frame for frame in stack.split(";") if _FRAME.match(frame)]
        if frames:
            packages[_package(frames[-1])] += int(count)
            for name in {_name(frame) for frame in frames}:
                functions[name] += int(count)
    total = packages.total() or 1
    return "\n".join(
        [
            f"{total / _RATE:.1f} s of samples. By package of the innermost frame:",
            *_shares(packages, total),
            "By function, with all that it calls:",
            *_shares(functions, total),
        ]
    )


def _shares(counts: Counter[str], total: int) -> list[str]:
    return [f"  {100 * count / total:5.1f} %  {name}" for name, count in counts.most_common(_SHOWN)]


def _package(frame: str) -> str:
    file = _FRAME.match(frame)["file"]  # type: ignore[index]
    for pattern in (r"site-packages/([\w-]+)", r"ansible_collections/(\w+/\w+)", r"/(plugins)/", r"^(\w+)/"):
        found = re.search(pattern, file)
        if found:
            return found[1]
    return "Python"


def _name(frame: str) -> str:
    found = _FRAME.match(frame)
    assert found
    return f"{'/'.join(found['file'].split('/')[-3:])}: {found['function']}"
