# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that tells of calls that touch the alerting itself, whatever is on the list of actions."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, tampering
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings

# AWS KMS Developer Guide, "Key identifiers": the last part of an ARN is C(key/) and a UUID.
KEY_NAME_LENGTH = len("key/") + 36


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, with a shard for each further pattern.

    The former description is for the time between that it leads to a hub no more and that the role is gone by which it
    did: it is the last of the rules to change, and a run may be broken off there.
    """
    pipeline = {
        "name": settings.name,
        "account": settings.account_id,
        "region": settings.region,
        "partition": settings.partition,
        "trail": names.organizations_trail_arn(settings),
        "key": names.key_alias_arn(settings) if settings.customer_key else "",
        "bus": names.bus_name(settings) if settings.state_of_event_bus == PRESENT else "",
    }
    name, listed = names.tampering_rule_name(settings), parse_format(settings.actions)
    patterns = tampering.patterns(pipeline, name, listed, _limit(settings), _not_there(settings))
    description = f"Calls that touch the alerting itself, for {rule.receivers(settings)}."
    return {
        "Name": name,
        "Description": description,
        "FormerDescription": f"{description} {rule.FORMERLY}",
        "EventPatterns": patterns,
        **rule.common(settings),
    }


def _not_there(settings: Settings) -> set[str]:
    """What the account has only with another topology, or if it forwards from other regions."""
    there = {
        names.role_name(settings): not settings.is_member,
        names.forwarding_role_name(settings): settings.state_of_forwarding == PRESENT,
        names.forwarder_name(settings): bool(settings.forwarding_regions),
        names.members_rule_name(settings): settings.state_of_event_bus == PRESENT,
        # Three do for all that others have.
        event_rule.shard_name(names.tampering_rule_name(settings), 4): settings.state_of_event_bus == PRESENT,
    }
    return {name for name, is_there in there.items() if not is_there}


def _limit(settings: Settings) -> int:
    """The longest pattern; where the alias of a key stands, its longer ARN will (see C(key.resolved))."""
    return event_rule.DEFAULT_PATTERN_SIZE - max(0, KEY_NAME_LENGTH - len(names.key_alias(settings)))


live, difference, is_there = rule.read, rule.compared, rule.is_there
