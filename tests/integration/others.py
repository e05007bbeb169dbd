"""What others have in an account: their trails, and resources that happen to have our names."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.live import Account

NAME = "iam-alerting"
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def trail(account: Account, name: str = "others", logs: bool = True, **arguments: Any) -> None:
    """A trail with a bucket of its own, or of an earlier one."""
    bucket = f"others-{account.id}"
    cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    policy = document(
        {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {**cloudtrail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*"},
    )
    with contextlib.suppress(ClientError):
        account.client("s3").create_bucket(Bucket=bucket)
    account.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    client = account.client("cloudtrail")
    client.create_trail(Name=name, S3BucketName=bucket, **arguments)
    if logs:
        client.start_logging(Name=name)


def topic(account: Account) -> None:
    account.client("sns").create_topic(Name=NAME, Attributes={"DisplayName": "Marketing"})


def queue(account: Account) -> None:
    account.client("sqs").create_queue(QueueName=f"{NAME}-dlq")


def role(account: Account) -> None:
    others = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account.client("iam").create_role(RoleName=f"{NAME}-function", AssumeRolePolicyDocument=document(others))


def deployer(account: Account, management: str, *denied: str) -> None:
    """A role that may deploy, but for some actions."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{management}:root"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = account.client("iam")
    iam.create_role(RoleName="deployer", Path="/ops/", AssumeRolePolicyDocument=document(trust))
    policy = document(may, {**may, "Effect": "Deny", "Action": list(denied)})
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=policy)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
