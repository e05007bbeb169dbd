# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerting itself, and the calls that change it. What its parts are called stands in tampering.json."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from record import Record
from shape import dig, text

_FILE = Path(__file__).with_name("tampering.json")


# Behind the name of members that CloudFormation enrols (names.stack_set_name).
_OF_STACK_SET = "-stackset"


class Pipeline(NamedTuple):
    """The alerting itself: the name of its resources, the account, region and partition that they are in, and the ARN
    of its key, if it has one of its own, and of its trail, if that is the organization's.
    """

    name: str = ""
    account: str = ""
    region: str = ""
    partition: str = "aws"
    key: str = ""
    trail: str = ""


# A list of actions may have more of these calls than the rule for tampering looks for. All that begin so do harm.
_TAMPERING = (
    *("AddPermission", "Attach", "Delete", "Detach", "Disable", "Purge", "Put", "Remove", "Revoke"),
    *("ScheduleKeyDeletion", "Set", "StartMessageMove", "Stop", "Unsubscribe", "Update"),
)


class _Part(NamedTuple):
    """A kind of part: the calls that alone touch it, if any; the fields that name it, and what they hold."""

    kind: str
    calls: list[str]
    fields: list[list[str]]
    values: list[str]

    def is_called(self, name: str) -> bool:
        """Whether it has this name. In values, a * at the beginning or the end stands for any text."""
        return any(_fits(value, name) for value in self.values)


def touched_part(record: Record, pipeline: Pipeline) -> str:
    """The part of the pipeline that the call changes, such as `rule x`, not safe to print; empty if it changes none."""
    if not pipeline.name or record.account != pipeline.account or not record.eventName.startswith(_TAMPERING):
        return ""
    known = _parts(pipeline).get(record.service, ())
    parts = [part for part in known if not part.calls or record.eventName in part.calls]
    named = ((part.kind, name) for part in parts for name in _named(record, part) if part.is_called(name))
    return next((f"{kind} {_short(name)}" for kind, name in named), "")


def _named(record: Record, part: _Part) -> Iterator[str]:
    """What the call names; some calls name several at once."""
    for where, field in part.fields:
        for structure in _each(getattr(record, where)):
            yield from map(text, _each(dig(structure, field)))


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _short(name: str) -> str:
    """The last part of an ARN, a URL or a path."""
    return name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _fits(value: str, name: str) -> bool:
    if value[0] == "*":
        return name.endswith(value[1:])
    return name.startswith(value[:-1]) if value[-1] == "*" else name == value


@functools.cache
def _parts(pipeline: Pipeline) -> dict[str, list[_Part]]:
    """The parts of the pipeline by service, and those of the members' stack set, which has another name."""
    owns = [pipeline._replace(name=f"{pipeline.name}{suffix}")._asdict() for suffix in ("", _OF_STACK_SET)]
    return {
        service: [
            _Part(
                kind,
                part.get("calls", []),
                [field.split(".") for field in part["fields"]],
                [name for value in part["values"] for own in owns if (name := value.format(**own, bus=own["name"]))],
            )
            for kind, part in entry["parts"].items()
        ]
        for service, entry in json.loads(_FILE.read_bytes()).items()
    }
