# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an event stopped. From stage to stage, and no further than needed, is read what could have stopped it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.verification import causes
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.causes import Finding
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.evidence import Evidence
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Journey, Line

# Components that an event does not pass on its way from the trail to the function.
_NOT_ON_THE_WAY = ("bucket", "trail", "topic", "fallback_topic", "queue", "log_group", "alarms")
_OF_PUBLICATION = ("key", "topic", "execution_role")


def diagnose(journey: Journey, evidence: Evidence) -> Finding:
    """Where the event of a call stopped that did not arrive."""
    try:
        if journey.line is None:
            return _before_function(journey, evidence)
        return _after_function(journey.line, evidence)
    except AnsibleAWSError as error:
        stage = "topic" if journey.line else "function"
        return Finding(stage, f"it came not further, and it cannot be seen why: {error}", "Allow the role to read it.")


def _before_function(journey: Journey, evidence: Evidence) -> Finding:
    """The function has logged nothing about the call."""
    for look in _LOOKS:
        finding = look(journey, evidence)
        if finding:
            return finding
    trail = evidence.trails.used or evidence.desired("trail")["Name"]
    return causes.of_history(evidence.is_recorded(journey), trail)


def _after_function(line: Line, evidence: Evidence) -> Finding:
    if line.quiet:
        return causes.of_quiet(line.quiet, line.is_grouped, evidence.group_seconds)
    if line.is_published:
        asked = json.dumps(evidence.listener.filter_policy)
        return _in_hub(evidence, causes.of_listener(evidence.subscription, evidence.queue_differs, asked))
    error = evidence.error_after(line)
    # What the hub is to be like, only its own deployment knows.
    differing = [] if evidence.hub else evidence.differing(_OF_PUBLICATION)
    return _in_hub(evidence, causes.of_publication(error, differing))


def _in_hub(evidence: Evidence, finding: Finding) -> Finding:
    """A finding about what alerts, with the account where that is if it is another one."""
    return (
        dataclasses.replace(finding, cause=f"{finding.cause}, in the hub {evidence.hub}") if evidence.hub else finding
    )


def _trail(journey: Journey, evidence: Evidence) -> Finding | None:
    if evidence.trails.in_use:
        return None
    return causes.of_others(evidence.trails) or causes.of_trail(evidence.trail, evidence.desired("trail")["Name"])


def _function(journey: Journey, evidence: Evidence) -> Finding | None:
    finding = causes.of_function(evidence.function, evidence.desired("function")["FunctionName"])
    return finding and _in_hub(evidence, finding)


def _mapping(journey: Journey, evidence: Evidence) -> Finding | None:
    """Of an account that alerts itself, it is among the differences."""
    if not evidence.hub:
        return None
    finding = causes.of_mapping(evidence.mapping, evidence.desired("event_queue")["QueueName"])
    return finding and _in_hub(evidence, finding)


def _entry(journey: Journey, evidence: Evidence) -> Finding | None:
    """Of an account that alerts itself, nothing comes that way."""
    if not evidence.hub or not evidence.members_rule:
        return None
    finding = causes.of_entry(*evidence.members_rule)
    return finding and _in_hub(evidence, finding)


def _rules(journey: Journey, evidence: Evidence) -> Finding | None:
    return causes.of_rules(evidence.rules, evidence.desired("rule"), journey.action)


def _dead_letter(journey: Journey, evidence: Evidence) -> Finding | None:
    attributes = evidence.dead_letter(journey)
    return None if attributes is None else causes.of_dead_letter(attributes, evidence.desired("queue")["QueueName"])


def _error(journey: Journey, evidence: Evidence) -> Finding | None:
    return _in_hub(evidence, causes.of_failure(evidence.last_error)) if evidence.last_error else None


def _differences(journey: Journey, evidence: Evidence) -> Finding | None:
    components = [name for name in evidence.components if name not in _NOT_ON_THE_WAY]
    return causes.of_differences(evidence.differing(components))


# In this order: what surely stops an event comes before what may be of another one.
_LOOKS: tuple[Callable[[Journey, Evidence], Finding | None], ...] = (
    _trail,
    _function,
    _mapping,
    _entry,
    _rules,
    _dead_letter,
    _error,
    _differences,
)
