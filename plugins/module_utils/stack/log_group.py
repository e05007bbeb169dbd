# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log group of the function, made before it so that Lambda does not make one that is kept for ever."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The log group, kept as long as the trail's log files."""
    return {
        "logGroupName": names.log_group_name(settings),
        "arn": names.log_group_arn(settings),
        "retentionInDays": settings.log_retention_days,
        "tags": settings.tags,
    }


def live(account: Account, desired: Document) -> Document | None:
    """The log group as it is; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    logs, name, arn = account.clients["logs"], desired["logGroupName"], desired["arn"]
    # One page is enough: groups come in the order of their names, and the shortest of a prefix is the prefix itself.
    answer = call(f"read log group {name}", logs.describe_log_groups, logGroupNamePrefix=name)
    group = next((each for each in answer.get("logGroups", []) if each["logGroupName"] == name), None)
    if group is None:
        return None
    return {
        "retentionInDays": group.get("retentionInDays"),
        "tags": account.tags(arn, desired["tags"], lambda: _tags(logs, arn)),
    }


def _tags(logs: Any, arn: str) -> dict[str, str]:
    answer = call(f"read the tags of log group {arn}", logs.list_tags_for_resource, resourceArn=arn)
    tags: dict[str, str] = answer.get("tags", {})
    return tags


def difference(live: Document | None, desired: Document) -> Change:
    """What of the log group differs."""
    return changed(live, desired, ("retentionInDays", "tags"))
