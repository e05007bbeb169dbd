# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What grouping remembers: a DynamoDB table in which each step is one write of one item, under a condition.

The partition key `pk` is the group, the sort key `sk` is `window` or an event's `event#<time>#<id>`. An event has a
lease: until then an invocation may be at work on it; after that the invocation is dead, and nobody was told. The
lease of an event that is done never ends. Items go a day after their last use (`expires`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple

_Values = Mapping[str, str | int]

LEASE = 30  # seconds: the function's timeout, so that no invocation outlives its lease
STALE = 900  # seconds after its end in which a window still waits for its summary
_DAY = 86400
_NEVER = 9_999_999_999
_WINDOW = "window"
_ATTEMPTS = 3
_LOOKED_AT = 100


class BusyError(RuntimeError):
    """Another invocation is at work on the event, or was when it died. Later it is known which."""


class Claim(enum.Enum):
    """Whose an event is: nobody's so far, that of an invocation that died, or it has been dealt with."""

    FIRST = "first"
    AGAIN = "again"
    DONE = "done"


class Window(NamedTuple):
    """The events of a group until `ends` (seconds since 1970), the first of which, `opener`, is mailed at once.

    `entered` events came, and people know of `told` of them. `details` is what the opener left for the summary,
    `latest` the time of the event that came last.
    """

    opener: str
    ends: int
    entered: int
    told: int
    details: str
    latest: str


class Groups(NamedTuple):
    """The table, and a client of DynamoDB. Times are seconds since 1970."""

    dynamodb: Any
    table: str

    def claim(self, group: str, event: str, target: str, now: int) -> Claim:
        """Take the event on.

        Raises BusyError while somebody's lease of it runs: it may be ours, by a write that was repeated because its
        answer was lost.
        """
        item: _Values = {"pk": group, "sk": event, "target": target, "lease": now + LEASE, "expires": now + _DAY}
        try:
            answer = self.dynamodb.put_item(
                TableName=self.table,
                Item=_typed(item),
                ConditionExpression="attribute_not_exists(pk) OR lease < :now",
                ExpressionAttributeValues=_typed({":now": now}),
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as refused:
            if _plain(refused.response.get("Item", {})).get("lease") == _NEVER:
                return Claim.DONE
            raise BusyError(f"another invocation may be at work on {event}, wait for its lease to end") from refused
        return Claim.AGAIN if answer.get("Attributes") else Claim.FIRST

    def done(self, group: str, event: str, opener: str = "") -> None:
        """Note that the event was mailed, or that the summary of the window of `opener` will tell of it."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key=_key(group, event),
            UpdateExpression="SET lease = :never, opener = :opener",
            ExpressionAttributeValues=_typed({":never": _NEVER, ":opener": opener}),
        )

    def enter(self, group: str, window: Window, now: int) -> str:
        """Count the event `window.opener` in the group's window, and answer with the event that opened it.

        Where there is none, or one whose summary never came, `window` is it from now on. Raises RuntimeError if others
        close and open it so fast that it is never the one or the other.
        """
        for _attempt in range(_ATTEMPTS):
            opener = self._join(group, window, now) or self._open_anew(group, window, now)
            if opener:
                return opener
        raise RuntimeError(f"the window of group {group} changed {_ATTEMPTS} times under our hands")

    def _join(self, group: str, window: Window, now: int) -> str:
        """The opener of the window, `window` itself if there was none; empty if the one that is there is stale."""
        answer = self._change(
            group,
            update="SET opener = if_not_exists(opener, :opener), ends = if_not_exists(ends, :ends),"
            " details = if_not_exists(details, :details), told = if_not_exists(told, :told),"
            " latest = :latest, expires = :expires ADD entered :entered",
            condition="attribute_not_exists(ends) OR ends >= :stale",
            values={**_values(window), ":expires": now + _DAY, ":stale": now - STALE},
        )
        return str(_plain(answer["Attributes"])["opener"]) if answer else ""

    def _open_anew(self, group: str, window: Window, now: int) -> str:
        """The opener of `window` if it has taken over a stale one, with what was not told; empty if none is stale."""
        answer = self._change(
            group,
            update="SET opener = :opener, ends = :ends, details = :details, latest = :latest, expires = :expires"
            " ADD entered :entered, told :told",
            condition="ends < :stale",
            values={**_values(window), ":expires": now + _DAY, ":stale": now - STALE},
        )
        return window.opener if answer else ""

    def window(self, group: str) -> Window | None:
        """The group's window as it is now; None if there is none."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=_key(group, _WINDOW), ConsistentRead=True)
        item = _plain(answer.get("Item", {}))
        return Window(**{field: item[field] for field in Window._fields}) if item else None

    def close(self, group: str, seen: Window) -> bool:
        """Delete the window; answers whether it could: not if events came since it was seen."""
        return bool(
            self._under_condition(
                self.dynamodb.delete_item,
                Key=_key(group, _WINDOW),
                ConditionExpression="opener = :opener AND entered = :entered",
                ExpressionAttributeValues=_typed({":opener": seen.opener, ":entered": seen.entered}),
            )
        )

    def prolong(self, group: str, seen: Window, ends: int) -> bool:
        """Let the window go on until `ends`, what was seen of it being told; answers whether it was still there."""
        answer = self._change(
            group,
            update="SET told = :told, ends = :ends",
            condition="opener = :opener",
            values={":told": seen.entered, ":ends": ends, ":opener": seen.opener},
        )
        return bool(answer)

    def told_by(self, group: str, opener: str, limit: int) -> list[tuple[str, str]]:
        """Keys and targets of the latest events that the window's summary is to tell of, in the order of time."""
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :group AND begins_with(sk, :event)",
            FilterExpression="opener = :opener",
            ExpressionAttributeValues=_typed({":group": group, ":event": "event#", ":opener": opener}),
            ScanIndexForward=False,
            Limit=_LOOKED_AT,
        )
        items = [_plain(item) for item in answer["Items"][:limit]]
        return [(str(item["sk"]), str(item["target"])) for item in reversed(items)]

    def _change(self, group: str, update: str, condition: str, values: _Values) -> Any:
        return self._under_condition(
            self.dynamodb.update_item,
            Key=_key(group, _WINDOW),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=_typed(values),
            ReturnValues="ALL_NEW",
        )

    def _under_condition(self, call: Any, **parameters: Any) -> Any:
        """The answer of the call; None if its condition did not hold."""
        try:
            return call(TableName=self.table, **parameters)
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return None


def _key(group: str, sort_key: str) -> dict[str, Any]:
    return _typed({"pk": group, "sk": sort_key})


def _values(window: Window) -> _Values:
    return {f":{field}": value for field, value in window._asdict().items()}


def _typed(values: _Values) -> dict[str, Any]:
    """The values as DynamoDB has them: each with its type, numbers as text."""
    return {name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in values.items()}


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else value.get("S", "") for name, value in item.items()}
