# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CloudTrail trail of an organization: read, compare, make, change, delete.

It is always called by its ARN, which has the account id of the management account: a delegated administrator finds no
trail of the organization by its name (terraform-provider-aws issue 28440).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call, merged, tag_changes

# By the name that DescribeTrails has for it: the one that CreateTrail and UpdateTrail have.
PARAMETERS = {
    "S3BucketName": "S3BucketName",
    "KmsKeyId": "KmsKeyId",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "IsOrganizationTrail": "IsOrganizationTrail",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "LogFileValidationEnabled": "EnableLogFileValidation",
}


def describe(cloudtrail: Any, arn: str, wanted_tags: Mapping[str, str] | None) -> Document | None:
    """The trail as it is, its tags only if some are wanted; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    listed = call("list the trails", cloudtrail.describe_trails)["trailList"]
    trail = next((each for each in listed if each["TrailARN"] == arn), None)
    if trail is None:
        return None
    status = call(f"read the status of trail {arn}", cloudtrail.get_trail_status, Name=arn)
    found = {name: trail.get(name) for name in PARAMETERS}
    found |= {
        "IsOrganizationTrail": bool(trail.get("IsOrganizationTrail")),
        "KmsKeyId": trail.get("KmsKeyId") or "",
        "IsLogging": status["IsLogging"],
    }
    return found if wanted_tags is None else found | {"Tags": tags(cloudtrail, arn, wanted_tags)}


def tags(cloudtrail: Any, arn: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """The tags of a trail. They are taken for those wanted where CloudTrail does not tell them.

    Whether it does to a delegated administrator is not documented; other members are told that the account in the ARN
    is wrong (prowler pull request 2025).

    Raises:
        AnsibleAWSError: the read failed.
    """
    try:
        answer = call(f"read the tags of trail {arn}", cloudtrail.list_tags, ResourceIdList=[arn])
    except is_ansible_aws_error_code("CloudTrailARNInvalidException"):
        return dict(wanted)
    pairs = [pair for resource in answer["ResourceTagList"] for pair in resource.get("TagsList", [])]
    return {pair["Key"]: pair.get("Value", "") for pair in pairs}


def difference(live: Document | None, desired: Document, purge: Collection[str]) -> Change:
    """What differs; a trail that is not there differs in all."""
    if live is None:
        return Change({}, {**desired})
    after = merged(live, desired, purge)
    names = [name for name in after if live.get(name) != after[name]]
    return Change({name: live.get(name) for name in names}, {name: after[name] for name in names})


def apply(cloudtrail: Any, arn: str, live: Document | None, desired: Document, purge: Collection[str]) -> None:
    """Make the trail, or change of it what differs.

    Raises:
        AnsibleAWSError: a write failed. What was done before it stays; a repetition does what is left.
    """
    change = difference(live, desired, purge)
    settings = {PARAMETERS[name]: desired[name] for name in PARAMETERS if name in desired}
    if live is None:
        new = {name: value for name, value in settings.items() if value != ""}
        tagged = {"TagsList": ansible_dict_to_boto3_tag_list(desired["Tags"])} if desired.get("Tags") else {}
        call(f"make trail {arn}", cloudtrail.create_trail, Name=arn.rpartition("/")[2], **new, **tagged)
    elif PARAMETERS.keys() & change.after.keys():
        call(f"change trail {arn}", cloudtrail.update_trail, Name=arn, **settings)
    if live is not None and "Tags" in change.after:
        _tag(cloudtrail, arn, live["Tags"], change.after["Tags"])
    if desired["IsLogging"] != (live or {"IsLogging": False})["IsLogging"]:
        operation = cloudtrail.start_logging if desired["IsLogging"] else cloudtrail.stop_logging
        call(f"start or stop the logging of trail {arn}", operation, Name=arn)


def _tag(cloudtrail: Any, arn: str, live: Mapping[str, str], after: Mapping[str, str]) -> None:
    to_set, to_remove = tag_changes(live, after)
    if to_remove:
        pairs = ansible_dict_to_boto3_tag_list({key: live[key] for key in to_remove})
        call(f"remove tags of trail {arn}", cloudtrail.remove_tags, ResourceId=arn, TagsList=pairs)
    if to_set:
        pairs = ansible_dict_to_boto3_tag_list(to_set)
        call(f"tag trail {arn}", cloudtrail.add_tags, ResourceId=arn, TagsList=pairs)


def delete(cloudtrail: Any, arn: str) -> None:
    """Delete the trail.

    Raises:
        AnsibleAWSError: the call failed.
    """
    call(f"delete trail {arn}", cloudtrail.delete_trail, Name=arn)
