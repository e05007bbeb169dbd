# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trail brings the events: our own, or one that somebody else has. Settled from what is live, before the stack.

EventBridge gets the events of an account as soon as any trail logs them in the region. CloudTrail takes nothing for the
first trail's management events, and charges for those of each further one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import event_selectors
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import is_read_only, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DENIED
from ansible_collections.trailwatch.aws.plugins.module_utils.event_selectors import ALL_MANAGEMENT_EVENTS, Kind
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, organization
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import (
    AUTO,
    CREATE,
    EXISTING,
    ORGANIZATION,
    Organization,
    Settings,
)
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
        own: those that are ours.
        asked: what C(iam_alerting_trail) is.
        mode: C(CREATE) if it is to be our own, C(ORGANIZATION) if that is the organization's, C(EXISTING) if another.
        organization: whose our own is, or is to be, if so.
        in_use: the other one that serves, as C(trail.described) has it, with its C(Title) and C(Remarks).
        objections: of each other one why it does not serve, as far as was looked.
        beside: the titles of others that reach the region as ours does. Whether they log was not looked at.
        refusal: why it cannot be as asked, whatever else serves.
        uncertain: the other one that is asked for, if our own stays because nothing tells whether that one serves.
    """

    listed: Sequence[Document] = ()
    own: Sequence[Document] = ()
    asked: str = AUTO
    mode: str = CREATE
    organization: Organization | None = None
    in_use: Document | None = None
    objections: Sequence[str] = ()
    beside: Sequence[str] = ()
    refusal: str = ""
    uncertain: str = ""

    @property
    def complaint(self) -> str:
        """Why none of the others serves, if one of them would have."""
        if self.refusal:
            return "" if self.own or self.in_use else self.refusal
        if self.in_use or (self.mode != EXISTING and not self.objections):
            return ""
        return f"no trail that is there serves: {'; '.join(self.objections) or 'there is none'}"

    @property
    def failure(self) -> str:
        """That it cannot be as asked, and the ways out."""
        if self.refusal:
            return f"iam_alerting_trail is {self.asked}, but {self.refusal}. Nothing was changed"
        if self.mode != EXISTING or self.in_use:
            return ""
        mend = "Mend that" if self.objections else "If an account is to make the organization's, deploy that first"
        return (
            f"iam_alerting_trail is existing, but {self.complaint}. {mend}, or set iam_alerting_trail to create for "
            "a trail of Trailwatch's own, or to auto. Nothing was changed"
        )

    @property
    def used(self) -> str:
        """The other trail that serves, with what has to be known of it."""
        if not self.in_use:
            return ""
        title, remarks = self.in_use["Title"], self.in_use["Remarks"]
        return f"{title} ({'; '.join(remarks)})" if remarks else str(title)

    @property
    def former(self) -> list[str]:
        """The ARN of our trail of this account alone, which a delegated administrator has beside the organization's."""
        if self.mode != ORGANIZATION or self.organization is None:
            return []
        arns = [each["TrailARN"] for each in self.own if not _is_organizations(each)]
        return [arn for arn in arns if arn.split(":")[4] != self.organization.management]

    def settle(self, settings: Settings) -> Settings:
        """The settings of which the stack is built."""
        return dataclasses.replace(settings, trail=self.mode, organization=self.organization)


def find(clients: Any, settings: Settings) -> Trails:
    """The trails of the account, and which of them serves.

    With a trail of our own nothing more is read than their list, and if it is the organization's, that. Else others are
    looked at until one serves.

    Raises:
        AnsibleAWSError: a read failed.
    """
    listed = call("list the trails", clients["cloudtrail"].describe_trails)["trailList"]
    own = sorted((each for each in listed if is_ours(each, settings)), key=_rank)
    gone = names.playbooks_trail_arn(settings) if settings.is_of_stack_set else ""
    others = sorted((each for each in listed if each not in own and each["TrailARN"] != gone), key=_rank)
    known = Trails(listed, own, settings.trail, beside=_beside(others, settings))
    if own and own[0].get("IsOrganizationTrail"):
        return _with_organizations(clients, settings, known, others)
    if settings.trail == ORGANIZATION:
        return _unless_uncertain(clients, settings, known, _for_organization(clients, settings, known, others))
    if settings.trail == CREATE or (settings.trail == AUTO and own):
        return dataclasses.replace(known, refusal=_taken(listed, own, settings))
    found = _first_that_serves(clients, settings, known, others)
    if found.in_use or settings.trail == EXISTING:
        return _unless_uncertain(clients, settings, known, dataclasses.replace(found, mode=EXISTING))
    return dataclasses.replace(found, refusal=_taken(listed, own, settings))


