"""Record what a release deploys, for tests/integration/test_upgrade.py: its requests to the sandbox, a file for each.

Usage: record_release.py CLONE, a work tree of the release, such as git worktree add makes. Ansible is the one on PATH.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox.client import Sandbox
from sandbox.replay import Recorder, Target, Write

# Each is a deployment of its own: alerts are sent at once, or gathered.
SECONDS = {"plain": 0, "grouped": 300}
ACCOUNT = "111111111111"


def main(clone: Path) -> None:
    version = yaml.safe_load((clone / "galaxy.yml").read_text())["version"]
    folder = Path("tests/integration/releases", version)
    collections = clone / ".venv/collections/ansible_collections/trailwatch"
    collections.mkdir(parents=True, exist_ok=True)
    if not (collections / "aws").exists():
        (collections / "aws").symlink_to("../../../..")
    folder.mkdir(parents=True, exist_ok=True)
    for name, seconds in SECONDS.items():
        variables = {
            "account_id": ACCOUNT,
            "iam_alerting_actions": ["iam:CreateUser", "iam:DeleteUser"],
            "iam_alerting_subscribers": [f"{ACCOUNT}@example.com"],
            "iam_alerting_group_seconds": seconds,
        }
        writes = deployed(clone, name, variables)
        text = json.dumps({"origin": Target(ACCOUNT, name).__dict__, "writes": [as_json(write) for write in writes]})
        # Without a time, so that the same requests are the same file.
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def deployed(clone: Path, host: str, variables: dict[str, Any]) -> Sequence[Write]:
    """What a first deployment of that release writes."""
    with tempfile.TemporaryDirectory() as work, Sandbox.start(work, [ACCOUNT]) as sandbox:
        environment = {**os.environ, **sandbox.environment(), "ANSIBLE_CONFIG": str(clone / "ansible.cfg")}
        inventory = Path(work, "accounts.yml")
        inventory.write_text(json.dumps({"all": {"hosts": {host: variables}}}))
        with Recorder(sandbox.endpoint) as recorder:
            environment["AWS_ENDPOINT_URL"] = recorder.endpoint
            command = ["ansible-playbook", "playbooks/deploy.yml", "-i", str(inventory)]
            subprocess.run(command, cwd=clone, env=environment, check=True)
    return recorder.writes


def as_json(write: Write) -> dict[str, Any]:
    body, answer = (base64.b64encode(part).decode() for part in (write.body, write.answer))
    kept = {name: value for name, value in write.headers.items() if name.lower() != "x-amz-security-token"}
    return {"method": write.method, "path": write.path, "headers": kept, "body": body, "answer": answer}


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
