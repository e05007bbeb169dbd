"""The accounts of the storm: how each is set up, and what is done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The calls that are made of each user, in this order; each is an event.
ACTIONS = ("CreateUser", "TagUser", "PutUserPolicy", "DeleteUserPolicy", "DeleteUser")
PIPELINE = "pipeline"
WINDOW_SECONDS = 10
# SNS suspends a mail subscription beyond ten a second, and where alerts are not grouped nothing holds mails back: so
# these accounts get one event a second.
SPACED_SECONDS = 1.0
SPACED_EVENTS = 60
# What closes something and opens it again touches the alerting, so that both calls are events that are told of, too.
TOUCHING = {"": "", "topic": "PutRolePolicy", "queue": "SetQueueAttributes"}

_SUPPRESSION = {
    "name": "pipeline",
    "match": {"role": PIPELINE},
    "reason": "The soak's own automation.",
    "owner": "soak@example.com",
    "expires": "2099-12-31",
}


@dataclass(frozen=True)
class Setup:
    """One way to set an account up.

    Attributes:
        variables: of the role, besides those that all have.
        actors: the roles that make the calls, in turn; an empty one is the administrator's.
        spaced: whether its events come slowly, and fewer of them.
        closed: what is closed while the storm begins: nothing, C(topic), or C(queue), that of the events.
    """

    name: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    actors: tuple[str, ...] = ("",)
    spaced: bool = False
    closed: str = ""

    @property
    def told_of(self) -> tuple[str, ...]:
        """The calls that are events to be told of."""
        return (*ACTIONS, *filter(None, [TOUCHING[self.closed]]))

    @property
    def touches(self) -> int:
        """How many calls touch the alerting itself."""
        return 2 if self.closed else 0


_GROUPED = {"iam_alerting_group_seconds": WINDOW_SECONDS}
_PLAIN = Setup("grouped", _GROUPED)
# One after the other, and again from the first: most accounts group their alerts and nothing happens to them.
SETUPS = (
    _PLAIN,
    Setup("each by itself", spaced=True),
    _PLAIN,
    Setup("grouped, some suppressed", {**_GROUPED, "iam_alerting_suppressions": [_SUPPRESSION]}, ("", PIPELINE)),
    _PLAIN,
    Setup("each by itself, topic closed for a while", spaced=True, closed="topic"),
    _PLAIN,
    Setup("grouped, queue closed for a while", _GROUPED, closed="queue"),
    _PLAIN,
    Setup("grouped, topic closed for a while", _GROUPED, closed="topic"),
)


def setups(accounts: int) -> list[Setup]:
    """The set-up of each of so many accounts."""
    return [SETUPS[number % len(SETUPS)] for number in range(accounts)]


def shares(chosen: list[Setup], events: int) -> list[int]:
    """How many of the events each account gets: some have few, the others the rest."""
    few = min(SPACED_EVENTS, events // len(chosen))
    unspaced = [number for number, setup in enumerate(chosen) if not setup.spaced]
    found = [few] * len(chosen)
    left = events - few * (len(chosen) - len(unspaced))
    for rank, number in enumerate(unspaced):
        found[number] = left // len(unspaced) + (rank < left % len(unspaced))
    return found
