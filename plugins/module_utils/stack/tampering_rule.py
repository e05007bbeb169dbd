# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that tells of calls that touch the alerting itself, whatever is on the list of actions."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, tampering
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, with a shard for each further pattern."""
    pipeline = {
        "name": settings.name,
        "account": settings.account_id,
        "region": settings.region,
        "partition": settings.partition,
    }
    name, listed = names.tampering_rule_name(settings), parse_format(settings.actions)
    patterns = tampering.patterns(pipeline, name, listed, event_rule.DEFAULT_PATTERN_SIZE)
    return {
        "Name": name,
        "Description": "Calls that touch the alerting itself, for its function.",
        "EventPatterns": patterns,
        **rule.common(settings),
    }


live, difference, is_there = rule.read, rule.compared, rule.is_there
