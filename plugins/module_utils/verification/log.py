# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the function logged: its line about a call, and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Line

# The clocks of controller and AWS may differ by so much.
SKEW_SECONDS = 60

# As the runtime, the service, and the function itself for one of a batch of messages tell of a failure.
_ERRORS = '?"[ERROR]" ?"Task timed out" ?traceback'
_ERROR_LENGTH = 300


def lines(logs: Any, group: str, request_ids: Iterable[str], since: float) -> dict[str, Line]:
    """The function's lines about these calls by request id, from a time in seconds on; of several the last that tells
    of a message, else the last one. A failed event is tried again, and each time logged.
    """
    wanted = list(request_ids)
    pattern = " ".join(f'?"{request_id}"' for request_id in wanted)
    found: dict[str, Line] = {}
    for event in _filtered(logs, group, filterPattern=pattern, startTime=int((since - SKEW_SECONDS) * 1000)):
        entry = _entry(event["message"])
        request_id = str(entry.get("requestID", ""))
        line = Line(entry, event["logStreamName"], event["timestamp"])
        known = found.get(request_id)
        if request_id in wanted and not (known and known.is_published and not line.is_published):
            found[request_id] = line
    return found


def last_error(logs: Any, group: str, since: float) -> str:
    """The last error in the log from a time in seconds on, on one line; empty if there is none."""
    return _told(_filtered(logs, group, filterPattern=_ERRORS, startTime=int(since * 1000))[-1:])


def error_after(logs: Any, group: str, line: Line) -> str:
    """The first error after a line, in the same stream; empty if there is none."""
    where = {"logStreamNames": [line.stream], "startTime": line.timestamp}
    return _told(_filtered(logs, group, filterPattern=_ERRORS, **where)[:1])


def _told(events: list[Document]) -> str:
    if not events:
        return ""
    message = str(_entry(events[0]["message"]).get("error") or events[0]["message"])
    first = (message.strip().splitlines() or [""])[0]
    return first if len(first) <= _ERROR_LENGTH else f"{first[:_ERROR_LENGTH]}..."


def _entry(message: str) -> Document:
    """The line as the object that the function logs; empty if it is another one."""
    try:
        entry = json.loads(message)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _filtered(logs: Any, group: str, **arguments: Any) -> list[Document]:
    try:
        answer = call_all(f"read log group {group}", logs, "filter_log_events", logGroupName=group, **arguments)
    except is_ansible_aws_error_code("ResourceNotFoundException"):  # the group, or not yet the stream
        return []
    found: list[Document] = answer.get("events", [])
    return found
