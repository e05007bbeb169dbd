# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How components read what is live, and how they tell what differs from what is desired."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    call_all,
    policies_differ,
    tag_changes,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import TAG_OURS

Tags = Mapping[str, str]


class ForeignResourceError(AnsibleAWSError):
    """There is a resource of our name that is somebody else's. The text says which and what to do."""


class Once:
    """Answers that several components need, each read once; components are read at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Any] = {}

    def __call__(self, what: str, read: Callable[[], Any]) -> Any:
        with self._lock:
            if what not in self._answers:
                self._answers[what] = read()
            return self._answers[what]


@dataclass(frozen=True)
class Account:
    """One account as it is read, and what is known before any component is.

    Attributes:
        clients: a client for each service.
        tagged: what the tagging service knows of our resources.
        trails: those of the region's trails that are ours, as CloudTrail describes them.
        key: the customer's key, as C(key.find) found it.
    """

    clients: Any
    tagged: Mapping[str, Tags]
    trails: Sequence[Document] = ()
    key: Document | None = None
    once: Once = field(default_factory=Once)

    def tags(self, arn: str, wanted: Tags, read: Callable[[], Tags]) -> Tags:
        """The tags of a resource, or as many of them as are needed to compare with those wanted.

        The tagging service answers for all resources in one call, but lags behind by seconds. So it is believed when
        it says that all is as wanted; anything else is read from the service that the resource belongs to.
        """
        known = self.tagged.get(arn, {})
        return known if wanted.items() <= known.items() else read()


def tagged_resources(tagging: Any, name: str) -> dict[str, dict[str, str]]:
    """The tags of the resources that carry our tag with this name, by ARN."""
    answer = call_all(
        f"list the resources with the tag {TAG_OURS}={name}",
        tagging,
        "get_resources",
        TagFilters=[{"Key": TAG_OURS, "Values": [name]}],
    )
    return {
        resource["ResourceARN"]: tags_of(resource.get("Tags", []))
        for resource in answer.get("ResourceTagMappingList", [])
    }


def tags_of(pairs: list[dict[str, str]]) -> dict[str, str]:
    """Tags as a dictionary, from a list of pairs as most services give them."""
    return {pair["Key"]: pair.get("Value", "") for pair in pairs}


def refuse_foreign(what: str, tags: Tags, wanted: Tags, unlike: str, then: str) -> None:
    """Refuse a resource of our name that is not ours: it has no tag of ours, and is not like ours either.

    Either alone is mended as drift: somebody may take the tag away, or a run be broken off before it was put there.

    Args:
        what: the resource, as C(topic iam-alerting).
        unlike: how it differs from ours in what it is known by, as C(it logs to bucket x); empty if it does not.
        then: what would become of it if it were given to the role.

    Raises:
        ForeignResourceError: it is somebody else's.
    """
    if not unlike or TAG_OURS in tags:
        return
    kind = what.rpartition(" ")[0]
    raise ForeignResourceError(
        message=f"There is a {what} that is not ours: {unlike}, and it has no tag {TAG_OURS}. Choose another "
        f"iam_alerting_name. Or, to give the {kind} to the role, tag it {TAG_OURS}={wanted[TAG_OURS]}; {then}. Nothing "
        "was changed"
    )


def changed(live: Document | None, desired: Document, names: tuple[str, ...]) -> Change:
    """Which of the attributes C(names) differ; all of the desired ones if there is no resource.

    Attributes whose name ends on C(Policy), C(Document) or C(Tags) are compared by what they mean.
    """
    if live is None:
        return Change({}, {name: desired[name] for name in names})
    before: Document = {}
    after: Document = {}
    for name in names:
        if name.lower() == "tags":
            _add_tags(name, live[name], desired[name], before, after)
        elif _differs(name, live[name], desired[name]):
            before[name], after[name] = live[name], desired[name]
    return Change(before, after)


def _add_tags(name: str, live: Tags, desired: Tags, before: Document, after: Document) -> None:
    """Only ours are compared, and only those that differ are shown."""
    wrong, _of_others = tag_changes(live, desired)
    if wrong:
        before[name], after[name] = {key: live[key] for key in wrong if key in live}, wrong


def _differs(name: str, live: Any, desired: Any) -> bool:
    if name.endswith(("Policy", "Document")) and live:
        return policies_differ(live, desired)
    return bool(live != desired)
