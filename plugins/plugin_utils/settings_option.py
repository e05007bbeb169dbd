# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option C(settings) of all that acts on a stack as a whole, and the settings of an account made from it."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.account import (
    SESSION_NAME,
    configured_region,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import member_stack_set
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.regions import check_forwarding_regions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import (
    AUTO,
    HTTPS_FORMATS,
    TRAIL_MODES,
    Settings,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import (
    check_account_id,
    check_actions,
    check_fallback,
    check_group_seconds,
    check_heartbeat_minutes,
    check_name,
    check_region,
    check_reserved_concurrency,
    check_tags,
    check_time_zone,
    check_trusted_accounts,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import check_subscribers
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import check_suppressions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    ENGINES,
    ENTRIES,
    PLAYBOOK,
    QUEUE,
    STANDALONE,
    TOPOLOGIES,
    check_topology,
    with_stack_set,
)

# How another account is entered, where that is otherwise than this one.
ACCESS: dict[str, Any] = {
    "type": "dict",
    "options": {name: {"type": "str"} for name in ("role", "external_id", "profile")},
    "default": {},
}
# What the settings of an account are made from, and how it is entered.
SETTINGS: dict[str, Any] = {
    "account_id": {"type": "raw", "required": True},
    "account_name": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "region": {"type": "str", "default": ""},
    "role": {"type": "str", "default": ""},
    "external_id": {"type": "str", "default": ""},
    "profile": {"type": "str", "default": ""},
    "session_name": {"type": "str", "default": SESSION_NAME},
    "session_tags": {"type": "dict", "default": {}},
    "source_identity": {"type": "str", "default": ""},
    "actions": {"type": "list", "elements": "str", "required": True},
    "subscribers": {"type": "list", "elements": "raw", "default": []},
    "suppressions": {"type": "list", "elements": "raw", "default": []},
    "https_format": {"type": "str", "choices": list(HTTPS_FORMATS), "default": HTTPS_FORMATS[0]},
    "time_zone": {"type": "str", "default": ""},
    "trusted_accounts": {"type": "list", "elements": "raw", "default": []},
    "log_retention_days": {"type": "int", "required": True},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
    "group_seconds": {"type": "int", "default": 0},
    "purge_subscribers": {"type": "bool", "default": False},
    "reserved_concurrency": {"type": "int"},
    "alarms": {"type": "bool", "default": True},
    "fallback": {"type": "str", "default": ""},
    "trail": {"type": "str", "choices": list(TRAIL_MODES), "default": AUTO},
    "customer_key": {"type": "bool", "default": False},
    "heartbeat_minutes": {"type": "int", "default": 0},
    "tags": {"type": "dict", "default": {}},
    "forwarding_regions": {"type": "raw", "default": []},
    "topology": {"type": "str", "choices": list(TOPOLOGIES), "default": STANDALONE},
    "hub": {"type": "str", "default": ""},
    "standby": {"type": "bool", "default": False},
    "standby_hub": {"type": "str", "default": ""},
    "hub_entries": {"type": "list", "elements": "str", "choices": list(ENTRIES), "default": [QUEUE]},
    "organization": {"type": "str", "default": ""},
    "members": {"type": "dict", "default": {}},
    "member_engine": {"type": "str", "choices": list(ENGINES), "default": PLAYBOOK},
    "member_organizational_units": {"type": "list", "elements": "str", "default": []},
    "beside": {"type": "bool", "default": True},
    "hub_access": ACCESS,
    "standby_access": ACCESS,
}
# The option of that name, which all modules take that act on a stack as a whole.
SETTINGS_OPTION = {"settings": {"type": "dict", "required": True, "options": SETTINGS}}
COMPONENTS_OPTION = {"components": {"type": "list", "elements": "str", "default": []}}


def arguments_of(action: ActionBase, specification: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task, those of its settings among the others."""
    # Ansible writes into what it is given, and the specification serves all accounts.
    arguments = action.validate_argument_spec(argument_spec=copy.deepcopy(specification))[1]
    return {**arguments.pop("settings"), **arguments}


def checked_settings(arguments: dict[str, Any]) -> Settings:
    """The settings of one account. What a member has no use for is left out.

    Raises:
        SettingsError: a variable cannot be used.
        AccountError: the profile does not exist.
    """
    account_id = check_account_id(arguments["account_id"])
    configured = configured_region(arguments["profile"]) if not arguments["region"] else None
    region = check_region(arguments["region"], configured)
    suppressions = check_suppressions(arguments["suppressions"])
    trusted_accounts = check_trusted_accounts(arguments["trusted_accounts"])
    actions = check_actions(arguments["actions"])
    group_seconds = check_group_seconds(arguments["group_seconds"])
    name = check_name(arguments["name"], account_id, region)
    topology = with_stack_set(
        check_topology(arguments, account_id, group_seconds),
        arguments["member_engine"],
        arguments["member_organizational_units"],
    )
    settings = Settings(
        name=name,
        account_id=account_id,
        account_name=arguments["account_name"],
        region=region,
        actions=actions,
        subscriptions=check_subscribers(arguments["subscribers"], actions),
        log_retention_days=arguments["log_retention_days"],
        architecture=arguments["architecture"],
        extra_tags=check_tags(arguments["tags"]),
        https_format=arguments["https_format"],
        time_zone=check_time_zone(arguments["time_zone"]),
        suppressions=suppressions,
        trusted_accounts=trusted_accounts,
        code=function_package(suppressions, trusted_accounts, topology.members),
        group_seconds=group_seconds,
        purge_subscribers=arguments["purge_subscribers"],
        alarms=arguments["alarms"],
        fallback=check_fallback(arguments["fallback"].strip(), name, account_id, region),
        reserved_concurrency=check_reserved_concurrency(arguments["reserved_concurrency"], group_seconds),
        trail=arguments["trail"],
        customer_key=arguments["customer_key"],
        # Nothing counts them while the hub stands by.
        heartbeat_minutes=0 if topology.stands_by else check_heartbeat_minutes(arguments["heartbeat_minutes"]),
        forwarding_regions=check_forwarding_regions(arguments["forwarding_regions"], region, topology),
        topology=topology,
        beside=arguments["beside"],
    )
    if not settings.is_member:
        return settings
    if settings.is_of_stack_set:
        return member_stack_set.of_member(settings, account_id)
    return dataclasses.replace(settings, alarms=False, fallback="", group_seconds=0, heartbeat_minutes=0)
