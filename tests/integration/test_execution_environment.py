"""The image for AWX and Automation Platform: its definition is taken, and the collections name all that they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "examples/execution-environment/execution-environment.yml"


def build(*arguments: str | Path) -> str:
    command = [str(Path(sys.executable).with_name("ansible-builder")), *map(str, arguments)]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def test_the_build_context_installs_the_collection(tmp_path: Path) -> None:
    build("create", "-f", DEFINITION, "-c", tmp_path, "--output-filename", "Containerfile")
    galaxy = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text())
    assert [collection["name"] for collection in galaxy["collections"]] == ["trailwatch.aws"]
    assert "ansible-galaxy collection install" in (tmp_path / "Containerfile").read_text()


def test_the_collection_names_what_the_image_needs_besides(tmp_path: Path) -> None:
    namespace = tmp_path / "ansible_collections/trailwatch"
    namespace.mkdir(parents=True)
    (namespace / "aws").symlink_to(ROOT)
    found = yaml.safe_load(build("introspect", tmp_path).partition("---\n")[2])
    needed = [line.partition(" ")[0] for line in found["python"]]
    declared = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert needed == declared
    assert [line.partition(" ")[0] for line in found["system"]] == ["tzdata"]
