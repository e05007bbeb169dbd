# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event selectors of a CloudTrail trail: what it records. Read, judge, put.

A document has either C(EventSelectors) or C(AdvancedEventSelectors), as AWS has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call

# What a trail has as long as nobody set others: every management event, reads and writes, of every service.
ALL_MANAGEMENT_EVENTS: list[Document] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]


class Kind(NamedTuple):
    """The management events of a service that only read, or those that do not."""

    event_source: str
    read_only: bool


IAM_WRITES = Kind("iam.amazonaws.com", read_only=False)


def describe(client: Any, trail: str) -> list[Document]:
    """The selectors of the trail, basic or advanced, with what AWS leaves out of a basic one filled in.

    Raises:
        AnsibleAWSError: the read failed, also because there is no trail.
    """
    answer = call(f"read the event selectors of trail {trail}", client.get_event_selectors, TrailName=trail)
    advanced: list[Document] = answer.get("AdvancedEventSelectors") or []
    return advanced or [normal(selector) for selector in answer.get("EventSelectors") or []]


def normal(selector: Document) -> Document:
    """A basic selector with every attribute."""
    return {**ALL_MANAGEMENT_EVENTS[0], **selector}


def put(client: Any, trail: str, selectors: list[Document]) -> None:
    """Make these basic selectors the only ones of the trail.

    Raises:
        AnsibleAWSError: the call failed; the selectors are then as they were.
    """
    purpose = f"put the event selectors of trail {trail}"
    call(purpose, client.put_event_selectors, TrailName=trail, EventSelectors=selectors)


def record(selectors: Iterable[Mapping[str, Any]], kind: Kind) -> bool:
    """Whether one of the selectors, basic or advanced, takes all management events of this kind."""
    return any(
        all(_holds(field, kind) for field in selector["FieldSelectors"])
        if "FieldSelectors" in selector
        else _takes(selector, kind)
        for selector in selectors
    )


def leave_out_management(selectors: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the selectors, basic or advanced, take no management event at all, but data events, say."""
    return not any(
        any(field["Field"] == "eventCategory" and "Management" in field.get("Equals", ()) for field in fields)
        if (fields := selector.get("FieldSelectors"))
        else selector.get("IncludeManagementEvents", True)
        for selector in selectors
    )


def _takes(selector: Mapping[str, Any], kind: Kind) -> bool:
    unwanted = "WriteOnly" if kind.read_only else "ReadOnly"
    return bool(
        selector.get("IncludeManagementEvents", True)
        and selector.get("ReadWriteType", "All") != unwanted
        and kind.event_source not in selector.get("ExcludeManagementEventSources", [])
    )


def _holds(field: Mapping[str, Any], kind: Kind) -> bool:
    """Whether a condition lets all events of the kind pass. One on another field leaves out some, or may."""
    values = {
        "eventCategory": "Management",
        "readOnly": str(kind.read_only).lower(),
        "eventSource": kind.event_source,
    }
    value = values.get(field["Field"])
    if value is None:
        return False
    return all(test(value, field[name]) for name, test in _TESTS.items() if field.get(name))


_TESTS: dict[str, Callable[[str, list[str]], bool]] = {
    "Equals": lambda value, wanted: value in wanted,
    "StartsWith": lambda value, wanted: value.startswith(tuple(wanted)),
    "EndsWith": lambda value, wanted: value.endswith(tuple(wanted)),
    "NotEquals": lambda value, wanted: value not in wanted,
    "NotStartsWith": lambda value, wanted: not value.startswith(tuple(wanted)),
    "NotEndsWith": lambda value, wanted: not value.endswith(tuple(wanted)),
}
