# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CloudTrail trail: without one that is logging, EventBridge receives no API call at all."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_selectors
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    ForeignResourceError,
    changed,
    tags_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import TAG_OURS, Settings

ATTRIBUTES = (
    "S3BucketName",
    "KmsKeyId",
    "IsMultiRegionTrail",
    "IncludeGlobalServiceEvents",
    "LogFileValidationEnabled",
    "IsLogging",
    "EventSelectors",
    "Tags",
)
# Read along with the others, for the status; they are not compared.
DELIVERY = ("LatestDeliveryTime", "LatestDeliveryError")


def desired(settings: Settings) -> dict[str, Any]:
    """The trail: of all regions, with global services, whose log files prove their integrity."""
    return {
        "Name": settings.name,
        "TrailARN": names.trail_arn(settings),
        "S3BucketName": names.bucket_name(settings),
        "KmsKeyId": names.key_alias_arn(settings) if settings.customer_key else None,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "IsLogging": True,
        "EventSelectors": event_selectors.ALL_MANAGEMENT_EVENTS,
        "Tags": settings.tags,
    }


def live(account: Account, desired: Document) -> Document | None:
    """The trail as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    cloudtrail, arn = account.clients["cloudtrail"], desired["TrailARN"]
    listed = call(f"read trail {arn}", cloudtrail.describe_trails, trailNameList=[arn])["trailList"]
    trail = next((each for each in listed if each["TrailARN"] == arn), None)
    if trail is None:
        return None
    status = call(f"read the status of trail {arn}", cloudtrail.get_trail_status, Name=arn)
    found = {
        **{name: trail.get(name) for name in ATTRIBUTES},
        "KmsKeyId": _key(trail.get("KmsKeyId"), account, desired),
        "IsLogging": status["IsLogging"],
        **{name: status.get(name) for name in DELIVERY},
        "EventSelectors": event_selectors.describe(cloudtrail, arn),
        "Tags": account.tags(arn, desired["Tags"], lambda: _tags(cloudtrail, arn)),
    }
    _refuse_foreign(found, desired)
    return found


def _key(live: str | None, account: Account, desired: Document) -> str | None:
    """The key of the log files. As long as ours is not asked for, that of somebody else is left alone."""
    ours = account.key["Arn"] if account.key else None
    return live if desired["KmsKeyId"] or live == ours else None


def _tags(cloudtrail: Any, arn: str) -> dict[str, str]:
    answer = call(f"read the tags of trail {arn}", cloudtrail.list_tags, ResourceIdList=[arn])
    return tags_of([pair for resource in answer["ResourceTagList"] for pair in resource.get("TagsList", [])])


def _refuse_foreign(found: Document, desired: Document) -> None:
    if found["S3BucketName"] == desired["S3BucketName"] or TAG_OURS in found["Tags"]:
        return
    raise ForeignResourceError(
        message=f"There is a trail {desired['Name']} that is not ours: it logs to bucket {found['S3BucketName']} and "
        f"has no tag {TAG_OURS}. Choose another iam_alerting_name. Or, to give the trail to the role, tag it "
        f"{TAG_OURS}={desired['Tags'][TAG_OURS]}; it will then log to {desired['S3BucketName']}. Nothing was changed"
    )


def difference(live: Document | None, desired: Document) -> Change:
    """What of the trail differs."""
    return changed(live, desired, ATTRIBUTES)
