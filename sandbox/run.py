"""Run one command against a sandbox of its own: ``python -m sandbox.run --account 111111111111 -- COMMAND ...``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

from sandbox.client import Sandbox


def main() -> int:
    """Start the sandbox, run the command with its environment variables, stop it; the command's exit status."""
    parser = argparse.ArgumentParser(prog="sandbox.run", description=__doc__)
    parser.add_argument("--account", action="append", default=[], help="a member account; repeatable")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as state,
        Sandbox.start(state, options.account) as sandbox,
    ):
        return subprocess.run(options.command, env={**os.environ, **sandbox.environment()}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
