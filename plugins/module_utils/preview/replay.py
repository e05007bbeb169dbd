# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting what comes of many events. No event is kept, only what is counted of it."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.groups import grouped_mails
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import LeftOut, Rules

PROPOSED_GROUP_SECONDS = 300
_WORST_FIRST = ("critical", "high", "medium", "low")


class Key(NamedTuple):
    """What one row of the table is about."""

    severity: str
    action: str
    actor: str


class Group(NamedTuple):
    """What alerts must have in common to be held together."""

    account: str
    action: str
    actor: str
    severity: str
    outcome: str
    rule: str


@dataclass
class Row:
    """How many events were mailed, kept quiet (by which suppression) and left out."""

    mailed: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)
    left_out: int = 0


class Replay:
    """Counts events, in the order in which they happen to come."""

    def __init__(self, rules: Rules, function: Function) -> None:
        self._rules = rules
        self._function = function
        self._rows: defaultdict[Key, Row] = defaultdict(Row)
        self._left_out: Counter[LeftOut] = Counter()
        self._held: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()
        self._mails: defaultdict[Group, array[float]] = defaultdict(lambda: array("d"))
        self._undated_mails = 0
        self._first, self._last = math.inf, -math.inf

    def add(self, event: Mapping[str, Any]) -> None:
        """Count an event."""
        alert = self._function.alert(event)
        about = self._function.about(alert)
        time = _time(alert.record.eventTime)
        if time is not None:
            self._first, self._last = min(self._first, time), max(self._last, time)
        self._accounts[about["account"]] += 1
        refused = self._rules.left_out(event)
        if refused:
            self._left_out[refused] += 1
            # Of what the catalogue does not know there is too much in any history, and nothing to be said.
            if self._function.knows(alert):
                self._row(about).left_out += 1
            return
        self._count_taken(alert.verdict, about, time)

    def _count_taken(self, verdict: Any, about: Mapping[str, str], time: float | None) -> None:
        if verdict.suppression:
            self._row(about).suppressed[verdict.suppression.name] += 1
            self._held[verdict.suppression.name] += 1
            return
        self._row(about).mailed += 1
        if verdict.note:
            self._notes[verdict.note] += 1
        if time is None:
            self._undated_mails += 1
        else:
            self._mails[Group(*(about[name] for name in Group._fields))].append(time)

    def _row(self, about: Mapping[str, str]) -> Row:
        return self._rows[Key(*(about[name] for name in Key._fields))]

    def summary(self, group_seconds: int) -> dict[str, Any]:
        """All that was counted, as data; grouped by C(PROPOSED_GROUP_SECONDS) if I(group_seconds) is 0."""
        mailed = sum(row.mailed for row in self._rows.values())
        suppressed = sum(self._held.values())
        left_out = {each.label: self._left_out[each] for each in LeftOut if self._left_out[each]}
        return {
            "records": mailed + suppressed + sum(left_out.values()),
            "mailed": mailed,
            "suppressed": suppressed,
            "left_out": left_out,
            "first": _written(self._first),
            "last": _written(self._last),
            "accounts": sorted(self._accounts),
            "rows": self._sorted_rows(),
            "suppressions": self._suppressions(),
            "notes": dict(self._notes.most_common()),
            "days": self._days(),
            "days_covered": self._days_covered(),
            "grouped": self._grouped(group_seconds or PROPOSED_GROUP_SECONDS),
        }

    def _sorted_rows(self) -> list[dict[str, Any]]:
        """The rows, those first of which something got to the function, and the worst of them first."""

        def place(item: tuple[Key, Row]) -> tuple[Any, ...]:
            key, row = item
            taken = row.mailed + row.suppressed.total()
            return (not taken, _WORST_FIRST.index(key.severity), -row.mailed, -taken - row.left_out, key)

        return [
            {
                **key._asdict(),
                "events": row.mailed + row.suppressed.total() + row.left_out,
                "mailed": row.mailed,
                "suppressed": dict(row.suppressed.most_common()),
                "left_out": row.left_out,
            }
            for key, row in sorted(self._rows.items(), key=place)
        ]

    def _suppressions(self) -> list[dict[str, Any]]:
        return [
            {
                "name": each.name,
                "owner": each.owner,
                "expires": each.expires,
                "expired": each.expires < self._function.today,
                "events": self._held[each.name],
            }
            for each in self._function.suppressions
        ]

    def _days(self) -> dict[str, int]:
        """How many mails there are on each day that has one."""
        days = Counter(_written(time)[:10] for times in self._mails.values() for time in times)
        return dict(sorted(days.items()))

    def _days_covered(self) -> int:
        """How many days there are from the first record's to the last one's."""
        if self._last < self._first:
            return 0
        return int(self._last // 86400 - self._first // 86400) + 1

    def _grouped(self, seconds: int) -> dict[str, int]:
        mails = sum(grouped_mails(times, seconds) for times in self._mails.values())
        return {"seconds": seconds, "mails": mails + self._undated_mails}


def _time(event_time: str) -> float | None:
    """The time in seconds; None for one that is not written as CloudTrail does."""
    try:
        moment = datetime.fromisoformat(event_time)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _written(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if math.isfinite(time) else ""
