# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events the event rules of an action list hand to the function."""

from __future__ import annotations

import enum
import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import SOURCE_SUFFIX, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import allocate, detail_types
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import (
    DEFAULT_PATTERN_SIZE,
    ENABLED,
    enabled_state,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import UnknownPartitionError, iam_region
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.regions import ALL


class LeftOut(enum.Enum):
    """Why an event does not get to the function. The value is said of one event, the label of many."""

    NOT_LISTED = "Its action is not on the list (iam_alerting_actions)."
    OTHER_KIND = "Its source or detail-type is none that the rule takes for this service."
    ELSEWHERE = "Its event goes to the event bus of its own region. The rule is in the region that gets IAM's events."
    READ_ONLY = "It is a read-only event, and the rule takes none: by its name the action is not read-only."

    @property
    def label(self) -> str:
        return self.name.lower()


class Rules:
    """The rules as a first deployment makes them. Later ones may deal the actions out to them in another way."""

    def __init__(self, actions: Iterable[str], forwarding_regions: Collection[str] = ()) -> None:
        """Take the actions as C(service:Action), without presets. Raises ActionError for a malformed one.

        Args:
            forwarding_regions: those whose events are forwarded to the rules, or C(all).
        """
        self._forwarding = forwarding_regions
        shards = allocate(parse_format(actions), {}, DEFAULT_PATTERN_SIZE)
        self._rules = [(listed, enabled_state(listed)) for listed in shards.values()]
        self._states = functools.cache(self._find_states)

    def left_out(self, event: Mapping[str, Any]) -> LeftOut | None:
        """Why no rule takes the event; None if one does."""
        detail = event["detail"]
        event_source, event_name = str(detail.get("eventSource")), str(detail.get("eventName"))
        states = self._states(event_source, event_name)
        if not states:
            return LeftOut.NOT_LISTED
        if not _is_of_kind(event, event_source.removesuffix(SOURCE_SUFFIX)):
            return LeftOut.OTHER_KIND
        if not self._hears_of(str(event.get("region"))):
            return LeftOut.ELSEWHERE
        return LeftOut.READ_ONLY if states == {ENABLED} and _is_read_only_management(detail) else None

    def _hears_of(self, region: str) -> bool:
        return _is_home(region) or region in self._forwarding or ALL in self._forwarding

    def _find_states(self, event_source: str, event_name: str) -> set[str]:
        """The states of the rules that are for the action; wildcards may put it into several."""
        return {
            state for listed, state in self._rules if any(action.matches(event_source, event_name) for action in listed)
        }


def _is_of_kind(event: Mapping[str, Any], service: str) -> bool:
    return event.get("source") == f"aws.{service}" and event.get("detail-type") in detail_types(service)


@functools.cache
def _is_home(region: str) -> bool:
    """Whether the region gets its partition's IAM events; of a region that is not known it is assumed."""
    try:
        return region == iam_region(region)
    except UnknownPartitionError:
        return True


def _is_read_only_management(detail: Mapping[str, Any]) -> bool:
    """Amazon EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"; old records do not say."""
    return detail.get("readOnly") is True and detail.get("managementEvent") is not False
