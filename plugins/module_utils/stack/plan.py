# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of one account: which components differ from what is desired, and in what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, tagged_resources
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import TAG_OURS

# Of a few threads each reads a component after the other. More would gain little: the longest component has six reads.
THREADS = 4


@dataclass(frozen=True)
class Plan:
    """What is there and what differs, by component; C(pending) are the subscribers who have not confirmed yet."""

    changes: Mapping[str, Change]
    present: tuple[str, ...]
    pending: tuple[str, ...]

    @property
    def differing(self) -> dict[str, Change]:
        return {name: change for name, change in self.changes.items() if change}


def make_plan(clients: Any, desired: Mapping[str, Document], names: Sequence[str]) -> Plan:
    """Read the components C(names) of the account that the clients are in, and compare.

    Raises:
        AnsibleAWSError: a read failed, or a resource is somebody else's. It says which call or resource.
    """
    tags = next(iter(desired.values())).get("Tags", {})
    account = Account(clients, tagged_resources(clients["resourcegroupstaggingapi"], tags[TAG_OURS]))
    with ThreadPoolExecutor(THREADS) as pool:
        live = dict(
            zip(names, pool.map(lambda name: COMPONENTS[name].live(account, desired[name]), names), strict=True)
        )
    changes = {name: COMPONENTS[name].difference(live[name], desired[name]) for name in names}
    present = tuple(name for name in names if _is_there(live[name]))
    return Plan(changes, present, tuple(topic.pending(live.get("topic"))))


def _is_there(live: Any) -> bool:
    """Rules are read as a set, which may be empty."""
    return bool(live.found.rules if hasattr(live, "found") else live is not None)


def reported_diff(name: str, change: Change) -> Document:
    """The change of a component for Ansible's C(--diff): one attribute after the other, documents laid out."""
    return {
        "before_header": f"{name} (live)" if change.before else f"{name} (absent)",
        "after_header": f"{name} (desired)",
        "before": _laid_out(change.before, change.after),
        "after": _laid_out(change.after, change.before),
    }


def _laid_out(side: Document, other: Document) -> str:
    """The attributes of one side, in the order that both sides share."""
    order = sorted({*side, *other})
    return "".join(f"{key}: {_text(side[key])}\n" for key in order if key in side)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True, default=str)


def by_attribute(change: Change) -> dict[str, Document]:
    """The change by attribute: C(before), unless it is not there, and C(after), unless it goes."""
    names = sorted({*change.before, *change.after})
    sides = (("before", change.before), ("after", change.after))
    return {name: {side: values[name] for side, values in sides if name in values} for name in names}
