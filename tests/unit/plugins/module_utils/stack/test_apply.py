"""The role's steps are in the order of the components, and whatever order accounts give to one step is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack

TASKS = Path(__file__).parents[5] / "roles" / "iam_alerting" / "tasks"

# What has to be there first. The rule on the alerting itself comes after all that it would tell of.
NEEDS = {
    "bucket": {"key"},
    "trail": {"key", "bucket"},
    "topic": {"key"},
    "queue": {"key"},
    "table": {"key"},
    "event_queue": {"key", "queue"},
    "function": {"topic", "queue", "log_group", "execution_role", "table"},
    "event_source_mapping": {"execution_role", "table", "event_queue", "function"},
    "members_rule": {"event_queue", "event_bus"},
    "rule": {"queue", "event_queue", "function", "event_source_mapping", "forwarding_role", "forwarders"},
    "heartbeat_rule": {"queue", "event_queue", "function", "event_source_mapping"},
    "tampering_rule": set(COMPONENTS) - {"tampering_rule", "member_stack_set"},
    "member_stack_set": {"event_queue", "event_bus"},
}


def made() -> list[dict[str, Any]]:
    (block,) = [task["block"] for task in yaml.safe_load((TASKS / "apply.yml").read_text()) if "block" in task]
    *steps, removals = block
    assert removals["ansible.builtin.include_tasks"] == "apply_removals.yml"
    return steps


def removed() -> list[dict[str, Any]]:
    *steps, forgotten = yaml.safe_load((TASKS / "apply_removals.yml").read_text())
    assert forgotten["ansible.builtin.include_tasks"] == "tampering_rule.yml"
    return steps


def components_of(steps: list[dict[str, Any]], variable: str) -> list[str]:
    """Those of all steps, of each of which an account includes what is in this variable."""
    for step in steps:
        assert step["ansible.builtin.include_tasks"] == "{{ __iam_alerting_component }}.yml"
        assert step["loop_control"] == {"loop_var": "__iam_alerting_component"}
        assert step["when"] == f"__iam_alerting_component in {variable}"
    return [component for step in steps for component in step["loop"]]


def test_what_is_to_be_there_is_made_in_the_order_of_the_components() -> None:
    assert components_of(made(), "__iam_alerting_making") == list(COMPONENTS)


def test_what_is_to_go_is_removed_against_it() -> None:
    # The bucket stays, whatever becomes of the trail, and so does the key. The stack set goes by a teardown alone.
    kept = ("bucket", "key", "member_stack_set")
    optional = [name for name, document in stack().items() if "State" in document and name not in kept]
    assert components_of(removed(), "__iam_alerting_removing") == optional[::-1]


def test_nothing_needs_what_is_made_in_the_same_step() -> None:
    for step in made():
        for component in step["loop"]:
            assert NEEDS.get(component, set()).isdisjoint(step["loop"]), component


def test_nothing_is_removed_in_the_step_of_what_needs_it() -> None:
    for step in removed():
        for component in step["loop"]:
            assert NEEDS.get(component, set()).isdisjoint(step["loop"]), component
