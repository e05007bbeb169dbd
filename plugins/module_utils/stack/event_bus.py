# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event bus of a hub, which takes the events of its members, if they are to come by one and not by the queue.

What comes by a bus was sent by EventBridge: nobody else can put an event of AWS there, or one of another account.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_bus
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, policies_differ
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.event_queue import members_send
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed, refuse_foreign
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The bus: the members of the hub put events there, by their roles, and nobody else does."""
    arn = names.bus_arn(settings)
    return {
        "State": settings.state_of_event_bus,
        "Name": names.bus_name(settings),
        "Arn": arn,
        "Policy": {"Version": "2012-10-17", "Statement": [members_send(settings, "events:PutEvents", arn)]},
        "Tags": settings.tags,
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a bus of ours."""
    return desired["Arn"] in account.tagged


def live(account: Account, desired: Document) -> Document | None:
    """The bus as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    events = account.clients["events"]
    found = event_bus.describe(events, _wanted(desired))
    if found is not None:
        arn = found["Arn"]
        found["Tags"] = account.tags(arn, desired["Tags"], lambda: event_bus.read_tags(events, arn))
        unlike = "its policy is another" if policies_differ(found["Policy"], desired["Policy"]) else ""
        then = "only the members of the hub will then put events there"
        refuse_foreign(f"event bus {desired['Name']}", found["Tags"], desired["Tags"], unlike, then)
    return found


def _wanted(desired: Document) -> Document:
    """The bus in the terms in which it is compared; its tags are read and compared here."""
    return {name: desired[name] for name in ("Name", "Policy")}


def difference(live: Document | None, desired: Document) -> Change:
    """What of the bus differs."""
    own = event_bus.difference(live, _wanted(desired))
    return own | changed(live, desired, ("Tags",))
