# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a redrive, in words and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.letter import Outcome, Result
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.run import Run, Waiting

# Of those that are left for the same reason, so many are named.
NAMED = 5

_WORDS = {
    Outcome.ALERTED: "alerted",
    Outcome.SUPPRESSED: "suppressed",
    Outcome.REMINDED: "reminded of a summary",
    Outcome.KEPT: "kept by the hub that stands by",
    Outcome.VOID: "a reminder without anything to tell",
    Outcome.OVER: "a heartbeat of the past",
    Outcome.LEFT: "left",
}


def would_do(waiting: Waiting) -> str:
    """What a real run would do, on one line."""
    line = f"would redrive {_letters(waiting.visible)}" if waiting.visible else _none(waiting)
    return "; ".join([line, *_hidden(waiting)])


def summary(run: Run, waiting: Waiting) -> str:
    """How many messages there were and what came of them, on one line."""
    counts = Counter(result.outcome for result in run.results)
    told = ", ".join(f"{counts[outcome]} {word}" for outcome, word in _WORDS.items() if counts[outcome])
    line = f"{_letters(len(run.results))}: {told}" if run.results else _none(waiting)
    if run.problem:
        line = f"{line}, then stopped" if run.results else f"stopped before the first of {_letters(waiting.visible)}"
    return "; ".join([line, *_hidden(waiting)])


def failure(run: Run, waiting: Waiting) -> str:
    """Why an account failed, with the messages that are left; empty if none is."""
    parts = [*_left(run.results), *([run.problem] if run.problem else [])]
    if not parts and not waiting.hidden:
        return ""
    return ". ".join([summary(run, waiting), *parts])


def as_data(run: Run) -> dict[str, Any]:
    """What came of the messages, for programs."""
    counts = Counter(result.outcome for result in run.results)
    return {
        "dead_letters": len(run.results),
        **{outcome.value: counts[outcome] for outcome in Outcome if outcome is not Outcome.LEFT},
        "left": [
            {"message_id": result.letter.message_id, "title": result.letter.title, "reason": result.reason}
            for result in run.results
            if result.outcome is Outcome.LEFT
        ],
    }


def _left(results: Sequence[Result]) -> list[str]:
    """The messages that are left, those of the same reason together."""
    titles: dict[str, list[str]] = {}
    for result in results:
        if result.outcome is Outcome.LEFT:
            titles.setdefault(result.reason, []).append(result.letter.title)
    return [f"{_listed(which)}: {reason}" for reason, which in titles.items()]


def _listed(titles: Sequence[str]) -> str:
    more = len(titles) - NAMED
    return ", ".join(titles[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _hidden(waiting: Waiting) -> list[str]:
    if not waiting.hidden:
        return []
    return [f"{waiting.hidden} in other hands, for an hour at most: redrive again then"]


def _none(waiting: Waiting) -> str:
    return "nothing to receive" if waiting.hidden else "no dead letters"


def _letters(number: int) -> str:
    return f"{number} dead letter{'' if number == 1 else 's'}"
