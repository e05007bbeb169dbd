# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When it happened, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from untrusted import as_text

_UNREADABLE = (ValueError, OverflowError, OSError)


def in_words(event_time: str) -> str:
    """The time that a record states in UTC to the second, or as recorded where it cannot be read."""
    try:
        in_utc = _stated(event_time).astimezone(UTC)
    except _UNREADABLE:
        return as_text(event_time, 60) or "not recorded"
    return in_utc.strftime("%Y-%m-%d %H:%M:%S UTC")


def _stated(event_time: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", event_time):
        seconds = float(event_time)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    stated = datetime.fromisoformat(event_time)
    return stated if stated.tzinfo else stated.replace(tzinfo=UTC)
