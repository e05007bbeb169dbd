# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: N815  fields bear CloudTrail's names
"""The mail about what came after an alert and was like it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import message
import origin
import target
import when
from alert import Alert
from message import Message
from record import Outcome
from shape import mapping, text
from untrusted import as_name, as_value

LISTED = 20  # events: with the rest of the mail they fill a screen

_NAME = 128
_TARGET = 80
_ID = 64
_RESULTS = {
    Outcome.SUCCEEDED: "succeeded",
    Outcome.DENIED: "DENIED",
    Outcome.FAILED: "FAILED",
    Outcome.UNKNOWN: "not recorded",
}


class First(NamedTuple):
    """The event that was mailed at once, in texts for programs: whoever prints them makes them safe.

    The first five have the names and values of the message attributes.
    """

    severity: str
    action: str
    actor: str
    account: str
    outcome: str
    account_name: str
    title: str
    region: str
    time: str
    eventID: str
    link: str

    def attributes(self) -> dict[str, str]:
        """The values of the message attributes, those of the alert."""
        return {name: value for name, value in self._asdict().items() if name in First._fields[:5]}


class Summary(NamedTuple):
    """`more` events of a group after the first; `listed` are the keys and targets of some, `latest` when the last came.

    `log_group` is that of the function.
    """

    group: str
    first: First
    more: int
    latest: str
    listed: Sequence[tuple[str, str]]
    log_group: str


def first(found: Alert) -> First:
    """What the summary needs of the event that is mailed at once."""
    record = found.record
    return First(
        **found.about,
        account_name=found.account_name,
        title=as_value(record.actor.title, 2 * _NAME),
        region=as_value(record.awsRegion, 40),
        time=as_value(record.eventTime, 60),
        link=origin.event_link(record),
    )


def read(details: str) -> First:
    """The event from its JSON form; what an older function did not write is empty."""
    found = mapping(json.loads(details))
    return First(*(text(found.get(field)) for field in First._fields))


def aim(found: Alert) -> str:
    """What the event was done to, in short."""
    return as_value(target.in_words(found.targets), 2 * _NAME)


def write(told: Summary, time_zone: str = "") -> Message:
    """The mail, with times also in that time zone. All text from events is made safe here."""
    event = told.first
    flags = f"{event.severity.upper()} {message.FLAGS.get(_outcome(event), '')}{told.more} more "
    blocks = [
        message.paragraph(_headline(told)),
        message.table(_facts(told, time_zone)),
        "\n".join(_listed(told, time_zone)),
        message.table(_reference(told, time_zone)),
    ]
    return Message(
        message.subject(flags, event.action or "unknown", event.actor, event.account, event.account_name),
        "\n\n".join(block for block in blocks if block) + "\n",
    )


def _outcome(event: First) -> Outcome:
    return next((outcome for outcome in Outcome if outcome.value == event.outcome), Outcome.UNKNOWN)


def _headline(told: Summary) -> str:
    what, who = as_name(told.first.action, _NAME), as_name(told.first.actor, _NAME) or "unknown"
    where = message.place(told.first.account, told.first.account_name)
    times = "time" if told.more == 1 else "times"
    return f"The same came {told.more} more {times}: {what} by {who} in {where}."


def _facts(told: Summary, time_zone: str) -> list[tuple[str, list[str]]]:
    event = told.first
    where = message.place(event.account, event.account_name)
    first, last = (when.in_words(time, time_zone) for time in span(told))
    return [
        ("Rating", [f"{as_name(event.severity, 20).upper()}, by the rule of the mail about the first"]),
        ("What", [f"{as_name(event.action, _NAME)}, {told.more} more"]),
        ("Who", [as_name(event.actor, _NAME)]),
        ("Where", [f"{where}, {as_name(event.region, 40) or 'region unknown'}"]),
        ("When", [f"from {first} to {last}"]),
        ("Result", [_RESULTS[_outcome(event)]]),
    ]


def span(told: Summary) -> tuple[str, str]:
    """When the first and the last of all that is known came."""
    times = {told.first.time, told.latest, *(_event(key)[0] for key, _target in told.listed)}
    ordered = sorted(times, key=when.in_words)
    return ordered[0], ordered[-1]


def _listed(told: Summary, time_zone: str) -> list[str]:
    if not told.listed:
        return []
    heading = "They are" if len(told.listed) == told.more else f"The last {len(told.listed)} of them"
    return [heading, *(_line(*_event(key), aimed_at, time_zone) for key, aimed_at in told.listed)]


def _line(time: str, event_id: str, aimed_at: str, time_zone: str) -> str:
    return f"  {when.in_words(time, time_zone)}  {as_name(event_id, _ID)}  {as_name(aimed_at, _TARGET)}".rstrip()


def _event(key: str) -> tuple[str, str]:
    """Time and id from an event's key in the table."""
    time, _mark, event_id = key.partition("#")[2].rpartition("#")
    return time, event_id


def _reference(told: Summary, time_zone: str) -> list[tuple[str, list[str]]]:
    event = told.first
    query = f'filter disposition = "grouped" and group = "{told.group}"'
    return [
        ("First", [f"{as_name(event.title, 2 * _NAME)}, {when.in_words(event.time, time_zone)}"]),
        ("Event", [as_name(event.eventID, _ID)]),
        ("Link", [event.link]),
        ("All", [f"each is in the trail's log files, and in the log group {told.log_group}, found by", query]),
    ]
