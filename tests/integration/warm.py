"""ansible-playbook, loaded once: each run is a fork of a process that has read its code, ours, and botocore's models.

That reading is more than half of a run in which nothing differs. Run as a program: takes on each line of its input the
arguments of a run and the file for its output as JSON, and answers with the exit status.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

# Whose loading prepares the most; what else a run needs, it loads itself.
PLUGINS = ("run_options", "run_report", "stack_plan", "stack_status", "stack_verify", "status_report")


class WarmPlaybook:
    """Runs ansible-playbook in one folder and one environment, for as long as it is not forgotten."""

    def __init__(self, output: Path, cwd: Path, environment: Mapping[str, str]) -> None:
        self._output, pipe = output, subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, __file__], cwd=cwd, env=environment, stdin=pipe, stdout=pipe, text=True
        )

    def run(self, arguments: Sequence[str]) -> tuple[int, str]:
        """The exit status of a run, and all that it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([*arguments, str(self._output)]), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        return status, self._output.read_text()


def _serve() -> None:
    _load()
    for line in sys.stdin:
        *arguments, output = json.loads(line)
        child = os.fork()
        if not child:
            _run(arguments, output)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _load() -> None:
    from ansible.plugins import loader

    importlib.import_module("ansible.cli.playbook")
    # A run will look for collections, too, and find that this was done.
    warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
    loader.init_plugin_loader()
    for plugin in PLUGINS:
        importlib.import_module(f"ansible_collections.trailwatch.aws.plugins.action.{plugin}")


def _run(arguments: Sequence[str], output: str) -> NoReturn:
    """Be ansible-playbook, with a folder for temporary files and an output of its own.

    The modules as they are sent, which it keeps in that folder, it finds made by the runs before.
    """
    from ansible import constants
    from ansible.cli import display
    from ansible.cli.playbook import main

    status = 1
    loaded = Path(constants.DEFAULT_LOCAL_TMP)
    folder = tempfile.mkdtemp(prefix="ansible-local-", dir=loaded.parent)
    modules = loaded / "ansiballz_cache"
    modules.mkdir(exist_ok=True)
    Path(folder, modules.name).symlink_to(modules)
    constants.DEFAULT_LOCAL_TMP = folder
    with open(os.devnull) as nothing, open(output, "w") as stream:
        os.dup2(nothing.fileno(), 0)
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    display._set_column_width()
    sys.argv = ["ansible-playbook", *arguments]
    try:
        main(sys.argv)
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        shutil.rmtree(folder, ignore_errors=True)
        # Without what the loading process does at its end.
        os._exit(status)


if __name__ == "__main__":
    _serve()
