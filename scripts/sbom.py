"""Print the software bill of materials of the collection, in CycloneDX, by the Python environment that it ran with.

Usage: sbom.py COLLECTIONS PYTHON, the folder ansible_collections and the interpreter of an environment that has what
the collection needs and nothing else. Needs cyclonedx-py beside this script's interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement


def main(collections: Path, python: str) -> dict[str, Any]:
    """The bill: what cyclonedx-py finds in the environment, and the collections, which no Python environment knows."""
    galaxy = yaml.safe_load((collections / "trailwatch/aws/galaxy.yml").read_text())
    requirements = (collections / "trailwatch/aws/requirements.txt").read_text().splitlines()
    bill = of_environment(python, galaxy, ["ansible-core", *(Requirement(line).name for line in requirements if line)])
    root = bill["metadata"]["component"]["bom-ref"]
    (own,) = [each for each in bill["dependencies"] if each["ref"] == root]
    for name in sorted(galaxy["dependencies"]):
        component = of_collection(collections, name)
        bill["components"].append(component)
        bill["dependencies"].append({"ref": component["bom-ref"]})
        own["dependsOn"].append(component["bom-ref"])
    return bill


def of_environment(python: str, galaxy: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    project = {
        "name": f"{galaxy['namespace']}.{galaxy['name']}",
        "version": galaxy["version"],
        "description": galaxy["description"],
        "license": galaxy["license"][0],
        "dependencies": needed,
    }
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "pyproject.toml")
        # These values are written alike in JSON and TOML.
        lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in project.items())
        described.write_text("\n".join(["[project]", *lines]))
        command = [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", python]
        options = ["--sv", "1.6", "--pyproject", str(described), "--mc-type", "library", "--output-reproducible"]
        return dict(json.loads(subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE).stdout))


def of_collection(collections: Path, name: str) -> dict[str, Any]:
    """A collection that ours needs; where it comes from has no package URL type, but a page."""
    about = json.loads((collections / name.replace(".", "/") / "MANIFEST.json").read_text())["collection_info"]
    return {
        "bom-ref": f"{name}=={about['version']}",
        "type": "library",
        "name": name,
        "version": about["version"],
        **({"licenses": [{"license": {"id": each}} for each in about["license"]]} if about["license"] else {}),
        "externalReferences": [{"type": "vcs", "url": about["repository"]}],
    }


if __name__ == "__main__":
    text = json.dumps(main(Path(sys.argv[1]), sys.argv[2]), indent=2)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"The bill does not follow CycloneDX's schema: {wrong}")
    print(text)
