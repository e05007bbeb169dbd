# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When it happened, in UTC and in a second time zone."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, tzinfo

from untrusted import as_text

_UNREADABLE = (ValueError, OverflowError, OSError)


def moment(event_time: str) -> datetime:
    """The time that a record states, as text or in seconds or milliseconds, in UTC. Raises ValueError if it is none."""
    try:
        return _stated(event_time).astimezone(UTC)
    except _UNREADABLE as error:
        raise ValueError(f"{event_time!r} is no time") from error


def milliseconds(event_time: str, otherwise: float) -> int:
    """The time in milliseconds since 1970, or that of `otherwise` (in seconds) if it cannot be read."""
    try:
        return int(moment(event_time).timestamp() * 1000)
    except ValueError:
        return int(otherwise * 1000)


def iso(seconds: float) -> str:
    """The time in UTC to the millisecond, as 2026-03-14T03:07:42.120Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_words(event_time: str, time_zone: str = "") -> str:
    """The time in UTC to the second, and in the time zone with that IANA name; as recorded where it cannot be read."""
    try:
        in_utc = moment(event_time)
    except ValueError:
        return as_text(event_time, 60) or "not recorded"
    return f"{in_utc:%Y-%m-%d %H:%M:%S} UTC{_elsewhere(in_utc, time_zone) if time_zone else ''}"


def _elsewhere(in_utc: datetime, time_zone: str) -> str:
    zone = _zone(time_zone)
    if zone is None:
        return f" (no data for time zone {as_text(time_zone, 60)})"
    try:
        local = in_utc.astimezone(zone)
    except _UNREADABLE:  # at the ends of the calendar
        return ""
    shown = f"{local:%H:%M:%S}" if local.date() == in_utc.date() else f"{local:%Y-%m-%d %H:%M:%S}"
    return f" ({shown} in {time_zone})"


@functools.cache
def _zone(name: str) -> tzinfo | None:
    """The time zone; None if there is none of that name, or no data of time zones: no alert is lost for that."""
    import zoneinfo  # needed by few, and it takes its time to load

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _stated(event_time: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", event_time):
        seconds = float(event_time)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    stated = datetime.fromisoformat(event_time)
    return stated if stated.tzinfo else stated.replace(tzinfo=UTC)
