"""What the role of the template for deployers must not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.client import Sandbox
from tests.integration import hands
from tests.integration.deployer_role import EXTERNAL_ID, NAME, ROLE, caller, make_role, organization_id
from tests.integration.live import Account


@pytest.fixture(scope="module")
def intruded(sandbox: Sandbox, open_account: Callable[[], Account]) -> Account:
    """An account that has other things, too, and where log files may not be deleted."""
    account = open_account()
    make_role(account, sandbox, ExternalId=EXTERNAL_ID, OrganizationId=organization_id(sandbox))
    for bucket in (f"payroll-{account.id}", hands.bucket(account)):
        account.client("s3").create_bucket(Bucket=bucket)
    account.client("s3").put_object(Bucket=hands.bucket(account), Key="AWSLogs/evidence", Body=b"{}")
    account.client("sqs").create_queue(QueueName="payroll")
    for role in ("payroll", f"{NAME}-function"):
        account.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=hands.TRUST)
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    account.client("kms").create_alias(AliasName="alias/payroll", TargetKeyId=key)
    return account


@pytest.fixture(scope="module")
def session(intruded: Account, sandbox: Sandbox) -> boto3.session.Session:
    """The role's own session."""
    keys = (
        caller(sandbox)
        .client("sts", endpoint_url=sandbox.endpoint)
        .assume_role(
            RoleArn=f"arn:aws:iam::{intruded.id}:role/{ROLE}", RoleSessionName="intruder", ExternalId=EXTERNAL_ID
        )["Credentials"]
    )
    return boto3.session.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1"
    )


FUNCTION = {"Runtime": "python3.13", "Handler": "x.y", "Code": {"ZipFile": b"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}}
# ACCOUNT stands for the account's id, KEY for that of the other key.
FORBIDDEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "delete another bucket": ("s3", "delete_bucket", {"Bucket": "payroll-ACCOUNT"}),
    "delete our bucket": ("s3", "delete_bucket", {"Bucket": f"{NAME}-ACCOUNT-us-east-1"}),
    "delete a log file": ("s3", "delete_object", {"Bucket": f"{NAME}-ACCOUNT-us-east-1", "Key": "AWSLogs/evidence"}),
    "read a log file": ("s3", "get_object", {"Bucket": f"{NAME}-ACCOUNT-us-east-1", "Key": "AWSLogs/evidence"}),
    "read another bucket's policy": ("s3", "get_bucket_policy", {"Bucket": "payroll-ACCOUNT"}),
    "stop another trail": ("cloudtrail", "delete_trail", {"Name": "payroll"}),
    "stop our trail": ("cloudtrail", "stop_logging", {"Name": NAME}),
    "delete another role": ("iam", "delete_role", {"RoleName": "payroll"}),
    "give itself permissions": (
        "iam",
        "put_role_policy",
        {"RoleName": ROLE, "PolicyName": "all", "PolicyDocument": hands.ANY},
    ),
    "attach a managed policy": (
        "iam",
        "attach_role_policy",
        {"RoleName": f"{NAME}-function", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    "make a user": ("iam", "create_user", {"UserName": "mallory"}),
    "make a user under another path": ("iam", "create_user", {"UserName": "mallory", "Path": "/trailwatch/"}),
    "give a user keys": ("iam", "create_access_key", {"UserName": f"{NAME}-verify-0"}),
    "read another queue": ("sqs", "get_queue_attributes", {"QueueUrl": "http://x/ACCOUNT/payroll"}),
    "make another function": (
        "lambda",
        "create_function",
        {"FunctionName": "other", "Role": f"arn:aws:iam::ACCOUNT:role/{NAME}-function", **FUNCTION},
    ),
    "pass another role": (
        "lambda",
        "create_function",
        {"FunctionName": NAME, "Role": "arn:aws:iam::ACCOUNT:role/payroll", **FUNCTION},
    ),
    "let another account invoke the function": (
        "lambda",
        "add_permission",
        {
            "FunctionName": NAME,
            "StatementId": "x",
            "Action": "lambda:InvokeFunction",
            "Principal": "arn:aws:iam::123456789012:root",
        },
    ),
    "map a queue to another function": (
        "lambda",
        "create_event_source_mapping",
        {"FunctionName": "other", "EventSourceArn": "arn:aws:sqs:us-east-1:ACCOUNT:payroll"},
    ),
    "delete another key": ("kms", "schedule_key_deletion", {"KeyId": "KEY"}),
    "describe another key otherwise": ("kms", "update_key_description", {"KeyId": "KEY", "Description": "ours"}),
    "encrypt with another key": ("kms", "encrypt", {"KeyId": "KEY", "Plaintext": b"salaries"}),
    "make a key that is not tagged as ours": ("kms", "create_key", {}),
    "make another rule": ("events", "put_rule", {"Name": "other", "EventPattern": '{"source": ["aws.ec2"]}'}),
    "publish to the topic": (
        "sns",
        "publish",
        {"TopicArn": f"arn:aws:sns:us-east-1:ACCOUNT:{NAME}", "Message": "all is well"},
    ),
}


def filled(text: str, account: Account) -> str:
    if "KEY" not in text:
        return text.replace("ACCOUNT", account.id)
    return str(account.client("kms").describe_key(KeyId="alias/payroll")["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_the_role_cannot(deed: str, session: boto3.session.Session, intruded: Account, sandbox: Sandbox) -> None:
    service, operation, arguments = FORBIDDEN[deed]
    here = {name: filled(value, intruded) if isinstance(value, str) else value for name, value in arguments.items()}
    client = session.client(service, endpoint_url=sandbox.endpoint)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**here)
    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError")


def test_nobody_is_let_in_without_what_the_template_asks_for(intruded: Account, sandbox: Sandbox) -> None:
    role = {"RoleArn": f"arn:aws:iam::{intruded.id}:role/{ROLE}", "RoleSessionName": "stranger"}
    with pytest.raises(ClientError, match="AccessDenied"):
        caller(sandbox).client("sts", endpoint_url=sandbox.endpoint).assume_role(**role)
    with pytest.raises(ClientError, match="AccessDenied"):
        intruded.client("sts").assume_role(**role, ExternalId=EXTERNAL_ID)
