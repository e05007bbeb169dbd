# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that can make the alerting deaf or mute, and patterns that match them.

The table C(files/lambda/tampering.json) lists them by service; it is in the function's package, too, which knows by it
what was touched. Of a service it has:

C(calls): by their names in CloudTrail, with C(*) at the end where Lambda's have a version there. Not among them is what
no part of the alerting suffers from, such as tags, and what makes something that was not there before.

C(parts): by kind. C(fields) are those of the record that name the part, and C(values) what they then hold: C({name}),
C({account}), C({region}) and C({partition}) are the pipeline's, and a C(*) stands for any text, at the beginning or the
end only; C({key}) is the ARN of the pipeline's own key, C({trail}) that of its trail if that is the organization's,
C({bus}) the name of its event bus, and nothing without one. Calls take names or ARNs, as their API references say. A
part with C(calls) of its own is touched by these, and not by those of the service. An event source mapping is called by
an id that nobody chooses; what it belongs to stands in the answer, if the call succeeded. Further shards of the rules
have numbers; those beyond the ninth are not looked for. C(always) marks the part that is told of even if the call is on
the list: the rules of the list themselves, which tell of nothing once they are disabled.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import (
    API_CALL,
    FIRST,
    canonical,
    matcher,
    one_of,
    render,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import shard_name
from ansible_collections.trailwatch.aws.plugins.module_utils.recorded_names import RECORDED_AS

FILE_IN_PACKAGE = "tampering.json"

# One kind of part in the table: the fields of a record that name it, and what they hold.
Part = Mapping[str, Any]

_PATH = Path(__file__).resolve().parents[2] / "files" / "lambda" / FILE_IN_PACKAGE


@functools.cache
def table() -> Mapping[str, Any]:
    """The calls and the parts that they touch, by service."""
    document: Mapping[str, Any] = json.loads(_PATH.read_bytes())
    return document


def in_package() -> bytes:
    """What the function needs of the table, its parts, as the contents of a file beside the modules."""
    parts = {service: {"parts": entry["parts"]} for service, entry in table().items()}
    return json.dumps(parts, separators=(",", ":")).encode("ascii")


def patterns(
    pipeline: Mapping[str, str], rule: str, listed: Sequence[Action], limit: int, without: Collection[str] = ()
) -> list[Document]:
    """What matches the calls that touch the pipeline, but for those that a rule for the listed actions matches anyway.

    Services come in the order of the table, rules last, and fill one pattern after the other. So equal lists make equal
    patterns, and no rule that is made after another is reported by it.

    Args:
        pipeline: its C(name), C(account), C(region), C(partition), C(key), C(trail) and C(bus); the last three may be
            empty.
        rule: the name of the rule for the first pattern; the others have it with C(-2) and so on.
        limit: the longest pattern allowed, in characters.
        without: names of parts that a pipeline may have and this one has not.
    """
    dealt: list[list[Document]] = []
    for service, entry in table().items():
        for detail in _details(service, entry, listed, lambda part: _names(part, pipeline, without)):
            if not dealt or len(render(_pattern([*dealt[-1], detail]))) > limit:
                dealt.append([])
            dealt[-1].append(detail)
    return [_without(shard_name(rule, number), _pattern(details)) for number, details in enumerate(dealt, start=FIRST)]


def _without(name: str, pattern: Any) -> Any:
    """The pattern without the name of its own rule: what is done to that is done by the time that the event comes."""
    if isinstance(pattern, dict):
        return {key: _without(name, value) for key, value in pattern.items()}
    return [_without(name, each) for each in pattern if each != name] if isinstance(pattern, list) else pattern


def _details(
    service: str, entry: Mapping[str, Any], listed: Sequence[Action], names: Callable[[Part], list[str]]
) -> Iterator[Document]:
    """What is to match of a service: other calls for all parts, listed ones for those that are always told of."""
    for calls, parts in _touched(entry, names):
        told = [call for call in calls if _is_listed(service, call, listed)]
        for which, touched in (
            ([call for call in calls if call not in told], parts),
            (told, [part for part in parts if part.get("always")]),
        ):
            if which and touched:
                yield _detail(service, which, touched, names)


def _touched(entry: Mapping[str, Any], names: Callable[[Part], list[str]]) -> list[tuple[list[str], list[Part]]]:
    """The parts that are there, by the calls that touch them."""
    parts = [part for part in entry["parts"].values() if names(part)]
    own = [(part["calls"], [part]) for part in parts if "calls" in part]
    return [*own, (entry["calls"], [part for part in parts if "calls" not in part])]


def _names(part: Part, pipeline: Mapping[str, str], without: Collection[str]) -> list[str]:
    """What the part of this pipeline is called; nothing if it has none."""
    names = [value.format_map(pipeline) for value in part["values"]]
    return [name for name in names if name and name not in without]


def _is_listed(service: str, call: str, listed: Collection[Action]) -> bool:
    """Whether actions of the list stand for the call: for the name that it has today, or for whatever version of it."""
    recorded = RECORDED_AS.get(service, {}).get(call.removesuffix("*"), (call,))
    return all(any(action.covers(Action(service, name)) for action in listed) for name in recorded)


def _pattern(details: Sequence[Document]) -> Document:
    """Events of AWS only: nobody else can send one whose C(source) begins so."""
    pattern: Document = canonical(
        {"source": [{"prefix": "aws."}], "detail-type": [API_CALL], "detail": one_of(details)}
    )
    return pattern


def _detail(service: str, calls: Iterable[str], parts: Iterable[Part], names: Callable[[Part], list[str]]) -> Document:
    fields: dict[str, dict[str, list[Any]]] = {}
    for part in parts:
        values = [matcher(name) for name in names(part)]
        for field in part["fields"]:
            where, _dot, name = field.partition(".")
            fields.setdefault(where, {}).setdefault(name, []).extend(values)
    named = one_of({where: one_of({name: each[name]} for name in each)} for where, each in fields.items())
    return {"eventSource": [f"{service}.amazonaws.com"], "eventName": [matcher(call) for call in calls], **named}
