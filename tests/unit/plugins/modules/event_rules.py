# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of the module iam_event_rule, and what is really there."""

from __future__ import annotations

import json

from ansible_collections.trailwatch.aws.plugins.modules import iam_event_rule
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    recorded,
    run,
    writes,
)

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
DLQ = "arn:aws:sqs:us-east-1:123456789012:dlq"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
MANY = [
    *("iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"),
    *("iam:ChangePassword", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreatePolicyVersion"),
    *("iam:CreateRole", "iam:CreateUser", "iam:DeactivateMFADevice", "iam:DeleteRolePermissionsBoundary"),
    *("iam:DeleteUserPermissionsBoundary", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy"),
]
SMALL = 220


def rule(name="watch", actions=("iam:CreateUser",), check=False, **options):
    if options.get("state") != "absent":
        options["actions"] = list(actions)
    return run(iam_event_rule.main, check=check, name=name, **options)


def deploy(**options):
    """What the module returns for a run that must succeed."""
    result = rule(**options)
    assert "failed" not in result, result["msg"]
    return result


def in_sync(**options):
    """Whether a run finds nothing to do, and writes nothing."""
    with recorded() as calls:
        result = deploy(**options)
    assert result["changed"] == bool(writes(calls))
    return not result["changed"]


def statements(functions, arn):
    try:
        return json.loads(functions.get_policy(FunctionName=arn)["Policy"])["Statement"]
    except functions.exceptions.ResourceNotFoundException:
        return []


def invokers(functions, arn):
    return [each["Condition"]["ArnLike"]["AWS:SourceArn"].rsplit("/", 1)[1] for each in statements(functions, arn)]


def live_names(events):
    return [each["Name"] for each in events.list_rules()["Rules"]]


def live_targets(events, name="watch"):
    return {each["Id"]: each for each in events.list_targets_by_rule(Rule=name)["Targets"]}


def live_tags(events, name="watch"):
    arn = events.describe_rule(Name=name)["Arn"]
    return {each["Key"]: each["Value"] for each in events.list_tags_for_resource(ResourceARN=arn)["Tags"]}


def whole(function_arn):
    """Every option set."""
    return {
        "actions": ["iam:CreateUser", "signin:ConsoleLogin"],
        "description": "Watch",
        "targets": [
            {"id": "function", "arn": function_arn, "dead_letter_arn": DLQ, "maximum_retry_attempts": 3},
            {"arn": QUEUE, "maximum_event_age_in_seconds": 600},
        ],
        "tags": {"team": "security"},
    }
