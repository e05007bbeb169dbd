# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerting itself, and the calls that change it."""

from __future__ import annotations

import re
from typing import NamedTuple

from record import Record
from shape import mapping, text


class Pipeline(NamedTuple):
    """The alerting itself: the name of its resources, and the account that they are in."""

    name: str = ""
    account: str = ""


_SUFFIXES = ("-function", "-dlq", "-events", "-groups", "-grouping", "-fallback")
_TAMPERING = ("Attach", "Delete", "Detach", "Disable", "Purge", "Put", "Remove", "Set", "Stop", "Unsubscribe", "Update")
_NAMING = (
    *("name", "rule", "trailName", "functionName", "roleName", "topicArn", "subscriptionArn", "queueUrl"),
    *("logGroupName", "bucketName", "tableName"),
)


def touched_part(record: Record, pipeline: Pipeline) -> str:
    """The part of the pipeline that the call changes, not safe to print yet; empty if it changes none."""
    if not pipeline.name or record.account != pipeline.account or not record.eventName.startswith(_TAMPERING):
        return ""
    parameters = mapping(record.requestParameters)
    parts = (part for name in _NAMING for part in re.split("[:/]", text(parameters.get(name))))
    return next((part for part in parts if _is_ours(part, pipeline)), "")


def _is_ours(part: str, pipeline: Pipeline) -> bool:
    if not part.startswith(pipeline.name):
        return False
    rest = part.removeprefix(pipeline.name)
    shard = rest.startswith("-") and rest[1:].isdigit()
    return shard or rest in ("", *_SUFFIXES) or rest.startswith(f"-{pipeline.account}-")
