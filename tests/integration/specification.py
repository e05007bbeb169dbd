"""What the role promises for an account, written down once more and not taken from its code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def specification(account: str, name: str, actions: list[str], subscribers: list[str]) -> dict[str, Any]:
    """The resources of the account C(account), called C(name), after a deploy with plain iam actions."""
    bucket = f"iam-alerting-{account}-us-east-1"
    trail = f"arn:aws:cloudtrail:us-east-1:{account}:trail/iam-alerting"
    topic = f"arn:aws:sns:us-east-1:{account}:iam-alerting"
    queue = f"arn:aws:sqs:us-east-1:{account}:iam-alerting-dlq"
    role = f"arn:aws:iam::{account}:role/iam-alerting-function"
    function = f"arn:aws:lambda:us-east-1:{account}:function:iam-alerting"
    rule = f"arn:aws:events:us-east-1:{account}:rule/iam-alerting"
    logs = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/iam-alerting:*"
    tags = {"trailwatch": "iam-alerting"}
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    tls_only = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*"}
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    return {
        "keys": {},
        "buckets": {
            bucket: {
                "policy": policy(
                    {
                        "Sid": "CloudTrailReadsAcl",
                        "Effect": "Allow",
                        "Principal": cloudtrail,
                        "Action": "s3:GetBucketAcl",
                        "Resource": f"arn:aws:s3:::{bucket}",
                        "Condition": {"StringEquals": {"aws:SourceArn": trail}},
                    },
                    {
                        "Sid": "CloudTrailWritesLogFiles",
                        "Effect": "Allow",
                        "Principal": cloudtrail,
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
                        "Condition": {
                            "StringEquals": {"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}
                        },
                    },
                    {
                        **tls_only,
                        "Action": "s3:*",
                        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                        "Condition": insecure,
                    },
                ),
                "public access block": {
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
                "ownership": "BucketOwnerEnforced",
                "encryption": "AES256",
                "key": None,
                "bucket key": False,
                "versioning": "Enabled",
                "expires after days": [365],
                "tags": tags,
            }
        },
        "trails": {
            "iam-alerting": {
                "bucket": bucket,
                "key": None,
                "all regions": True,
                "all accounts": False,
                "global services": True,
                "validation": True,
                "logging": True,
                "tags": tags,
            }
        },
        "topics": {
            "iam-alerting": {
                "display name": "cloudtrail-alerting",
                "key": "",
                "policy": policy(
                    {
                        "Sid": "TheFunctionPublishes",
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                        "Action": "sns:Publish",
                        "Resource": topic,
                        "Condition": {"ArnEquals": {"aws:PrincipalArn": role}},
                    },
                    alarms_publish(account, topic),
                    {
                        "Sid": "NobodyElsePublishes",
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Action": "sns:Publish",
                        "Resource": topic,
                        "Condition": {"ArnNotLike": {"aws:PrincipalArn": role, "aws:SourceArn": alarm_arns(account)}},
                    },
                    {
                        "Sid": "NobodyOutsideSubscribes",
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Action": "sns:Subscribe",
                        "Resource": topic,
                        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account}},
                    },
                ),
                "subscriptions": [("email", address) for address in subscribers],
                "tags": tags,
            }
        },
        "queues": {
            "iam-alerting-dlq": {
                "policy": policy(
                    {
                        "Sid": "RulesSendWhatTheyCouldNotDeliver",
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": queue,
                        "Condition": {"ArnLike": {"aws:SourceArn": [rule, f"{rule}-*"]}},
                    },
                    {**tls_only, "Action": "sqs:*", "Resource": queue, "Condition": insecure},
                ),
                "retention": 1209600,
                "encrypted": "true",
                "key": None,
                "hidden for": 30,
                "dead letters": {},
                "tags": tags,
            }
        },
        "log groups": {"/aws/lambda/iam-alerting": {"retention": 365, "tags": tags}},
        "roles": {
            "iam-alerting-function": {
                "trust": policy(
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ),
                "inline": {
                    "iam-alerting-function": policy(
                        {"Sid": "PublishAlerts", "Effect": "Allow", "Action": "sns:Publish", "Resource": topic},
                        {"Sid": "KeepWhatFailed", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue},
                        {
                            "Sid": "WriteLogs",
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": logs,
                        },
                    )
                },
                "attached": [],
                "tags": tags,
            }
        },
        "functions": {
            "iam-alerting": {
                "runtime": "python3.13",
                "handler": "handler.lambda_handler",
                "architectures": ["x86_64"],
                "timeout": 30,
                "memory": 128,
                "role": role,
                "dead letters": {},
                "invoked": {"retries": 2, "seconds": 21600, "failed": queue, "succeeded": None},
                "at most": None,
                "environment": {"TOPIC_ARN": topic, "ACCOUNT_NAME": name},
                "may be invoked by": [
                    ("events.amazonaws.com", f"{rule}{name}")
                    for name in ("", "-tampering", "-tampering-2", "-tampering-3")
                ],
                "tags": tags,
            }
        },
        "tables": {},
        "event source mappings": {},
        "event buses": {},
        "rules": {
            "iam-alerting": {
                "state": "ENABLED",
                "pattern": {
                    "source": ["aws.iam"],
                    "detail-type": ["AWS API Call via CloudTrail"],
                    "detail": {
                        "eventSource": ["iam.amazonaws.com"],
                        "eventName": sorted(action.removeprefix("iam:") for action in actions),
                    },
                },
                "schedule": "",
                "targets": [{"Id": "function", "Arn": function, "DeadLetterConfig": {"Arn": queue}}],
                "tags": tags,
            },
            **tampering_rules(account, function, queue),
        },
        "alarms": alarms(tags, topic),
    }


def alarm_arns(account: str) -> str:
    return f"arn:aws:cloudwatch:us-east-1:{account}:alarm:iam-alerting/*"


def alarms_publish(account: str, topic: str) -> dict[str, Any]:
    return {
        "Sid": "OurAlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {
            "ArnLike": {"aws:SourceArn": alarm_arns(account)},
            "StringEquals": {"aws:SourceAccount": account},
        },
    }


def alarms(tags: dict[str, str], *topics: str) -> dict[str, Any]:
    name = "iam-alerting"

    def alarm(watches: list[Any], points: tuple[int | None, int] = (None, 1), limit: float = 0.0) -> dict[str, Any]:
        return {
            "watches": watches,
            "more than": limit,
            "of": ("GreaterThanThreshold", *points),
            "without data": "notBreaching",
            "tells": list(topics),
            "tells when over": [],
            "tags": tags,
        }

    return {
        f"{name}/dead-letters": alarm([("ApproximateNumberOfMessagesVisible", f"{name}-dlq", "Maximum", 60)]),
        f"{name}/function-errors": alarm([("Errors", name, "Sum", 60)], (2, 5)),
        f"{name}/function-throttles": alarm([("Throttles", name, "Sum", 60)], (3, 5)),
        f"{name}/rule-failures": alarm(
            [
                "SUM([FILL(failed, 0), FILL(lost, 0)])",
                ("FailedInvocations", name, "Sum", 60),
                ("InvocationsFailedToBeSentToDlq", name, "Sum", 60),
            ]
        ),
        f"{name}/notifications-failed": alarm([("NumberOfNotificationsFailed", name, "Sum", 300)]),
        f"{name}/unheard": alarm(
            [
                "IF(told > 0 AND accounted == told, 1, 0)",
                ("NumberOfMessagesPublished", name, "Sum", 300),
                ("NumberOfNotificationsDelivered", name, "Sum", 300),
                ("NumberOfNotificationsFilteredOut", name, "Sum", 300),
            ],
            (2, 3),
        ),
    }


def tampering_rules(account: str, function: str, queue: str) -> dict[str, Any]:
    """The rules for calls that touch the alerting itself, when none of them is on the list of actions."""
    patterns = json.loads((HERE / "tampering_patterns.json").read_text().replace("ACCOUNT", account))
    names = [f"iam-alerting-tampering{number}" for number in ("", "-2", "-3")]
    return {
        name: {
            "state": "ENABLED",
            "pattern": pattern,
            "schedule": "",
            "targets": [{"Id": "function", "Arn": function, "DeadLetterConfig": {"Arn": queue}}],
            "tags": {"trailwatch": "iam-alerting"} | ({} if name == names[0] else {"trailwatch:shard-of": names[0]}),
        }
        for name, pattern in zip(names, patterns, strict=True)
    }


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
