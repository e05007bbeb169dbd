"""CloudTrail's log files in S3: batches of records, written only where the bucket's policy lets CloudTrail write."""

from __future__ import annotations

import asyncio
import gzip
import json
import secrets
import time
from collections import defaultdict
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import s3

from sandbox import keys, policies
from sandbox.organization import ORGANIZATION

# AWS delivers about every five minutes.
FLUSH_SECONDS = 1.0
CLOUDTRAIL = "cloudtrail.amazonaws.com"


class LogFiles:
    """Buffers per trail, account and event region; lives on the event loop."""

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        self._trails: dict[str, dict[str, Any]] = {}
        # By trail ARN: what GetTrailStatus tells of the deliveries.
        self.status: dict[str, dict[str, Any]] = defaultdict(dict)

    def add(self, trail: dict[str, Any], record: dict[str, Any]) -> None:
        self._trails[trail["TrailARN"]] = trail
        self._buffers[trail["TrailARN"], record["recipientAccountId"], record["awsRegion"]].append(record)

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write what is buffered."""
        buffers, self._buffers = self._buffers, defaultdict(list)
        for (arn, account, region), batch in buffers.items():
            await self._write(self._trails[arn], account, region, batch)

    async def _write(self, trail: dict[str, Any], account: str, region: str, batch: list[dict[str, Any]]) -> None:
        arn, bucket = trail["TrailARN"], trail["S3BucketName"]
        key = _key(trail, account, region)
        problem = problem_of_bucket(bucket, key, arn) or problem_of_key(trail.get("KmsKeyId", ""), bucket, arn)
        now = time.time()
        if problem:
            self.status[arn] |= {"LatestDeliveryError": problem}
            return
        owner = s3._bucket_owner_account(bucket) or ""
        body = gzip.compress(json.dumps({"Records": batch}, default=str).encode())
        headers = {
            "host": "127.0.0.1",
            "content-type": "application/json",
            "content-encoding": "gzip",
            "content-length": str(len(body)),
        }
        with request_scope(owner, trail["HomeRegion"]):
            await s3.handle_request(
                "PUT", f"/{bucket}/{key}", headers, body, {}, enforce_bucket_region=False, internal=True
            )
        self.status[arn] = {"LatestDeliveryTime": now}


def _key(trail: dict[str, Any], account: str, region: str) -> str:
    folder = f"{ORGANIZATION.id}/{account}" if trail.get("IsOrganizationTrail") else account
    prefix = f"{trail['S3KeyPrefix']}/" if trail.get("S3KeyPrefix") else ""
    now = time.gmtime()
    day, minute = time.strftime("%Y/%m/%d", now), time.strftime("%Y%m%dT%H%MZ", now)
    name = f"{account}_CloudTrail_{region}_{minute}_{secrets.token_hex(8)}.json.gz"
    return f"{prefix}AWSLogs/{folder}/CloudTrail/{region}/{day}/{name}"


def problem_of_bucket(bucket: str, key: str, trail_arn: str) -> str | None:
    """Why CloudTrail could not write that key for that trail: an S3 error code; None if it can."""
    owner = s3._bucket_owner_account(bucket)
    if owner is None:
        return "NoSuchBucket"
    with request_scope(owner, "us-east-1"):
        policy = (s3.bucket_policy_for_arn(f"arn:aws:s3:::{bucket}") or ("",))[0]
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    wanted = [("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", {}), ("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", acl)]
    for action, resource, extra in wanted:
        if not policies.service_allowed(policy, CLOUDTRAIL, action, resource, trail_arn, extra):
            return "AccessDenied"
    return None


def problem_of_key(key: str, bucket: str, trail_arn: str) -> str | None:
    """Why CloudTrail could not encrypt a log file of that trail with the key: an error code; None if it can.

    With a Bucket Key, S3 asks in the bucket's name, to make data keys and to read them again.
    """
    source = {"aws:sourcearn": trail_arn, "aws:sourceaccount": trail_arn.split(":")[4]}
    asked: list[tuple[tuple[str, ...], dict[str, str]]] = [
        (("kms:GenerateDataKey",), {"kms:encryptioncontext:aws:cloudtrail:arn": trail_arn})
    ]
    if has_bucket_key(bucket):
        asked.append((keys.ENCRYPT, {"kms:encryptioncontext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}))
    may = all(keys.service_may(key, trail_arn, CLOUDTRAIL, source, bound, actions) for actions, bound in asked)
    return None if may else "KMSAccessDenied"


def has_bucket_key(bucket: str) -> bool:
    """Whether the bucket uses a Bucket Key by default."""
    with request_scope(s3._bucket_owner_account(bucket) or "", "us-east-1"):
        return "<BucketKeyEnabled>true" in (s3._bucket_encryption.get(bucket) or "")
