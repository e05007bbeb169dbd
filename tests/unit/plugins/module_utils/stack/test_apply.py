"""The role's steps are in the order of the components: one account must not decide that of the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack

TASKS = Path(__file__).parents[5] / "roles" / "iam_alerting" / "tasks"


def made() -> list[dict[str, Any]]:
    (block,) = [task["block"] for task in yaml.safe_load((TASKS / "apply.yml").read_text()) if "block" in task]
    *steps, removals = block
    assert removals["ansible.builtin.include_tasks"] == "apply_removals.yml"
    return steps


def removed() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load((TASKS / "apply_removals.yml").read_text())
    return steps


def components_of(steps: list[dict[str, Any]], variable: str) -> list[str]:
    for step in steps:
        assert "loop" not in step
        assert step["when"] == f"'{component_of(step)}' in {variable}"
    return [component_of(step) for step in steps]


def component_of(step: dict[str, Any]) -> str:
    """By its file; that of the trail is another one if the trail is the organization's."""
    return re.sub(r"{{.*}}", "", step["ansible.builtin.include_tasks"]).removesuffix(".yml")


def test_what_is_to_be_there_is_made_in_the_order_of_the_components() -> None:
    assert components_of(made(), "__iam_alerting_making") == list(COMPONENTS)


def test_what_is_to_go_is_removed_against_it() -> None:
    # The bucket stays, whatever becomes of the trail, and so does the key. The stack set goes by a teardown alone.
    kept = ("bucket", "key", "member_stack_set")
    optional = [name for name, document in stack().items() if "State" in document and name not in kept]
    assert components_of(removed(), "__iam_alerting_removing") == optional[::-1]
