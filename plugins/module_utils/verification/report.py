# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a verification in words and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.verification.audience import Audience
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.causes import Finding
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Journey
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import PATH, Kind
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.proof import Proof


def would_do(kind: Kind, actions: Sequence[str], minutes: float, leftovers: Sequence[str]) -> str:
    """What a real run would do, on one line."""
    line = (
        f"would create and delete a {kind.what} under {PATH} and a queue for the time of it, and wait up to "
        f"{minutes:g} minutes for the alerts of {_and(_titles(actions))}"
    )
    return "; ".join([line, *_removal("would remove", leftovers)])


def passed(proof: Proof, not_listed: Sequence[str], pending: Sequence[str], leftovers: Sequence[str]) -> str:
    """The line of an account in which the proof holds: how long each call took, and the slowest one stage by stage.

    Args:
        not_listed: the calls that are not on the list of actions.
        pending: the subscribers who have not confirmed.
        leftovers: what was removed.
    """
    took = [f"{journey.title} {sum(journey.stages().values()):.1f} s" for journey in proof.arrived]
    slowest = max(proof.arrived, key=lambda journey: sum(journey.stages().values()))
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in slowest.stages().items())
    notes = [f"{journey.title} {journey.quiet}" for journey in proof.journeys if not journey.arrival]
    notes += [f"{title} is not in iam_alerting_actions" for title in _titles(not_listed)]
    notes += [f"not confirmed: {', '.join(pending)}"] if pending else []
    return "; ".join([f"pass: {', '.join(took)} ({stages})", *notes, *_removal("removed", leftovers)])


def unheard(audience: Audience) -> str:
    """Why the proof is none for people: the topic publishes, and none of them gets it."""
    pending = f"; not confirmed: {', '.join(audience.pending)}" if audience.pending else ""
    return (
        f"The alerts came to the topic {audience.topic}, but nobody who gets them is subscribed there{pending}. "
        "playbooks/confirm.yml confirms with the links of the mails, and has new ones sent with -e "
        "iam_alerting_resend_confirmations=true; playbooks/status.yml tells what became of each subscriber."
    )


def failed(proof: Proof) -> str:
    """Why the proof does not hold: events that stopped for the same reason are told of together."""
    told: dict[Finding, list[str]] = {}
    for action, finding in proof.findings.items():
        told.setdefault(finding, []).append(action)
    lines = [f"{_and(_titles(actions))} {finding}" for finding, actions in told.items()]
    return " ".join([*lines, *(f"{journey.title} arrived." for journey in proof.arrived)])


def as_data(journey: Journey, finding: Finding | None) -> dict[str, Any]:
    """What came of a call, for programs."""
    stopped = {"stage": finding.stage, "cause": finding.cause, "remedy": finding.remedy} if finding else {}
    return {
        "action": journey.action,
        "request_id": journey.request_id,
        "arrived": journey.arrival is not None,
        "quiet": journey.quiet,
        "seconds": {stage: round(seconds, 3) for stage, seconds in journey.stages().items()},
        **stopped,
    }


def _removal(verb: str, leftovers: Sequence[str]) -> list[str]:
    return [f"{verb} what an earlier run left: {', '.join(leftovers)}"] if leftovers else []


def _titles(actions: Iterable[str]) -> list[str]:
    return [action.partition(":")[2] for action in actions]


def _and(words: Sequence[str]) -> str:
    return " and ".join(words)
