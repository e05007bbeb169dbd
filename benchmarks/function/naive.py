"""What the function would be in fifteen lines: parse, format, publish."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

sns = boto3.client("sns", region_name="us-east-1")


def lambda_handler(event: dict[str, Any], context: object) -> None:
    detail = event["detail"]
    identity = detail.get("userIdentity") or {}
    who = identity.get("arn") or identity.get("invokedBy") or identity.get("type")
    lines = [f"{detail['eventName']} by {who} in {detail.get('recipientAccountId')}"]
    for name in ("eventTime", "eventSource", "awsRegion", "sourceIPAddress", "userAgent", "errorCode"):
        lines.append(f"{name}: {detail.get(name)}")
    lines.append(json.dumps(detail.get("requestParameters"), indent=2))
    subject = lines[0][:99].encode("ascii", "replace").decode()
    sns.publish(TopicArn=os.environ["TOPIC_ARN"], Subject=subject, Message="\n".join(lines))