def _unless_uncertain(clients: Any, settings: Settings, known: Trails, found: Trails) -> Trails:
    """What was found, but our own trail stays if it works and nothing tells whether the other one does."""
    if not known.own or not _is_uncertain(found.in_use) or _judged(clients, known.own[0], settings).objection:
        return found
    return dataclasses.replace(known, uncertain=found.used, beside=())


def _is_uncertain(trail: Document | None) -> bool:
    return trail is not None and UNREADABLE in trail["Remarks"]


def is_ours(trail: Document, settings: Settings) -> bool:
    """Whether the account has made the trail.

    The organization's has the ARN of the management account, whoever makes it; who did is known by the bucket.
    """
    if not trail.get("IsOrganizationTrail"):
        return bool(trail["TrailARN"] == names.trail_arn(settings))
    if (trail["Name"], trail["HomeRegion"]) != (settings.name, settings.region):
        return False
    bucket = trail["S3BucketName"]
    if trail["TrailARN"].split(":")[4] != settings.account_id:
        return bool(bucket == names.bucket_name(settings))
    # A hand of the management account may have given it another bucket, but none of our names of another account.
    made_elsewhere = re.fullmatch(rf"{settings.name}-\d{{12}}-{settings.region}", bucket)
    return bool(bucket == names.bucket_name(settings)) or not made_elsewhere


def _taken(listed: Sequence[Document], own: Sequence[Document], settings: Settings) -> str:
    """That a trail of the name is there, which a delegated administrator has made in this account's place."""
    there = next((each for each in listed if each["TrailARN"] == names.trail_arn(settings)), None)
    if there is None or own:
        return ""
    return (
        f"there is a trail {settings.name}, which is the organization's and writes to the bucket of another account, "
        f"{there['S3BucketName']}. Take iam_alerting_trail: existing, or another iam_alerting_name"
    )


def _first_that_serves(clients: Any, settings: Settings, known: Trails, others: Iterable[Document]) -> Trails:
    """What is known, with the first of the others that serves, or else that may, or why none does."""
    objections: list[str] = []
    uncertain: Document | None = None
    for each in others:
        judged = _judged(clients, each, settings)
        if judged.objection:
            objections.append(f"{title(each, settings)}: {judged.objection}")
        elif _is_uncertain(judged.trail):
            uncertain = uncertain or judged.trail
        else:
            return dataclasses.replace(known, in_use=judged.trail, objections=objections, beside=())
    return dataclasses.replace(known, in_use=uncertain, objections=objections, beside=())


def _with_organizations(clients: Any, settings: Settings, known: Trails, others: Sequence[Document]) -> Trails:
    """Our own is the organization's: it stays so, unless others of the organization serve in its place."""
    whose = organization.read(clients)
    kept = dataclasses.replace(known, mode=ORGANIZATION, organization=whose)
    if whose is None:
        return dataclasses.replace(kept, refusal=organization.NONE)
    if settings.trail in (AUTO, ORGANIZATION):
        return kept
    deaf = f"trail {settings.name} is the organization's, and without it its members would be deaf"
    if settings.trail == CREATE:
        return dataclasses.replace(kept, refusal=f"{deaf}. Leave it at organization, or tear it down first")
    found = _first_that_serves(clients, settings, kept, filter(_is_organizations, others))
    if found.in_use and not _is_uncertain(found.in_use):
        return dataclasses.replace(found, mode=EXISTING)
    why = found.used or "; ".join(found.objections) or "there is no other of the organization"
    return dataclasses.replace(kept, refusal=f"{deaf}: {why}. Leave it at organization, or mend another one first")


