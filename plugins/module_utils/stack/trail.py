# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CloudTrail trail: without one that is logging, EventBridge receives no API call at all."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_selectors, organization_trail
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    changed,
    refuse_foreign,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

ATTRIBUTES = (
    "S3BucketName",
    "KmsKeyId",
    "IsMultiRegionTrail",
    "IsOrganizationTrail",
    "IncludeGlobalServiceEvents",
    "LogFileValidationEnabled",
    "IsLogging",
    "EventSelectors",
    "Tags",
)
# Read along with the others, for the status; they are not compared.
DELIVERY = ("LatestDeliveryTime", "LatestDeliveryError")


def desired(settings: Settings) -> dict[str, Any]:
    """The trail: of all regions, with global services, whose log files prove their integrity; maybe of all accounts."""
    return {
        "State": settings.state_of_trail,
        "Name": settings.name,
        "TrailARN": names.trail_arn(settings),
        "S3BucketName": names.bucket_name(settings),
        "KmsKeyId": names.key_alias_arn(settings) if settings.customer_key else None,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": settings.organization is not None,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "IsLogging": True,
        "EventSelectors": event_selectors.ALL_MANAGEMENT_EVENTS,
        "Tags": settings.tags,
    }


def left(account: Account, desired: Document) -> bool:
    """Whether our trail is there, which is known from the list of all."""
    return any(each["TrailARN"] == desired["TrailARN"] for each in account.trails)


def live(account: Account, desired: Document) -> Document | None:
    """The trail as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    cloudtrail, arn = account.clients["cloudtrail"], desired["TrailARN"]
    trail = next((each for each in account.trails if each["TrailARN"] == arn), None)
    if trail is None:
        return None
    found = {
        **described(cloudtrail, trail),
        "IsOrganizationTrail": bool(trail.get("IsOrganizationTrail")),
        "KmsKeyId": _key(trail.get("KmsKeyId"), account, desired),
        "EventSelectors": event_selectors.describe(cloudtrail, arn),
        "Tags": account.tags(arn, desired["Tags"], lambda: organization_trail.tags(cloudtrail, arn, desired["Tags"])),
    }
    elsewhere = found["S3BucketName"] != desired["S3BucketName"]
    unlike = f"it logs to bucket {found['S3BucketName']}" if elsewhere else ""
    then = f"it will then log to {desired['S3BucketName']}"
    refuse_foreign(f"trail {desired['Name']}", found["Tags"], desired["Tags"], unlike, then)
    return found


def described(cloudtrail: Any, trail: Document) -> Document:
    """A trail as CloudTrail describes it, and its status.

    Raises:
        AnsibleAWSError: the read failed.
    """
    arn = trail["TrailARN"]
    status = call(f"read the status of trail {arn}", cloudtrail.get_trail_status, Name=arn)
    return {
        **{name: trail.get(name) for name in ("Name", *ATTRIBUTES)},
        **{name: status.get(name) for name in ("IsLogging", *DELIVERY)},
    }


def _key(live: str | None, account: Account, desired: Document) -> str | None:
    """The key of the log files. As long as ours is not asked for, that of somebody else is left alone."""
    ours = account.key["Arn"] if account.key else None
    return live if desired["KmsKeyId"] or live == ours else None


def difference(live: Document | None, desired: Document) -> Change:
    """What of the trail differs."""
    return changed(live, desired, ATTRIBUTES)
