# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification of one account, from the first call to the last look: it writes, waits, and removes what it made."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import log
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.causes import Finding
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.diagnosis import diagnose
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.evidence import Evidence
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, Journey
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.leftovers import INFIX
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import (
    LONGEST_POLL_SECONDS,
    Listener,
    listening,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import Kind, make_and_delete

# AWS does not say how soon a new queue and its subscription work, and SNS does not try again what a policy refuses.
SETTLING_SECONDS = 5
# Logs may be read some seconds after they were written.
LOG_READS = 5
LOG_PAUSE_SECONDS = 2


@dataclass(frozen=True)
class Proof:
    """What came of the calls, and why of those that did not arrive, by action."""

    journeys: Sequence[Journey]
    findings: Mapping[str, Finding] = field(default_factory=dict)

    @property
    def arrived(self) -> list[Journey]:
        return [journey for journey in self.journeys if journey.arrival]

    @property
    def holds(self) -> bool:
        """Whether an alert arrived, and no other one was lost. One that is quiet by order is not lost."""
        return bool(self.arrived) and all(journey.is_over for journey in self.journeys)


def prove(
    pair: Pair,
    kind: Kind,
    actions: Sequence[str],
    wait_seconds: float,
    warn: Callable[[str], None],
) -> Proof:
    """Make a user or role, delete it, and follow both calls to a queue. Nothing of it is left, however it ends.

    Args:
        pair: the account in which the calls are made, and the one whose topic is to tell of them.
        actions: those of the two that are on the list of actions; the other is not waited for.
        wait_seconds: for so long at most is waited for the alerts.
        warn: is told what could not be removed.

    Raises:
        AnsibleAWSError: a call failed that is needed for the proof itself.
    """
    source, alerting = pair.source, pair.alerting
    settings = source.settings
    name = f"{settings.name}{INFIX}{secrets.token_hex(4)}"
    with listening(Listener(alerting, name, settings.account_id, actions), warn) as listener:
        time.sleep(min(SETTLING_SECONDS, wait_seconds / 10))
        made = make_and_delete(source.clients["iam"], kind, name, settings.tags)
        journeys = [journey for journey in made if journey.action in actions]
        group = names.log_group_name(alerting.settings)
        follow(journeys, listener, alerting.clients["logs"], group, wait_seconds)
        evidence = Evidence(pair, listener, made[0].called)
        lost = [journey for journey in journeys if not journey.arrival]
        return Proof(journeys, {journey.action: diagnose(journey, evidence) for journey in lost})


def follow(journeys: Sequence[Journey], listener: Listener, logs: Any, group: str, wait_seconds: float) -> None:
    """Wait until each call has arrived, or will not since it is kept quiet, or the time is over."""
    deadline = time.monotonic() + wait_seconds
    arrivals: list[Arrival] = []
    while not _are_over(journeys) and (left := deadline - time.monotonic()) > 0:
        arrivals += listener.receive(max(1, min(LONGEST_POLL_SECONDS, round(left))))
        _look(journeys, arrivals)
        if not _are_over(journeys):
            _read_log(journeys, logs, group)
            _look(journeys, arrivals)
    for _number in range(LOG_READS):
        _read_log(journeys, logs, group)
        if all(journey.line or not journey.arrival for journey in journeys):
            break
        time.sleep(LOG_PAUSE_SECONDS)


def _are_over(journeys: Sequence[Journey]) -> bool:
    return all(journey.is_over for journey in journeys)


def _look(journeys: Sequence[Journey], arrivals: Sequence[Arrival]) -> None:
    for journey in journeys:
        journey.find(arrivals)


def _read_log(journeys: Sequence[Journey], logs: Any, group: str) -> None:
    ids = [journey.request_id for journey in journeys]
    found = log.lines(logs, group, ids, min(journey.called for journey in journeys))
    for journey in journeys:
        journey.line = found.get(journey.request_id, journey.line)
