"""What a release refuses, before it changes anything; that it makes one is shown by scripts/artifact.sh."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "release.sh"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one release and a change since then."""
    (tmp_path / "galaxy.yml").write_text("version: 0.9.0\n")
    (tmp_path / "changelogs/fragments").mkdir(parents=True)
    (tmp_path / "changelogs/fragments/change.yml").write_text("minor_changes: [A change.]\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "A change")
    git(tmp_path, "tag", "v0.9.0")
    git(tmp_path, "tag", "v0.10.0")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("", "VERSION is ''"),
        ("1.0", "VERSION is '1.0'"),
        ("v1.0.0", "VERSION is 'v1.0.0'"),
        ("1.0.0; true", "VERSION is '1.0.0; true'"),
        ("0.10.0", "0.10.0 is released already"),
        ("0.9.1", "0.10.0 is released already"),
    ],
)
def test_no_number_and_no_newer_version(clone: Path, version: str, named: str) -> None:
    assert named in refused(clone, version)


def test_what_is_not_committed(clone: Path) -> None:
    (clone / "new").touch()
    assert "not committed" in refused(clone, "1.0.0")


def test_nothing_to_tell(clone: Path) -> None:
    git(clone, "rm", "--quiet", "changelogs/fragments/change.yml")
    git(clone, "commit", "--quiet", "--message", "Nothing")
    assert "changelogs/fragments/ is empty" in refused(clone, "1.0.0")


def test_a_step_that_fails_leaves_all_as_it_was(clone: Path) -> None:
    """Here no tool is there that a release needs."""
    run = subprocess.run(
        [SCRIPT, "1.0.0"], cwd=clone, check=False, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}
    )
    assert run.returncode not in (0, 2)
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "tag") == "v0.10.0\nv0.9.0\n"
    assert "version: 0.9.0" in (clone / "galaxy.yml").read_text()


def refused(clone: Path, version: str) -> str:
    run = subprocess.run([SCRIPT, version], cwd=clone, check=False, capture_output=True, text=True)
    assert run.returncode == 2
    return run.stderr
