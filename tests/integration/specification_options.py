"""What options make of an account: the specification with grouping, a key, a fallback, a heartbeat, forwarders."""

from __future__ import annotations

from typing import Any

from tests.integration.specification import alarm_arns, alarms_publish, policy, specification


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
    of_any_region = trail.replace("us-east-1", "*")
    for_trail = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": of_any_region}}
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
