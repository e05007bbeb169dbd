"""Runs the measurements of both handlers, each in a process of its own, and puts the figures together."""

from __future__ import annotations

import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
IMPORTS = 15
NAIVE, OURS = "naive", "Trailwatch"
KIB = 1024


@dataclass(frozen=True)
class Figures:
    """What one handler takes: milliseconds a record, milliseconds to import, KiB packed, MB resident."""

    median_ms: float
    p99_ms: float
    most_ms: float
    import_ms: float
    package_kib: float
    peak_mb: float
    grown_mb: float


def measure(collection: Path, work: Path) -> dict[str, Figures]:
    """The figures of the naive handler and of ours."""
    records = work / "events.json"
    records.write_text(json.dumps(events(collection)))
    naive = _figures(HERE, "naive", records, (HERE / "naive.py").stat().st_size)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        size = _unpacked(collection, Path(folder))
        ours = _figures(Path(folder), "handler", records, size)
    return {NAIVE: naive, OURS: ours}


def events(collection: Path) -> list[Any]:
    """The fixtures of the tests, and one of them blown up to the 256 KB that EventBridge takes."""
    folder = collection / "tests/unit/function/records"
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    large = copy.deepcopy(found[0])
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"] * 50, "Resource": "arn:aws:s3:::bucket/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement] * 60})
    large["detail"]["requestParameters"] = {
        "policyDocument": document,
        "tags": [{"key": f"key-{number}", "value": "x" * 100} for number in range(1200)],
    }
    return [*found, large]


def _unpacked(collection: Path, folder: Path) -> int:
    """Unpack the package as Lambda does; its size."""
    script = (
        "import io, sys, zipfile\n"
        "from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package\n"
        "package = function_package().zip\n"
        "zipfile.ZipFile(io.BytesIO(package)).extractall(sys.argv[1])\n"
        "print(len(package))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(collection / ".venv/collections")}
    return int(_output([sys.executable, "-c", script, str(folder)], environment))


def _figures(folder: Path, module: str, records: Path, size: int) -> Figures:
    times = _child(folder, module, records, "times")
    memory = _child(folder, module, records, "memory")
    imports = [_child(folder, module, records, "import") for _try in range(IMPORTS)]
    return Figures(
        median_ms=times["median"],
        p99_ms=times["p99"],
        most_ms=times["most"],
        import_ms=statistics.median(imports),
        package_kib=size / KIB,
        **memory,
    )


def _child(folder: Path, module: str, records: Path, what: str) -> Any:
    """The folder of a Lambda function cannot be written to, so that there is no bytecode of its modules."""
    command = [sys.executable, str(HERE / "child.py"), str(folder), module, str(records), what]
    return json.loads(_output(command, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}))


def _output(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
