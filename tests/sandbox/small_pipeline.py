"""The alerting pipeline, small: what the tests set up in an account before they break one thing of it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from sandbox.client import Sandbox

REGION = "us-east-1"
NAME = "alerting"
IAM_WRITES = {"source": ["aws.iam"], "detail": {"eventSource": ["iam.amazonaws.com"]}}
HANDLER = """
import os, boto3
def lambda_handler(event, context):
    detail = event["detail"]
    subject = detail["eventName"] + " in " + event["account"]
    message = str(detail.get("requestParameters"))
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC_ARN"], Subject=subject, Message=message)
"""
FAILING = "def lambda_handler(event, context):\n    raise RuntimeError('no luck')\n"


_SESSION = boto3.Session()
_ONCE = Config(retries={"total_max_attempts": 1})


def connect(
    sandbox: Sandbox, service: str, key: str, secret: str, token: str | None = None, region: str = REGION, **config: Any
) -> Any:
    """A client of the sandbox that does not retry, unless its configuration says so. All share one session, which
    loads each service model once."""
    return _SESSION.client(
        service,
        region_name=region,
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=_ONCE.merge(Config(**config)),
    )


def allow(service: str, action: str, resource: Any, **conditions: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def packed(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", source)
    return buffer.getvalue()


@dataclass
class Account:
    """A member account and the clients of a session in it."""

    sandbox: Sandbox
    id: str
    _credentials: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        return f"oncall-{self.id}@example.com"

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        return f"arn:aws:{service}:{region}:{self.id}:{resource}"

    def client(self, service: str, region: str = REGION, **config: Any) -> Any:
        if not self._credentials:
            environment = self.sandbox.environment()
            root = connect(self.sandbox, "sts", environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
            role = f"arn:aws:iam::{self.id}:role/OrganizationAccountAccessRole"
            self._credentials = root.assume_role(RoleArn=role, RoleSessionName="deployer")["Credentials"]
        given = self._credentials
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return connect(self.sandbox, service, *keys, region, **config)

    def bucket_policy(self) -> str:
        bucket = f"arn:aws:s3:::trail-{self.id}"
        return policy(
            allow("cloudtrail.amazonaws.com", "s3:GetBucketAcl", bucket),
            allow(
                "cloudtrail.amazonaws.com",
                "s3:PutObject",
                f"{bucket}/AWSLogs/{self.id}/*",
                StringEquals={
                    "s3:x-amz-acl": "bucket-owner-full-control",
                    "aws:SourceArn": self.arn("cloudtrail", f"trail/{NAME}"),
                },
            ),
        )

    def make_trail(self, **settings: Any) -> None:
        """Bucket, policy, trail, logging."""
        self.client("s3").create_bucket(Bucket=f"trail-{self.id}")
        self.client("s3").put_bucket_policy(Bucket=f"trail-{self.id}", Policy=self.bucket_policy())
        trail = self.client("cloudtrail")
        trail.create_trail(Name=NAME, S3BucketName=f"trail-{self.id}", **{"IsMultiRegionTrail": True} | settings)
        trail.start_logging(Name=NAME)

    def make_queue(self, name: str, *services: str) -> str:
        """A queue that the services may send to; its ARN."""
        arn = self.arn("sqs", name)
        statements = [allow(service, "sqs:SendMessage", arn) for service in services]
        attributes = {"Policy": policy(*statements)} if services else {}
        self.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return arn

    def watch(self, pattern: dict[str, Any] | None = None, state: str = "ENABLED", region: str = REGION) -> str:
        """A rule whose matches land on the queue ``seen``; the rule's ARN."""
        arn = self.arn("sqs", "seen", region)
        self.client("sqs", region).create_queue(
            QueueName="seen", Attributes={"Policy": policy(allow("events.amazonaws.com", "sqs:SendMessage", arn))}
        )
        events = self.client("events", region)
        rule = events.put_rule(Name=NAME, EventPattern=json.dumps(pattern or IAM_WRITES), State=state)["RuleArn"]
        events.put_targets(Rule=NAME, Targets=[{"Id": "seen", "Arn": arn}])
        return rule

    def make_topic(self, display_name: str = "Alerts") -> str:
        """A topic with one confirmed e-mail subscriber; its ARN."""
        sns = self.client("sns")
        topic = sns.create_topic(Name=NAME, Attributes={"DisplayName": display_name})["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=self.address)
        assert len(self.sandbox.confirm(self.address)) == 1
        return topic

    def make_role(self, *actions: str) -> str:
        """The function's role, allowed those actions."""
        iam = self.client("iam")
        trust = policy(
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        )
        role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            iam.put_role_policy(RoleName=NAME, PolicyName=NAME, PolicyDocument=policy(statement))
        return str(role)

    def make_function(self, topic: str, source: str = HANDLER, actions: tuple[str, ...] = (), **settings: Any) -> str:
        """Role and function; its ARN."""
        role = self.make_role(*(actions or ("sns:Publish", "sqs:SendMessage", "logs:*")))
        made = self.client("lambda").create_function(
            FunctionName=NAME,
            Runtime="python3.13",
            Role=role,
            Handler="handler.lambda_handler",
            Timeout=20,
            Code={"ZipFile": packed(source)},
            Environment={"Variables": {"TOPIC_ARN": topic}},
            **settings,
        )
        return str(made["FunctionArn"])

    def make_rule(self, function: str, permission: bool = True, **target: Any) -> str:
        """The rule that invokes the function; its ARN."""
        events = self.client("events")
        pattern = IAM_WRITES | {"detail": {"eventName": ["CreateUser", "DeleteUser"]}}
        rule = events.put_rule(Name=NAME, EventPattern=json.dumps(pattern))["RuleArn"]
        if permission:
            self.client("lambda").add_permission(
                FunctionName=NAME,
                StatementId="rule",
                SourceArn=rule,
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
            )
        events.put_targets(Rule=NAME, Targets=[{"Id": "function", "Arn": function} | target])
        return str(rule)

    def deploy(self, source: str = HANDLER, actions: tuple[str, ...] = (), **settings: Any) -> None:
        """All of it."""
        self.make_trail()
        self.make_rule(self.make_function(self.make_topic(), source, actions, **settings))