def _for_organization(clients: Any, settings: Settings, known: Trails, others: Sequence[Document]) -> Trails:
    """The organization is to have a trail: one that it has, or ours, unless that would be a paid second copy."""
    apart: list[str] = []
    for each in filter(_is_organizations, others):
        judged = _judged(clients, each, settings)
        told = f"{title(each, settings)}: {judged.objection}"
        if not judged.objection:
            return dataclasses.replace(known, mode=EXISTING, in_use=judged.trail, objections=apart, beside=())
        if not judged.apart:
            return dataclasses.replace(known, mode=EXISTING, refusal=_lacking(each, told), beside=())
        apart.append(told)
    refusal = organization.why_no_trail(clients, settings) or _taken(known.listed, known.own, settings)
    if refusal:
        return dataclasses.replace(known, refusal=refusal)
    beside = _beside([each for each in others if not _is_organizations(each)], settings)
    whose = organization.read(clients)
    return dataclasses.replace(known, mode=ORGANIZATION, organization=whose, objections=apart, beside=beside)


def _lacking(trail: Document, told: str) -> str:
    """That the organization has a trail that does not serve, and what to do."""
    arn, region = trail["TrailARN"], trail["HomeRegion"]
    return (
        f"the organization has a trail that does not serve: {told}. One more beside it would be paid for as a second "
        f"copy. Mend it (if it is stopped: aws cloudtrail start-logging --region {region} --name {arn}), or delete it "
        "for one of Trailwatch's own"
    )


def _is_organizations(trail: Document) -> bool:
    return bool(trail.get("IsOrganizationTrail"))


def _beside(others: Iterable[Document], settings: Settings) -> list[str]:
    return [title(each, settings) for each in others if not _missing(each, settings)]


def _rank(trail: Document) -> tuple[Any, ...]:
    """First the organization's, which the account itself cannot stop, and of those first what is sure to log all."""
    return (not trail.get("IsOrganizationTrail"), trail.get("HasCustomEventSelectors", True), trail["TrailARN"])


def title(trail: Document, settings: Settings) -> str:
    """The name of a trail, with account and region if they are others."""
    region, account = trail["TrailARN"].split(":")[3:5]
    where = [region] if region != settings.region else []
    whose = [f"account {account}"] if account != settings.account_id else []
    return f"{trail['Name']} of {', '.join([*whose, *where])}" if whose or where else str(trail["Name"])


class _Judged(NamedTuple):
    """A trail as it is, or why it does not serve, and then whether it is for something else than these events."""

    trail: Document | None
    objection: str = ""
    apart: bool = False


def _judged(clients: Any, trail: Document, settings: Settings) -> _Judged:
    """The trail as it is, and why it does not serve, if so. No more is read than it takes to know."""
    missing = _missing(trail, settings)
    if missing:
        return _Judged(None, missing, apart=not _reaches(trail, settings))
    found = described(clients["cloudtrail"], trail)
    if not found["IsLogging"]:
        return _Judged(None, "it is not logging")
    selectors = _selectors(clients, trail, settings)
    if selectors is None and settings.trail == AUTO:
        return _Judged(None, UNREADABLE)
    left_out = [] if selectors is None else _left_out(selectors, settings.actions)
    if left_out:
        apart = event_selectors.leave_out_management(selectors or [])
        return _Judged(None, f"its event selectors leave out {', '.join(left_out)}", apart)
    remarks = [UNREADABLE] if selectors is None else []
    return _Judged({**found, "Title": title(trail, settings), "Remarks": [*remarks, *_unseen(trail, settings)]})


def _reaches(trail: Document, settings: Settings) -> bool:
    return bool(trail.get("IsMultiRegionTrail")) or trail["HomeRegion"] == settings.region


def _missing(trail: Document, settings: Settings) -> str:
    """What of a trail's description keeps IAM's events from the region."""
    if not _reaches(trail, settings):
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
        "our own trail stays, as nothing tells whether the other one serves": [
            f"{trails.uncertain}. To use that alone: aws cloudtrail delete-trail --name {trails.own[0]['TrailARN']}"
        ]
        if trails.uncertain
        else [],
        "no trail that is there serves": trails.objections if trails.mode != EXISTING else [],
        "the account's former trail is a paid second copy": [
            f"aws cloudtrail delete-trail --name {arn}" for arn in trails.former
        ],
        "beside ours there is trail": [f"{', '.join(trails.beside)} ({_COPY})"] if trails.beside else [],
    }


def warnings(organization_id: str) -> list[str]:
    """What has to be known before the trail of the organization is removed; nothing without one."""
    if not organization_id:
        return []
    return [
        f"The trail is that of organization {organization_id}. Without it, no event reaches EventBridge in any of its "
        "accounts that has no other trail: nothing alerts there any more, until one is made."
    ]


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
