# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of one account: which components differ from what is desired, and in what."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    bucket,
    key,
    names,
    regions,
    rule,
    subscriptions,
    trails,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS, desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, tagged_resources
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import (
    ABSENT,
    AUTO,
    FUNCTION,
    ORGANIZATION,
    PRESENT,
    QUEUE,
    Settings,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import Trails

# Of a few threads each reads a component after the other. More would gain little: the longest component has six reads.
THREADS = 4

_SIDES = ("before", "after")

# That a component is there and is to be no more.
REMOVAL = Change({"State": PRESENT}, {"State": ABSENT})


@dataclass(frozen=True)
class Plan:
    """What is there and what differs, by component.

    Attributes:
        subscribers: what has become of each, if the topic was looked at.
        fallback: the same of whom the alarms tell besides.
        live: each component that was looked at, as its module read it.
        desired: the desired document of each component, with the ARN of the key if there is one.
        trails: which trail serves, if trail or bucket were looked at.
        kept: the bucket of a trail that we had, if another one serves now.
        former: of a member, what its rules also hand events to, as it alerted by itself before (C(Settings.former)).
    """

    changes: Mapping[str, Change]
    present: tuple[str, ...]
    subscribers: tuple[Document, ...]
    live: Mapping[str, Any] = field(default_factory=dict)
    desired: Mapping[str, Document] = field(default_factory=dict)
    trails: Trails = field(default_factory=Trails)
    kept: tuple[str, ...] = ()
    fallback: tuple[Document, ...] = ()
    former: str = ""

    @property
    def differing(self) -> dict[str, Change]:
        """What differs, in the order in which it is to be mended.

        First all that is to be there, in the order in which one needs the other. Then, against that order, what is to
        be there no more: by then nothing uses it.
        """
        made = {name: change for name, change in self.changes.items() if change and change != REMOVAL}
        removed = [name for name, change in self.changes.items() if change == REMOVAL]
        return made | dict.fromkeys(reversed(removed), REMOVAL)


def make_plan(clients: Any, settings: Settings, components: Sequence[str]) -> Plan:
    """Read the components of the account that the clients are in, and compare.

    Raises:
        AnsibleAWSError: a read failed, or a resource is somebody else's. It says which call or resource.
    """
    found = trails.find(clients, settings) if _depends_on_trail(settings) & set(components) else Trails()
    tagged = tagged_resources(clients["resourcegroupstaggingapi"], settings.name)
    settings = dataclasses.replace(found.settle(settings), former=_former_target(clients["lambda"], settings, tagged))
    account = Account(clients, tagged, found.own, key.find(clients["kms"], tagged, key.desired(settings)))
    if {"forwarders", "rule"} & set(components):
        before = regions.told_in(rule.listed(account, settings.name), settings.name)
        settings = regions.settled(clients, settings, before)
    desired = key.resolved(desired_stack(settings), account.key)
    with ThreadPoolExecutor(THREADS) as pool:
        live = dict(pool.map(lambda name: (name, _live(account, name, desired[name])), components))
    return Plan(
        changes={name: _difference(name, live[name], desired[name]) for name in components},
        present=tuple(name for name in components if _is_there(name, live[name])),
        subscribers=_subscribers("topic", live, desired),
        live=live,
        desired=desired,
        trails=found,
        kept=tuple(bucket.kept(account, desired["bucket"])),
        fallback=_subscribers("fallback_topic", live, desired),
        former=settings.former,
    )


def _former_target(lambda_client: Any, settings: Settings, tagged: Collection[str]) -> str:
    """What a member has of an alerting of its own that its rules are to hand events to, as C(Settings.own_target)."""
    if not (settings.is_member and settings.beside and names.function_arn(settings) in tagged):
        return ""
    try:  # the tagging service also knows for a while what is gone
        call(f"look for function {settings.name}", lambda_client.get_function, FunctionName=settings.name)
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        return ""
    return QUEUE if names.event_queue_arn(settings) in tagged else FUNCTION


def _depends_on_trail(settings: Settings) -> set[str]:
    """The components of which only the trail that serves tells how they are to be."""
    if settings.trail in (AUTO, ORGANIZATION):
        # They name it if it is ours and the organization's, and have to know whose it is.
        return {"key", "bucket", "trail", "function", "tampering_rule"}
    return {"bucket", "trail"}


def _subscribers(topic: str, live: Mapping[str, Any], desired: Mapping[str, Document]) -> tuple[Document, ...]:
    return tuple(subscriptions.states(live[topic], desired[topic])) if topic in live else ()


def _live(account: Account, name: str, desired: Document) -> Any:
    """The component as it is. One that is not wanted is read only if the tagging service knows of one of ours."""
    component = COMPONENTS[name]
    if desired.get("State", PRESENT) != PRESENT and not component.left(account, desired):
        return None
    return component.live(account, desired)


def _difference(name: str, live: Any, desired: Document) -> Change:
    if is_unwanted(desired):
        return REMOVAL if _is_there(name, live) else Change({}, {})
    change: Change = COMPONENTS[name].difference(live, desired)
    return change


def is_unwanted(desired: Document) -> bool:
    """Whether the settings ask for no such component."""
    return desired.get("State") == ABSENT


def _is_there(name: str, live: Any) -> bool:
    """Some are more than there or not: their module knows."""
    there: Callable[[Any], bool] = getattr(COMPONENTS[name], "is_there", lambda found: found is not None)
    return there(live)


def reported_diff(name: str, change: Change) -> list[Document]:
    """The change of a component for Ansible's C(--diff): an entry for each attribute, one in all if it is new."""
    if change == REMOVAL:
        return [_entry(name, "State: present\n", "")]
    if not change.before:
        whole = "".join(f"{attribute}: {_text(value)}\n" for attribute, value in sorted(change.after.items()))
        return [_entry(name, "", whole)]
    return [
        _entry(f"{name} {attribute}", *(f"{_text(sides[side])}\n" if side in sides else "" for side in _SIDES))
        for attribute, sides in by_attribute(change).items()
    ]


def _entry(title: str, before: str, after: str) -> Document:
    return {
        "before_header": f"{title} (live)" if before else f"{title} (absent)",
        "after_header": f"{title} (desired)" if after else f"{title} (to be removed)",
        "before": before,
        "after": after,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True, default=str)


def by_attribute(change: Change) -> dict[str, Document]:
    """The change by attribute: C(before), unless it is not there, and C(after), unless it goes."""
    names = sorted({*change.before, *change.after})
    sides = {side: getattr(change, side) for side in _SIDES}
    return {name: {side: values[name] for side, values in sides.items() if name in values} for name in names}
