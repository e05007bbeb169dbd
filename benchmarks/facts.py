"""What a reader must know of the machine and the versions; nothing that names the machine."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.site import Options


def facts(options: Options) -> dict[str, str]:
    """Labels and values, in the order of the report."""
    return {
        "Date": datetime.date.today().isoformat(),
        "Commit": _commit(options.collection),
        "Machine": f"{os.cpu_count()} processors ({_processor()}), {_memory_gb()} GB, {platform.system()}",
        "Load before": f"{os.getloadavg()[0]:.1f}; other work on the machine lengthens wall and CPU time",
        "Python": platform.python_version(),
        "Versions": f"ansible-core {version('ansible-core')}, {_collections()}, botocore {version('botocore')}",
        "Local AWS": "moto" if options.emulator == "moto" else "the sandbox, on the same processors",
        "Forks": f"{options.forks} for stock and Trailwatch, {options.forks} threads for the floor",
        "Latency": f"{options.latency:g} ms more than the local AWS takes",
        "Most accounts of stock": str(options.stock_max),
        "Most deployed to": str(options.deploy_max),
        "Runs": f"{options.repeat} and their medians; one where a run takes {options.repeat_below:.0f} s or longer",
    }


def _commit(folder: Path) -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "plugins", "roles", "playbooks", "files")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _collections() -> str:
    import ansible_collections

    roots = [Path(path) for path in ansible_collections.__path__]
    found = []
    for name in ("amazon/aws", "community/aws"):
        manifest = next((root / name / "MANIFEST.json" for root in roots if (root / name).exists()), None)
        number = json.loads(manifest.read_text())["collection_info"]["version"] if manifest else "?"
        found.append(f"{name.replace('/', '.')} {number}")
    return ", ".join(found)
