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


def with_heartbeat_alarm(specified: dict[str, Any], minutes: int) -> dict[str, Any]:
    """As C(specified), with the alarm on a heartbeat every so many minutes."""
    specified["alarms"]["iam-alerting/heartbeat"] = {
        **specified["alarms"]["iam-alerting/dead-letters"],
        "watches": [("Heartbeats", "iam-alerting", "Sum", 3 * minutes * 60)],
        "more than": 1.0,
        "of": ("LessThanThreshold", None, 1),
        "without data": "breaching",
    }
    return specified


def with_fallback(specified: dict[str, Any], account: str, address: str) -> dict[str, Any]:
    """As C(specified), with a mail address as the fallback of the alarms."""
    topic = f"arn:aws:sns:us-east-1:{account}:iam-alerting"
    fallback = f"{topic}-fallback"
    specified["topics"]["iam-alerting-fallback"] = {
        "display name": "cloudtrail-alerting",
        "key": "",
        "policy": policy(
            alarms_publish(account, fallback),
            {
                "Sid": "NobodyElsePublishes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Publish",
                "Resource": fallback,
                "Condition": {"ArnNotLike": {"aws:SourceArn": alarm_arns(account)}},
            },
            {
                "Sid": "NobodyOutsideSubscribes",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sns:Subscribe",
                "Resource": fallback,
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account}},
            },
        ),
        "subscriptions": [("email", address)],
        "tags": {"trailwatch": "iam-alerting"},
    }
    for alarm in specified["alarms"].values():
        alarm["tells"] = [topic, fallback]
    return specified


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


def forwarder_rule(account: str, pattern: dict[str, Any]) -> dict[str, Any]:
    """The rules of a region whose events are forwarded."""
    target = {
        "Id": "home",
        "Arn": f"arn:aws:events:us-east-1:{account}:event-bus/default",
        "RoleArn": f"arn:aws:iam::{account}:role/iam-alerting-forwarder",
    }
    return {
        "iam-alerting-forwarder": {
            "state": "ENABLED",
            "pattern": pattern,
            "schedule": "",
            "targets": [target],
            "tags": {"trailwatch": "iam-alerting"},
        }
    }


def with_forwarder_role(specified: dict[str, Any], account: str) -> dict[str, Any]:
    """As C(specified), with the role that the rules of other regions send by, which is watched, too."""
    rule = f"arn:aws:events:*:{account}:rule/iam-alerting-forwarder"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": [rule, f"{rule}-*"]},
        },
    }
    put = {
        "Sid": "SendEventsHome",
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": f"arn:aws:events:us-east-1:{account}:event-bus/default",
    }
    specified["roles"]["iam-alerting-forwarder"] = {
        "trust": policy(trust),
        "inline": {"iam-alerting-forwarder": policy(put)},
        "attached": [],
        "tags": {"trailwatch": "iam-alerting"},
    }
    watched = specified["rules"]["iam-alerting-tampering"]["pattern"]["detail"]["$or"]
    (of_roles,) = [detail for detail in watched if detail["eventSource"] == ["iam.amazonaws.com"]]
    of_roles["requestParameters"]["roleName"].insert(0, "iam-alerting-forwarder")
    return specified


def heartbeat_rule(account: str, minutes: int, queue: str = "") -> dict[str, Any]:
    """The rule that sends heartbeats to the function, or to the queue before it."""
    function = f"arn:aws:lambda:us-east-1:{account}:function:iam-alerting"
    target = {
        "Id": "function",
        "Arn": f"arn:aws:sqs:us-east-1:{account}:{queue}" if queue else function,
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{account}:iam-alerting-dlq"},
        "Input": '{"trailwatch":"heartbeat"}',
    }
    return {
        "state": "ENABLED",
        "pattern": {},
        "schedule": f"rate({minutes} minutes)",
        "targets": [target],
        "tags": {"trailwatch": "iam-alerting"},
    }


