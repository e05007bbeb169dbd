# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The components of a stack, in the order in which one needs the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    alarms,
    bucket,
    event_bus,
    event_queue,
    event_source_mapping,
    execution_role,
    fallback_topic,
    forwarders,
    forwarding_role,
    function,
    heartbeat_rule,
    key,
    log_group,
    member_stack_set,
    members_rule,
    queue,
    rule,
    table,
    tampering_rule,
    topic,
    trail,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

# A component is a module here, a task file of the same name in the role, and its rows in the tests. The document of one
# that only some settings ask for says by C(State) whether it is to be there, and the module has C(left).
COMPONENTS = {
    "key": key,
    "bucket": bucket,
    "trail": trail,
    "topic": topic,
    "fallback_topic": fallback_topic,
    "queue": queue,
    "log_group": log_group,
    "execution_role": execution_role,
    "table": table,
    "event_queue": event_queue,
    "function": function,
    "event_source_mapping": event_source_mapping,
    # What members send to, and what takes it from there to the queue.
    "event_bus": event_bus,
    "members_rule": members_rule,
    "forwarding_role": forwarding_role,
    # Before the rule of the action list, which keeps in mind where they are.
    "forwarders": forwarders,
    "rule": rule,
    "heartbeat_rule": heartbeat_rule,
    "alarms": alarms,
    # The last of all, so that a first deployment is no tampering.
    "tampering_rule": tampering_rule,
    # Nothing of the account itself: members, which send to what is above.
    "member_stack_set": member_stack_set,
}

# A member has no more than what sends its events to the hub.
OF_MEMBER = ("key", "bucket", "trail", "queue", "forwarding_role", "forwarders", "rule", "tampering_rule")
# Of one that a stack set enrols, the trail is somebody else's, and is only looked for.
OF_STACK_SET = ("trail", "queue", "forwarding_role", "rule", "tampering_rule")
_STACK_SET = "member_stack_set"


def components_of(settings: Settings) -> tuple[str, ...]:
    """The components of the account, by its topology, and the stack set if it has the members' one."""
    if settings.is_of_stack_set:
        return OF_STACK_SET
    own = OF_MEMBER if settings.is_member else tuple(name for name in COMPONENTS if name != _STACK_SET)
    return (*own, _STACK_SET) if settings.topology.units else own


def removable_components(settings: Settings) -> tuple[str, ...]:
    """The components that the account may have, also from a time in which it had another part."""
    return tuple(name for name in COMPONENTS if name != _STACK_SET or settings.topology.units)


def check_components(names: Sequence[str], settings: Settings, known: Sequence[str] = ()) -> list[str]:
    """The components to act on, in the order of the stack; all of the account if none is named.

    Args:
        known: those of the account, unless they are C(components_of).

    Raises:
        SettingsError: one is not a component of the account.
    """
    known = known or components_of(settings)
    for name in names:
        if name not in known:
            what = "component of a member" if name in COMPONENTS else "component"
            raise SettingsError(
                f"iam_alerting_components has {name!r}, which is no {what}. Use {', '.join(known)}, or leave the "
                "variable out for all."
            )
    return [name for name in known if not names or name in names]


def desired_stack(settings: Settings) -> dict[str, dict[str, Any]]:
    """The desired document of each component, by its name."""
    return {name: component.desired(settings) for name, component in COMPONENTS.items()}
