# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call on its way from IAM to the queue, and how long each stage took. All times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document

# What the function says of an event that it leaves to the mail of another one.
_LEFT_TO_ANOTHER = ("grouped", "duplicate")


@dataclass(frozen=True)
class Line:
    """What the function logged of an event, and where in its log group the line is; C(timestamp) in milliseconds."""

    entry: Document
    stream: str
    timestamp: int

    @property
    def quiet(self) -> str:
        """Why there is no message of the event's own, although all is well; empty if there has to be one."""
        if self.entry.get("suppressedBy"):
            return f"suppressed by {self.entry['suppressedBy'].get('name')}"
        if self.is_grouped:
            return "left to the summary of a group of events"
        return ""

    @property
    def is_grouped(self) -> bool:
        """Whether the event is told of by the mail of another one."""
        return self.entry.get("disposition") in _LEFT_TO_ANOTHER

    @property
    def is_published(self) -> bool:
        return bool(self.entry.get("messageId"))


@dataclass(frozen=True)
class Arrival:
    """A message that came to the queue: when it was published, sent to the queue, and seen in it."""

    action: str
    text: str
    published: float
    sent: float
    seen: float


@dataclass
class Journey:
    """A call, and what is known by now of its event.

    Attributes:
        action: as in IAM policies, such as C(iam:CreateUser).
        name: of the user or role. It is in every text about the event, and in no other.
        called: when the call was made.
        request_id: by which CloudTrail and the function know the call.
    """

    action: str
    name: str
    called: float
    request_id: str
    line: Line | None = None
    arrival: Arrival | None = None

    @property
    def title(self) -> str:
        return self.action.partition(":")[2]

    @property
    def quiet(self) -> str:
        """Why no message will come of it, although all is well."""
        return self.line.quiet if self.line and not self.arrival else ""

    @property
    def is_over(self) -> bool:
        return bool(self.arrival or self.quiet)

    def find(self, arrivals: Iterable[Arrival]) -> None:
        """Take the message about this call, if it is among these."""
        marks = [
            self.name,
            *([str(self.line.entry["eventID"])] if self.line and self.line.entry.get("eventID") else []),
        ]
        for arrival in arrivals:
            if arrival.action == self.action and any(mark in arrival.text for mark in marks):
                self.arrival = self.arrival or arrival

    def stages(self) -> dict[str, float]:
        """The seconds that each stage took, of those that are known, in order; together they are the whole way.

        Several clocks and whole seconds are compared: a stage that seems to end before it began took none.
        """
        taken, now = {}, self.called
        for stage, end in self._ends():
            taken[stage] = max(0.0, end - now)
            now = max(now, end)
        return taken

    def _ends(self) -> Iterable[tuple[str, float]]:
        if self.line:
            for stage, field in (("record", "eventTime"), ("function", "receivedTime")):
                moment = seconds(self.line.entry.get(field))
                if moment is not None:
                    yield stage, moment
        if self.arrival:
            yield from (("topic", self.arrival.published), ("queue", self.arrival.sent), ("seen", self.arrival.seen))


def seconds(text: object) -> float | None:
    """The time of an ISO text; None if it is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