def grouped(account: str, name: str, actions: list[str], subscribers: list[str], seconds: int) -> dict[str, Any]:
    """As C(specification), with alerts that are grouped for so many seconds."""
    specified = specification(account, name, actions, subscribers)
    queue = f"arn:aws:sqs:us-east-1:{account}:iam-alerting-events"
    table = f"arn:aws:dynamodb:us-east-1:{account}:table/iam-alerting-groups"
    rule = f"arn:aws:events:us-east-1:{account}:rule/iam-alerting"
    tags = {"trailwatch": "iam-alerting"}
    function = specified["functions"]["iam-alerting"]
    function["environment"]["GROUP_SECONDS"] = str(seconds)
    function["may be invoked by"] = []
    for each in specified["rules"].values():
        each["targets"][0]["Arn"] = queue
    specified["queues"]["iam-alerting-events"] = {
        "policy": policy(
            {
                "Sid": "RulesSendEvents",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnLike": {"aws:SourceArn": [rule, f"{rule}-*"]}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ),
        "retention": 1209600,
        "encrypted": "true",
        "key": None,
        "hidden for": 180,
        "dead letters": {
            "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{account}:iam-alerting-dlq",
            "maxReceiveCount": 10,
        },
        "tags": tags,
    }
    specified["tables"]["iam-alerting-groups"] = {
        "keys": ["pk", "sk"],
        "billing": "PAY_PER_REQUEST",
        "key": None,
        "protected": False,
        "expires by": ("ENABLED", "expires"),
        "tags": tags,
    }
    specified["event source mappings"]["iam-alerting-events"] = {
        "function": f"arn:aws:lambda:us-east-1:{account}:function:iam-alerting",
        "state": "Enabled",
        "batch": (10, 0),
        "at once": 2,
        "answers": ["ReportBatchItemFailures"],
        "filters": {},
        "tags": tags,
    }
    specified["alarms"]["iam-alerting/events-waiting"] = {
        **specified["alarms"]["iam-alerting/dead-letters"],
        "watches": [("ApproximateAgeOfOldestMessage", "iam-alerting-events", "Maximum", 300)],
        "more than": 3600.0,
    }
    on_queue = [
        f"sqs:{action}"
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "SendMessage")
    ]
    on_table = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"]
    specified["roles"]["iam-alerting-function"]["inline"]["iam-alerting-grouping"] = policy(
        {"Sid": "TakeEventsAndRemind", "Effect": "Allow", "Action": on_queue, "Resource": queue},
        {
            "Sid": "RememberGroups",
            "Effect": "Allow",
            "Action": [f"dynamodb:{action}" for action in on_table],
            "Resource": table,
        },
    )
    return specified


def with_key(account: str, specified: dict[str, Any], arn: str) -> dict[str, Any]:
    """What is specified so far, with a key of the customer's, which has this ARN."""
    (bucket,) = specified["buckets"].values()
    bucket |= {"encryption": "aws:kms", "key": arn, "bucket key": True}
    for kind in ("trails", "topics", "queues", "tables"):
        for resource in specified[kind].values():
            resource["key"] = arn
    for queue in specified["queues"].values():
        queue["encrypted"] = "false"
    (function,) = specified["functions"].values()
    function["environment"]["KEY_ARN"] = arn
    specified["rules"]["iam-alerting-tampering-2"]["pattern"]["detail"]["$or"].append(
        {
            "eventName": ["DisableKey", "PutKeyPolicy", "RevokeGrant", "ScheduleKeyDeletion"],
            "eventSource": ["kms.amazonaws.com"],
            "resources": {"ARN": [arn]},
        }
    )
    specified["keys"] = {
        "alias/iam-alerting": {
            "arn": arn,
            "state": "Enabled",
            "description": "Encrypts what the alerting iam-alerting of Trailwatch keeps.",
            "policy": policy(*key_statements(account)),
            "renewed": True,
            "tags": {"trailwatch": "iam-alerting"},
        }
    }
    return specified


def key_statements(account: str) -> list[dict[str, Any]]:
    """Who may do what with the key of the account."""
    bucket = f"arn:aws:s3:::iam-alerting-{account}-us-east-1"
    trail = f"arn:aws:cloudtrail:us-east-1:{account}:trail/iam-alerting"
    topic = f"arn:aws:sns:us-east-1:{account}:iam-alerting"
    queues = [f"arn:aws:sqs:us-east-1:{account}:iam-alerting-{name}" for name in ("dlq", "events")]
    by_trail = {"StringEquals": {"aws:SourceArn": trail}}
    for_bucket = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]}}
    for_trail = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trail}}
    from_here = {"aws:SourceAccount": account}
    to_queues = {"kms:EncryptionContext:aws:sqs:arn": queues}
    to_topic = {"kms:EncryptionContext:aws:sns:topicArn": topic}
    encrypt = ["kms:GenerateDataKey*", "kms:Decrypt"]
    on_table = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    cloudtrail, events, cloudwatch = (
        {"Service": f"{name}.amazonaws.com"} for name in ("cloudtrail", "events", "cloudwatch")
    )
    role = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/iam-alerting-function"}}
    sns, sqs, dynamodb = (
        {"kms:ViaService": [f"{name}.us-east-1.amazonaws.com"]} for name in ("sns", "sqs", "dynamodb")
    )
    alarms = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{account}:alarm:*"}}
    anybody = {"AWS": "*"}
    rows: list[tuple[str, dict[str, str], str | list[str], dict[str, Any]]] = [
        ("TheAccountAdministers", {"AWS": f"arn:aws:iam::{account}:root"}, "kms:*", {}),
        ("CloudTrailEncryptsLogFiles", cloudtrail, ["kms:GenerateDataKey*"], by_trail | for_trail),
        ("CloudTrailUsesTheBucketKey", cloudtrail, encrypt, by_trail | for_bucket),
        ("CloudTrailDescribesTheKey", cloudtrail, ["kms:DescribeKey"], by_trail),
        ("RulesSendToTheQueues", events, encrypt, {"StringEquals": from_here | to_queues}),
        ("AlarmsPublish", cloudwatch, encrypt, {"StringEquals": from_here | to_topic} | alarms),
        ("TheFunctionPublishes", anybody, encrypt, role | {"StringEquals": sns | to_topic}),
        ("TheFunctionUsesTheQueues", anybody, encrypt, role | {"StringEquals": sqs | to_queues}),
        ("TheFunctionRemembers", anybody, on_table, role | {"StringEquals": dynamodb}),
    ]
    return [
        {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
        | ({"Condition": condition} if condition else {})
        for sid, principal, actions, condition in rows
    ]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
