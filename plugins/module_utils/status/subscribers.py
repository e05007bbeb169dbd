# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of each subscriber."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document

CONFIRMED = sns_topic.CONFIRMED
PENDING = sns_topic.PENDING
LOST = "lost"  # desired, and not there
UNEXPECTED = "unexpected"  # there, and not desired


def states(live: Document | None, desired: Document) -> list[dict[str, str]]:
    """Each subscriber with C(protocol), C(endpoint) and C(state), in the order of the first two.

    Args:
        live: the topic as it is; None if there is none.
        desired: the topic as it is to be.
    """
    wanted = {_key(each) for each in sns_topic.checked_subscriptions(desired["Subscriptions"])}
    there = {_key(each): each["State"] for each in (live["Subscriptions"] if live else [])}
    # One that nobody asked for and nobody confirmed gets nothing, and SNS drops it.
    shown = [key for key in wanted | there.keys() if key in wanted or there[key] == CONFIRMED]
    return [
        {
            "protocol": key[0],
            "endpoint": key[1],
            "state": there.get(key, LOST) if key in wanted else UNEXPECTED,
        }
        for key in sorted(shown)
    ]


def _key(subscription: Document) -> tuple[str, str]:
    return subscription["Protocol"], sns_topic.reported(subscription)["Endpoint"]
