# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EventBridge patterns that match exactly the CloudTrail events of a list of actions.

A pattern is a plain document, as it is after parsing its JSON. Where the actions do not fit into one pattern they are
dealt out to shards: numbered patterns, of which each event of a listed action matches one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import SOURCE_SUFFIX, Action, collapse
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError

FIRST = 1

API_CALL = "AWS API Call via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
# Sign-in events come in several forms: EventBridge's guide says "Signin", CloudTrail's guide and the events say "Sign
# In" (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"; CloudTrail User Guide, "AWS service
# topics"); those of Identity Center's users are service events (IAM Identity Center User Guide, "Understanding IAM
# Identity Center sign-in events"); OAuth tokens are API calls.
_DETAIL_TYPES: dict[str, tuple[str, ...]] = {
    "organizations": (API_CALL, SERVICE_EVENT),
    "rolesanywhere": (API_CALL, SERVICE_EVENT),
    "signin": (
        API_CALL,
        "AWS Console Action via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        SERVICE_EVENT,
    ),
    "sso": (API_CALL, SERVICE_EVENT),
    "sso-directory": (API_CALL, SERVICE_EVENT),
}


def detail_types(service: str) -> tuple[str, ...]:
    """The detail-types under which EventBridge reports the events of a service."""
    return _DETAIL_TYPES.get(service, (API_CALL,))


def build_pattern(actions: Iterable[Action]) -> Document:
    """The pattern that matches the events of these actions and no others.

    C(source) can only be C(aws.*) if AWS sent the event: PutEvents refuses it from anyone else. C(eventSource) is what
    pairs a service with its own names; services whose events have the same detail types share the other conditions.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for action in collapse(actions):
        names[action.service].append(action.name)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for service in sorted(names):
        groups[detail_types(service)].append(service)
    pattern: Document = canonical(
        one_of(
            {
                "source": [f"aws.{service}" for service in services],
                "detail-type": list(detail_types),
                "detail": one_of(_detail(service, names[service]) for service in services),
            }
            for detail_types, services in groups.items()
        )
    )
    return pattern


def render(pattern: Mapping[str, Any]) -> str:
    """The pattern as the shortest JSON, the same text for the same pattern."""
    return json.dumps(canonical(pattern), separators=(",", ":"), ensure_ascii=False)


def canonical(pattern: Any) -> Any:
    """The pattern with its lists in a fixed order. Two patterns that differ only in order become equal.

    A C(numeric) range stays as it is: its operators and numbers stand in turn.
    """
    if isinstance(pattern, Mapping):
        return {key: pattern[key] if key == "numeric" else canonical(pattern[key]) for key in sorted(pattern)}
    if isinstance(pattern, list):
        return sorted(map(canonical, pattern), key=json.dumps)
    return pattern


def actions_in(pattern: Mapping[str, Any]) -> frozenset[Action]:
    """The actions that a pattern of the form of C(build_pattern) is for; of another pattern what can be recognized."""
    details = [detail for branch in _branches(pattern) for detail in _branches(branch.get("detail"))]
    return frozenset(action for detail in details for action in _actions_of_detail(detail))


def allocate(
    wanted: Iterable[Action],
    live: Mapping[int, Collection[Action]],
    limit: int,
    reserved: Collection[int] = (),
) -> dict[int, tuple[Action, ...]]:
    """The actions of each shard, by the shard's number; shard 1 is always there, no shard is empty.

    An action stays in the shard where it is. Others go to the first shard with room, or else to a new one, so that to
    add an action or to take one away touches one shard.

    Args:
        live: the actions of each shard as it is now.
        limit: the longest pattern allowed, in characters.
        reserved: numbers that no new shard may have.

    Raises:
        InvalidValueError: an action alone is longer than the limit.
    """
    left = set(collapse(wanted))
    for action in sorted(left):
        _check_fits(action, limit)
    shards: dict[int, list[Action]] = {FIRST: []}
    for number in sorted(live):
        shards[number] = _as_many_as_fit(sorted(left.intersection(live[number])), limit)
        left.difference_update(shards[number])
    for action in sorted(left):
        shards.setdefault(_number_for(action, shards, limit, reserved), []).append(action)
    return _without_empty(shards)


def _detail(service: str, names: list[str]) -> Document:
    event_source = {"eventSource": [service + SOURCE_SUFFIX]}
    return event_source if names == ["*"] else {**event_source, "eventName": [matcher(name) for name in names]}


def one_of(documents: Iterable[Document]) -> Document:
    """What matches if one of the documents does. C($or) wants two at least."""
    documents = list(documents)
    return documents[0] if len(documents) == 1 else {"$or": documents}


def matcher(name: str) -> str | dict[str, str]:
    """EventBridge's cheapest comparison for a name; rules with C(wildcard) have a small quota of their own."""
    if "*" not in name:
        return name
    if name.count("*") == 1 and name.endswith("*"):
        return {"prefix": name[:-1]}
    if name.count("*") == 1 and name.startswith("*"):
        return {"suffix": name[1:]}
    return {"wildcard": name}


def _name_of(matcher: Any) -> str:
    if isinstance(matcher, str):
        return matcher
    if not isinstance(matcher, Mapping) or len(matcher) != 1:
        return ""
    kind, value = next(iter(matcher.items()))
    form = {"prefix": "{}*", "suffix": "*{}", "wildcard": "{}"}.get(kind)
    return form.format(value) if form and isinstance(value, str) else ""


def _branches(pattern: Any) -> Iterator[Mapping[str, Any]]:
    """The documents of which one has to match; only the pattern itself if it has no C($or)."""
    branches = pattern.get("$or") if isinstance(pattern, Mapping) else []
    for branch in branches if isinstance(branches, list) else [pattern]:
        if isinstance(branch, Mapping):
            yield branch


def _actions_of_detail(detail: Mapping[str, Any]) -> Iterator[Action]:
    sources = detail.get("eventSource")
    names = detail.get("eventName", [{"wildcard": "*"}])
    if not isinstance(sources, list) or not isinstance(names, list):
        return
    for source in sources:
        for name in filter(None, map(_name_of, names)):
            if isinstance(source, str) and source.endswith(SOURCE_SUFFIX):
                yield Action(source.removesuffix(SOURCE_SUFFIX), name)


def _fits(actions: Iterable[Action], limit: int) -> bool:
    return len(render(build_pattern(actions))) <= limit


def _check_fits(action: Action, limit: int) -> None:
    size = len(render(build_pattern([action])))
    if size > limit:
        raise InvalidValueError(
            f"max_pattern_size: the pattern for '{action}' alone has {size} characters, but only {limit} are allowed. "
            "Set max_pattern_size to AWS's default quota, 2048."
        )


def _as_many_as_fit(actions: list[Action], limit: int) -> list[Action]:
    if _fits(actions, limit):
        return actions
    kept: list[Action] = []
    for action in actions:
        if _fits([*kept, action], limit):
            kept.append(action)
    return kept


def _number_for(action: Action, shards: Mapping[int, list[Action]], limit: int, reserved: Collection[int]) -> int:
    for number in sorted(shards):
        if _fits([*shards[number], action], limit):
            return number
    number = FIRST + 1
    while number in shards or number in reserved:
        number += 1
    return number


def _without_empty(shards: Mapping[int, list[Action]]) -> dict[int, tuple[Action, ...]]:
    filled = {number: tuple(sorted(actions)) for number, actions in shards.items() if actions}
    if filled and FIRST not in filled:
        filled[FIRST] = filled.pop(max(filled))
    return dict(sorted(filled.items()))
