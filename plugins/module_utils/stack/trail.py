# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CloudTrail trail: without one that is logging, EventBridge receives no API call at all."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The trail: of all regions, with global services, whose log files prove their integrity."""
    return {
        "Name": settings.name,
        "TrailARN": names.trail_arn(settings),
        "S3BucketName": names.bucket_name(settings),
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "IsLogging": True,
        "Tags": settings.tags,
    }
