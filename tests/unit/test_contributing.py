"""CONTRIBUTING.md names what there is, and the recipe for a component holds for all that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PATHS = sorted(set(re.findall(r"(?:docs|plugins|roles|files|tests|changelogs)/[\w./-]*\w", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_a_target_that_is_named_is_there() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for words in re.findall(r"make ((?:[a-z]+ ?)+)", TEXT) for word in words.split()}
    assert {"test", "permissions", "catalogue"} <= named & known


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_what_the_recipe_says(component: str) -> None:
    tasks = ROOT / "roles" / "iam_alerting" / "tasks"
    assert (ROOT / "plugins" / "module_utils" / "stack" / f"{component}.py").exists()
    assert (tasks / f"{component}.yml").exists()
    assert re.search(rf"loop: \[.*\b{component}\b.*\]", (tasks / "apply.yml").read_text())
    assert f"'{component}' in iam_alerting_result.differing" in (tasks / "remove.yml").read_text()
