# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that make EventBridge rules do with their options, whatever the rule waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import (
    event_rule,
    event_rule_options,
    event_rule_reading,
    event_rule_writing,
)

# Documented by the fragment of the same name as event_rule.
ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "disabled", "absent"], "default": "present"},
    "targets": {
        "type": "list",
        "elements": "dict",
        "options": {
            "arn": {"type": "str", "required": True},
            "id": {"type": "str"},
            "role_arn": {"type": "str"},
            "dead_letter_arn": {"type": "str"},
            "maximum_retry_attempts": {"type": "int"},
            "maximum_event_age_in_seconds": {"type": "int"},
            "input": {"type": "json"},
        },
    },
    "purge_targets": {"type": "bool", "default": True},
    "former_functions": {"type": "list", "elements": "str"},
    "event_bus_name": {"type": "str", "default": "default"},
    "regions": {"type": "list", "elements": "str"},
    "description": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}

# What a rule waits for, as arguments of event_rule.Options, from the parameters of a module.
TriggerOf = Callable[[dict[str, Any]], dict[str, Any]]


def run(trigger_of: TriggerOf, **specification: Any) -> None:
    """Be the module: read its parameters, make the rules so, answer."""
    module = AnsibleAWSModule(supports_check_mode=True, **specification)
    try:
        result = _ensure(module, trigger_of)
    except event_rule_reading.MissingBusError as error:
        if module.params["state"] != "absent":
            module.fail_json_aws_error(error)
        result = {"changed": False, "rules": [], "diff": {"before": {}, "after": {}}}
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    if not module._diff:
        del result["diff"]
    module.exit_json(**result)


def _ensure(module: AnsibleAWSModule, trigger_of: TriggerOf) -> dict[str, Any]:
    """Make the rules as asked for in each region, unless in check mode, and tell what differed and how they are now."""
    params = module.params
    event_rule_options.checked_name(params["name"])
    event_rule_options.checked_bus_name(params["event_bus_name"])
    targets = None if params["targets"] is None else event_rule_options.checked_targets(params["targets"])
    former = event_rule_options.checked_functions(params["former_functions"] or ())
    functions = [*event_rule.invoked_functions(targets or ()), *former]
    options = None if params["state"] == "absent" else _options(params, targets, trigger_of)
    if params["regions"] is None:
        return _ensure_in(module, {}, options, functions)
    found = {region: _ensure_in(module, {"region": region}, options, functions) for region in params["regions"]}
    return {
        "changed": any(each["changed"] for each in found.values()),
        "rules": [rule for each in found.values() for rule in each["rules"]],
        "diff": {
            side: {
                f"{region} {name}": rule for region, each in found.items() for name, rule in each["diff"][side].items()
            }
            for side in ("before", "after")
        },
    }


def _ensure_in(
    module: AnsibleAWSModule, region: dict[str, str], options: event_rule.Options | None, functions: list[str]
) -> dict[str, Any]:
    """As C(_ensure), in one region; without C(options), none is to be there.

    Args:
        region: the region as an argument of C(module.client); empty for that of the module.
    """
    name, bus = module.params["name"], module.params["event_bus_name"]
    events, lambda_client = module.client("events", **region), module.client("lambda", **region)
    live = event_rule_reading.describe(events, lambda_client, name, bus, functions)
    wanted = event_rule.desired(options, live) if options else event_rule.RuleSet()
    changes = event_rule.difference(live.found, wanted)
    if not module.check_mode:
        event_rule_writing.apply(events, lambda_client, bus, changes)
    before, after = event_rule.reported_changes(changes)
    rules = [event_rule.reported_rule(rule) for rule in wanted.rules.values()]
    return {"changed": bool(changes), "rules": rules, "diff": {"before": before, "after": after}}


def _options(
    params: dict[str, Any], targets: tuple[dict[str, Any], ...] | None, trigger_of: TriggerOf
) -> event_rule.Options:
    """What is asked for, checked.

    Raises:
        InvalidValueError: AWS would not take it.
    """
    return event_rule_options.checked_options(
        event_rule.Options(
            name=params["name"],
            **trigger_of(params),
            enabled=params["state"] == "present",
            targets=targets,
            description=params["description"],
            tags=params["tags"],
            purge_tags=params["purge_tags"],
            purge_targets=params["purge_targets"],
        )
    )
