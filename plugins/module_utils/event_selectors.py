# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event selectors of a CloudTrail trail: what it records. Read, compare, put.

A document has either C(EventSelectors) or C(AdvancedEventSelectors), as AWS has it.
"""

from __future__ import annotations

from typing import Any

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
