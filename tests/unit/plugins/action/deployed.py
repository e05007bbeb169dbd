# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account out of moto in which the components of a plan were made, as the role makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import (
    alarms,
    event_invoke_config,
    event_rule,
    event_rule_reading,
    event_rule_writing,
    event_source_mapping,
    kms_key,
    lifecycle,
    topic_options,
)
from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils import table as dynamodb_table
from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import rule
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import settings

Document = dict[str, Any]


def deploy(clients: Any, plan: Mapping[str, Any]) -> None:
    """Make what the result of a plan says is to be made, in its order."""
    package = Path(plan["package"]).read_bytes() if "function" in plan["differences"] else b""
    for name in plan["differences"]:
        document = plan["desired"][name]
        if name == "function":
            _function(clients["lambda"], document, package)
        else:
            _MAKERS[name](clients, document)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _key(clients: Any, document: Document) -> None:
    kms_key.apply(clients["kms"], None, {name: document[name] for name in (*kms_key.ATTRIBUTES, "Tags")})


def _bucket(clients: Any, document: Document) -> None:
    s3, bucket = clients["s3"], {"Bucket": document["Name"]}
    default = {name: value for name, value in document["Encryption"].items() if name != "BucketKeyEnabled"}
    encryption: Document = {"ApplyServerSideEncryptionByDefault": default}
    if "BucketKeyEnabled" in document["Encryption"]:
        encryption["BucketKeyEnabled"] = document["Encryption"]["BucketKeyEnabled"]
    s3.create_bucket(**bucket, ObjectOwnership=document["ObjectOwnership"])
    s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=document["PublicAccessBlock"])
    s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": document["Versioning"]})
    s3.put_bucket_policy(**bucket, Policy=json.dumps(document["Policy"]))
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": _pairs(document["Tags"])})
    found = lifecycle.describe(s3, document["Name"])
    lifecycle.apply(s3, document["Name"], found, {**found, "Rules": document["LifecycleRules"]})


def _trail(clients: Any, document: Document) -> None:
    cloudtrail, arn = clients["cloudtrail"], document["TrailARN"]
    names = ("Name", "S3BucketName", "KmsKeyId", "IsMultiRegionTrail", "IsOrganizationTrail")
    given = {name: document[name] for name in names if document[name] is not None}
    cloudtrail.create_trail(
        **given,
        IncludeGlobalServiceEvents=document["IncludeGlobalServiceEvents"],
        EnableLogFileValidation=document["LogFileValidationEnabled"],
        TagsList=_pairs(document["Tags"]),
    )
    cloudtrail.put_event_selectors(TrailName=arn, EventSelectors=document["EventSelectors"])
    cloudtrail.start_logging(Name=arn)


def _topic(clients: Any, document: Document) -> None:
    wanted = {name: value for name, value in document.items() if name not in ("State", "Purge")}
    wanted["Subscriptions"] = topic_options.checked_subscriptions(document["Subscriptions"])
    sns_topic.apply(clients["sns"], None, wanted)


def _queue(clients: Any, document: Document) -> None:
    names = ("QueueName", "Tags", *sqs_queue.ATTRIBUTES)
    sqs_queue.apply(clients["sqs"], None, {name: document[name] for name in names if name in document})


def _log_group(clients: Any, document: Document) -> None:
    logs, name = clients["logs"], document["logGroupName"]
    logs.create_log_group(logGroupName=name, tags=document["tags"])
    logs.put_retention_policy(logGroupName=name, retentionInDays=document["retentionInDays"])


def _role(clients: Any, document: Document) -> None:
    clients["iam"].create_role(
        RoleName=document["RoleName"],
        Description=document["Description"],
        AssumeRolePolicyDocument=json.dumps(document["AssumeRolePolicyDocument"]),
        Tags=_pairs(document["Tags"]),
    )
    _policy(clients, document)


def _policy(clients: Any, document: Document) -> None:
    clients["iam"].put_role_policy(
        RoleName=document["RoleName"],
        PolicyName=document["PolicyName"],
        PolicyDocument=json.dumps(document["PolicyDocument"]),
    )


def _table(clients: Any, document: Document) -> None:
    wanted = {name: value for name, value in document.items() if name not in ("State", "TableArn")}
    dynamodb_table.apply(clients["dynamodb"], None, wanted)


def _function(client: Any, document: Document, package: bytes) -> None:
    names = ("FunctionName", "Description", "Runtime", "Handler", "Timeout", "MemorySize", "Role", "Tags")
    client.create_function(
        **{name: document[name] for name in names},
        Architectures=[document["Architecture"]],
        Environment={"Variables": document["Environment"]},
        Code={"ZipFile": package},
    )
    event_invoke_config.apply(client, document["FunctionName"], document["EventInvokeConfig"])


def _mapping(clients: Any, document: Document) -> None:
    _policy(clients, document)
    names = ("FunctionName", "EventSourceArn", "Tags", *event_source_mapping.ATTRIBUTES)
    event_source_mapping.apply(clients["lambda"], None, {name: document[name] for name in names})


def _rule(clients: Any, document: Document) -> None:
    events, functions = clients["events"], clients["lambda"]
    invoked = [document["FunctionArn"]] if document["FunctionArn"] else []
    live = event_rule_reading.describe(events, functions, document["Name"], functions=invoked)
    changes = event_rule.difference(live.found, event_rule.desired(rule.options_of(document), live))
    event_rule_writing.apply(events, functions, "default", changes)


def _alarms(clients: Any, document: Document) -> None:
    alarms.apply(clients["cloudwatch"], {}, document["Alarms"], document["Tags"])


_MAKERS = {
    "key": _key,
    "bucket": _bucket,
    "trail": _trail,
    "topic": _topic,
    "fallback_topic": _topic,
    "queue": _queue,
    "log_group": _log_group,
    "execution_role": _role,
    "forwarding_role": _role,
    "table": _table,
    "event_queue": _queue,
    "event_source_mapping": _mapping,
    "rule": _rule,
    "heartbeat_rule": _rule,
    "alarms": _alarms,
    "tampering_rule": _rule,
}

# The settings by which there is something of every component of an account that alerts for itself.
EVERYTHING = settings(
    role="Deployer",
    subscribers=["secops@example.com"],
    fallback="on-call@example.com",
    group_seconds=300,
    heartbeat_minutes=15,
    customer_key=True,
)
