# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trail brings the events: our own, or one that somebody else has. Settled from what is live, before the stack.

EventBridge gets the events of an account as soon as any trail logs them in the region. CloudTrail takes nothing for the
first trail's management events, and charges for those of each further one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import event_selectors
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import is_read_only, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DENIED
from ansible_collections.trailwatch.aws.plugins.module_utils.event_selectors import ALL_MANAGEMENT_EVENTS, Kind
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import AUTO, CREATE, EXISTING, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trail import described

# Fixed; trails of all regions and of the organization count in each (CloudTrail User Guide, "Quotas").
MOST_TRAILS = 5
_COPY = "if it logs, CloudTrail charges for a second copy of the events; iam_alerting_trail: existing uses it alone"
UNREADABLE = "its event selectors cannot be read from a member account"


class TrailError(AnsibleAWSError):
    """The trail that is asked for cannot be had. The text says why, and the ways out."""


@dataclass(frozen=True)
class Trails:
    """The trails of an account's region, and which of them serves.

    Attributes:
        listed: all of them, as CloudTrail describes them.
        mode: C(CREATE) if it is to be our own, C(EXISTING) if another.
        in_use: the other one that serves, as C(trail.described) has it, with its C(Title) and C(Remarks).
        objections: of each other one why it does not serve, as far as was looked.
        beside: the titles of others that reach the region as ours does. Whether they log was not looked at.
    """

    listed: Sequence[Document] = ()
    mode: str = CREATE
    in_use: Document | None = None
    objections: Sequence[str] = ()
    beside: Sequence[str] = ()

    @property
    def complaint(self) -> str:
        """Why none of the others serves, if one of them would have."""
        if self.in_use or (self.mode == CREATE and not self.objections):
            return ""
        return f"no trail that is there serves: {'; '.join(self.objections) or 'there is none'}"

    @property
    def failure(self) -> str:
        """That an existing trail was asked for and none serves, and the ways out."""
        if self.mode == CREATE or self.in_use:
            return ""
        return (
            f"iam_alerting_trail is existing, but {self.complaint}. Mend that, or set iam_alerting_trail to create for "
            "a trail of Trailwatch's own, or to auto. Nothing was changed"
        )

    @property
    def used(self) -> str:
        """The other trail that serves, with what has to be known of it."""
        if not self.in_use:
            return ""
        title, remarks = self.in_use["Title"], self.in_use["Remarks"]
        return f"{title} ({'; '.join(remarks)})" if remarks else str(title)


def find(clients: Any, settings: Settings) -> Trails:
    """The trails of the account, and which of them serves.

    With a trail of our own nothing more is read than their list. Else others are looked at until one serves.

    Raises:
        AnsibleAWSError: a read failed.
    """
    listed = call("list the trails", clients["cloudtrail"].describe_trails)["trailList"]
    own = names.own_trail_arns(settings)
    others = sorted((each for each in listed if each["TrailARN"] not in own), key=_rank)
    if settings.trail == CREATE or (settings.trail == AUTO and len(others) < len(listed)):
        beside = [title(each, settings) for each in others if not _missing(each, settings)]
        return Trails(listed, CREATE, beside=beside)
    objections: list[str] = []
    for each in others:
        in_use, objection = _judged(clients, each, settings)
        if not objection:
            return Trails(listed, EXISTING, in_use, objections)
        objections.append(f"{title(each, settings)}: {objection}")
    return Trails(listed, CREATE if settings.trail == AUTO else EXISTING, None, objections)


def _rank(trail: Document) -> tuple[Any, ...]:
    """First the organization's, which the account itself cannot stop."""
    return (not trail.get("IsOrganizationTrail"), trail["TrailARN"])


def title(trail: Document, settings: Settings) -> str:
    """The name of a trail, with account and region if they are others."""
    region, account = trail["TrailARN"].split(":")[3:5]
    where = [region] if region != settings.region else []
    whose = [f"account {account}"] if account != settings.account_id else []
    return f"{trail['Name']} of {', '.join([*whose, *where])}" if whose or where else str(trail["Name"])


