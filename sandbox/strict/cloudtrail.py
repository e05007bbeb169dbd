"""CloudTrail: names, the log bucket and its policy, tags."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudtrail, kms, s3

from sandbox import policies
from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.logfiles import CLOUDTRAIL, problem_of_bucket, problem_of_key
from sandbox.organization import ORGANIZATION
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.trails import acting_for
from sandbox.wire import Response

STATUS: dict[str, dict[str, Any]] = {}
MAX_TRAILS = 5


def _existing(call: Call) -> dict[str, Any]:
    try:
        return cloudtrail._find_visible_trail(str(call.params.get("Name", "")))[2] or {}
    except ValueError:
        return {}


def _new_arn(call: Call) -> str:
    with request_scope(acting_for(call, get_account_id()) or get_account_id(), call.region):
        return str(cloudtrail._trail_arn(call.params["Name"]))


@check("cloudtrail", "CreateTrail", "UpdateTrail")
def _name(call: Call, _caller: Caller) -> None:
    name = str(call.params.get("Name", ""))
    if name.startswith("arn:") and call.operation == "UpdateTrail":
        return
    problem = (
        "Trail name must be between 3 and 128 characters."
        if not 3 <= len(name) <= 128
        else "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens "
        "(-), and underscores (_)."
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name)
        else "Trail name must start with a letter or number."
        if not name[0].isalnum()
        else "Trail name must end with a letter or number."
        if not name[-1].isalnum()
        else "Trail name cannot have adjacent periods, hyphens or underscores."
        if re.search(r"[._-]{2}", name)
        else "Trail name cannot be in IP address format."
        if re.fullmatch(r"\d+(\.\d+){3}", name)
        else None
    )
    if problem:
        raise RefusedError("InvalidTrailNameException", problem)


@check("cloudtrail", "CreateTrail", "UpdateTrail")
def _organization(call: Call, caller: Caller) -> None:
    """Administrators make trails of an organization that trusts CloudTrail; the management account alone converts."""
    if not call.params.get("IsOrganizationTrail"):
        return
    if not ORGANIZATION.has(caller.account):
        raise RefusedError("OrganizationsNotInUseException", "The account is in no organization.")
    converts = call.operation == "UpdateTrail" and not acting_for(call, caller.account)
    if caller.account != ORGANIZATION.management and (converts or not ORGANIZATION.has_trails_of(caller.account)):
        message = "The account must be the management account of an organization."
        raise RefusedError("NotOrganizationMasterAccountException", message)
    if CLOUDTRAIL not in ORGANIZATION.trusted:
        message = "The organization does not trust CloudTrail."
        raise RefusedError("CloudTrailAccessNotEnabledException", message)


@check("cloudtrail", "RegisterOrganizationDelegatedAdmin", "DeregisterOrganizationDelegatedAdmin")
def _appointed_by_management(_call: Call, caller: Caller) -> None:
    if caller.account != ORGANIZATION.management:
        message = "The account must be the management account of an organization."
        raise RefusedError("NotOrganizationManagementAccountException", message)


@check("cloudtrail", "GetEventSelectors")
def _home(call: Call, caller: Caller) -> None:
    """They are told in the trail's home region, to its account and to administrators of the organization's."""
    name = str(call.params.get("TrailName", ""))
    owners = [get_account_id(), acting_for(call, caller.account)]
    if name.startswith("arn:") and (name.split(":")[3] != get_region() or name.split(":")[4] not in owners):
        message = f"Unknown trail: {name} for the user: {get_account_id()}"
        raise RefusedError("TrailNotFoundException", message)


@check("cloudtrail", "CreateTrail")
def _number(_call: Call, _caller: Caller) -> None:
    if len(cloudtrail._visible_trail_items()) >= MAX_TRAILS:
        raise RefusedError(
            "MaximumNumberOfTrailsExceededException",
            f"User: {get_account_id()} already has {MAX_TRAILS} trails in {get_region()}.",
            403,
        )


@check("cloudtrail", "CreateTrail", "UpdateTrail")
def _bucket(call: Call, _caller: Caller) -> None:
    """The bucket exists and its policy lets this trail write."""
    trail = _existing(call) if call.operation == "UpdateTrail" else {}
    if call.operation == "UpdateTrail" and not trail:
        return  # ministack answers TrailNotFoundException
    bucket = call.params.get("S3BucketName", trail.get("S3BucketName", ""))
    prefix = call.params.get("S3KeyPrefix", trail.get("S3KeyPrefix", ""))
    if s3._bucket_owner_account(bucket) is None:
        raise RefusedError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!", 404)
    arn = trail.get("TrailARN") or _new_arn(call)
    is_organizations = call.params.get("IsOrganizationTrail", trail.get("IsOrganizationTrail"))
    folder = ORGANIZATION.id if is_organizations else get_account_id()
    key = f"{prefix + '/' if prefix else ''}AWSLogs/{folder}/CloudTrail/x"
    if problem_of_bucket(bucket, key, arn):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        raise RefusedError("InsufficientS3BucketPolicyException", message)


@check("cloudtrail", "CreateTrail", "UpdateTrail")
def _key(call: Call, _caller: Caller) -> None:
    """The key of the log files lets CloudTrail look at it and make data keys."""
    key = call.params.get("KmsKeyId")
    if not key:
        return
    arn = cloudtrail._normalize_kms_key_id(key)
    found = kms.key_policy_for_arn(arn)
    if found is None:
        raise RefusedError("KmsKeyNotFoundException", f"KMS key {key} does not exist.")
    trail = _existing(call).get("TrailARN") or _new_arn(call)
    bucket = call.params.get("S3BucketName") or _existing(call).get("S3BucketName", "")
    may_describe = policies.service_allowed(found[0], CLOUDTRAIL, "kms:DescribeKey", arn, trail)
    if not may_describe or problem_of_key(arn, bucket, trail):
        message = "Insufficient permissions to access S3 bucket or KMS key."
        raise RefusedError("InsufficientEncryptionPolicyException", message)


@repair("cloudtrail", "CreateTrail")
def _remember(call: Call, response: Response) -> Response | None:
    """ministack forgets tags and the log group of a new trail."""
    trail = json.loads(response.body)
    with request_scope(trail["TrailARN"].split(":")[4], call.region):
        return _remembered(call, response)


def _remembered(call: Call, response: Response) -> Response | None:
    trail = _existing(call)
    cloudtrail._trail_tags.pop(trail["TrailARN"], None)
    tags = {tag["Key"]: tag.get("Value", "") for tag in call.params.get("TagsList") or []}
    if tags:
        cloudtrail._trail_tags[trail["TrailARN"]] = tags
    logs = {
        name: call.params[name]
        for name in ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
        if call.params.get(name)
    }
    trail |= logs
    return replace(response, body=json.dumps(json.loads(response.body) | logs).encode()) if logs else None


@repair("cloudtrail", "GetTrailStatus")
def _deliveries(call: Call, response: Response) -> Response | None:
    """What became of the log files. ministack does not know; the layer writes them."""
    status = STATUS.get(_existing(call).get("TrailARN", ""), {})
    return replace(response, body=json.dumps(json.loads(response.body) | status).encode())