def _judged(clients: Any, trail: Document, settings: Settings) -> tuple[Document | None, str]:
    """The trail as it is, and why it does not serve, if so. No more is read than it takes to know."""
    missing = _missing(trail, settings)
    if missing:
        return None, missing
    found = described(clients["cloudtrail"], trail)
    if not found["IsLogging"]:
        return None, "it is not logging"
    selectors = _selectors(clients, trail, settings)
    if selectors is None and settings.trail == AUTO:
        return None, UNREADABLE
    left_out = [] if selectors is None else _left_out(selectors, settings.actions)
    if left_out:
        return None, f"its event selectors leave out {', '.join(left_out)}"
    remarks = [UNREADABLE] if selectors is None else []
    return {**found, "Title": title(trail, settings), "Remarks": [*remarks, *_unseen(trail, settings)]}, ""


def _missing(trail: Document, settings: Settings) -> str:
    """What of a trail's description keeps IAM's events from the region."""
    if not trail.get("IsMultiRegionTrail") and trail["HomeRegion"] != settings.region:
        return f"it records {trail['HomeRegion']} only"
    return "" if trail.get("IncludeGlobalServiceEvents") else "it leaves out global services, so IAM"


def _unseen(trail: Document, settings: Settings) -> list[str]:
    """What is done to a trail is recorded in its own account and home region."""
    region, account = trail["TrailARN"].split(":")[3:5]
    is_here = (region, account) == (settings.region, settings.account_id)
    return [] if is_here else ["changes of it are not seen here"]


def _selectors(clients: Any, trail: Document, settings: Settings) -> list[Document] | None:
    """The event selectors of the trail; None if the account may not read them.

    CloudTrail answers in the trail's home region only, and of an organization's trail the member accounts are told
    that it is not found. If it has none of its own, it has the default, which its description tells all accounts.
    """
    client = clients.elsewhere("cloudtrail", trail["HomeRegion"])
    try:
        return event_selectors.describe(client, trail["TrailARN"])
    except is_ansible_aws_error_code(["TrailNotFoundException", *DENIED]):
        if trail["TrailARN"].split(":")[4] == settings.account_id:
            raise
        return None if trail.get("HasCustomEventSelectors", True) else ALL_MANAGEMENT_EVENTS


def _left_out(selectors: list[Document], actions: Iterable[str]) -> list[str]:
    kinds = sorted(set(_kinds(actions)))
    return [_told(kind) for kind in kinds if not event_selectors.record(selectors, kind)]


def _kinds(actions: Iterable[str]) -> Iterable[Kind]:
    """The events that the actions need. A wildcard may stand for both kinds of them."""
    for action in parse_format(actions):
        if is_read_only(action):
            yield Kind(action.event_source, read_only=True)
        if action.is_wildcard or not is_read_only(action):
            yield Kind(action.event_source, read_only=False)


def _told(kind: Kind) -> str:
    return f"the {'read-only' if kind.read_only else 'write'} events of {kind.event_source}"


def notes(trails: Trails) -> dict[str, Sequence[str]]:
    """What has to be told of the trails, by what it is."""
    return {
        "trail in use": [trails.used] if trails.used else [],
        "no trail that is there serves": trails.objections if trails.mode == CREATE else [],
        "beside ours there is trail": [f"{', '.join(trails.beside)} ({_COPY})"] if trails.beside else [],
    }


def check_quota(trails: Trails, settings: Settings) -> None:
    """Whether there may be one more trail.

    Raises:
        TrailError: there are as many as CloudTrail allows.
    """
    if len(trails.listed) >= MOST_TRAILS:
        there = ", ".join(sorted(title(each, settings) for each in trails.listed))
        raise TrailError(
            message=f"{settings.region} has {len(trails.listed)} trails ({there}), and CloudTrail allows no more than "
            f"{MOST_TRAILS} in a region (its quota trails per Region, which cannot be raised). Delete one, or mend one "
            "and set iam_alerting_trail to existing. Nothing was changed"
        )
