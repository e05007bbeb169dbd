# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stack of a member as a CloudFormation template, made of the same desired documents that the playbooks go by.

The documents are those of an account that does not exist. Wherever its id stands, the template has the pseudo parameter
of the account that it is deployed in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import forwarding_role, queue, rule, tampering_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack_set import MAX_TEMPLATE_BODY

# No account has this id.
PLACEHOLDER = "000000000000"

# The logical ids.
_QUEUE, _QUEUE_POLICY, _ROLE = "DeadLetterQueue", "DeadLetterQueuePolicy", "ForwardingRole"
_RULE, _TAMPERING_RULE = "Rule", "TamperingRule"


class TemplateError(AnsibleAWSError):
    """The template is longer than CloudFormation takes. The text says what makes it so."""


def body(settings: Settings) -> str:
    """The template of a member with these settings, whose account id is C(PLACEHOLDER), as the shortest JSON.

    Raises:
        TemplateError: it is too long.
    """
    text = json.dumps(template(settings), separators=(",", ":"), sort_keys=True)
    if len(text.encode()) > MAX_TEMPLATE_BODY:
        raise TemplateError(
            message=f"iam_alerting_actions has {len(settings.actions)} actions, which make a template of "
            f"{len(text.encode())} bytes, but CloudFormation takes {MAX_TEMPLATE_BODY}. List fewer, use wildcards, or "
            "enrol the members by the playbook. Nothing was changed"
        )
    return text


def template(settings: Settings) -> Document:
    """The template as a document."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Sends events of this account to Trailwatch in the account {settings.topology.hub}.",
        "Resources": _of_any_account(_resources(settings), settings),
    }


def _resources(settings: Settings) -> dict[str, Document]:
    """The resources, each after those that it needs, so that none is removed from under what still uses it."""
    dead_letters, role = queue.desired(settings), forwarding_role.desired(settings)
    before_rules = [_QUEUE_POLICY, _ROLE]
    rules = _rules(_RULE, rule.desired(settings), settings, before_rules)
    return {
        _QUEUE: {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": _queue(dead_letters),
        },
        _QUEUE_POLICY: {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": _QUEUE}], "PolicyDocument": dead_letters["Policy"]},
        },
        _ROLE: {"Type": "AWS::IAM::Role", "Properties": _role(role)},
        **rules,
        # The last of all, so that a first deployment is no tampering.
        **_rules(_TAMPERING_RULE, tampering_rule.desired(settings), settings, sorted(rules)),
    }


def _queue(desired: Document) -> Document:
    kept = ("QueueName", "MessageRetentionPeriod", "SqsManagedSseEnabled")
    return {**{name: desired[name] for name in kept}, "Tags": _tags(desired["Tags"])}


def _role(desired: Document) -> Document:
    kept = ("RoleName", "Description", "AssumeRolePolicyDocument")
    policy = {name: desired[name] for name in ("PolicyName", "PolicyDocument")}
    return {**{name: desired[name] for name in kept}, "Policies": [policy], "Tags": _tags(desired["Tags"])}


def _rules(logical_id: str, desired: Document, settings: Settings, after: Sequence[str]) -> dict[str, Document]:
    """A rule and its shards, as they are in an account that has none yet."""
    nothing = event_rule.Live(desired["Name"], "default", settings.arn("events", "rule/"), event_rule.RuleSet())
    made = event_rule.desired(rule.options_of(desired), nothing).rules
    numbers = {event_rule.shard_number(desired["Name"], name): each for name, each in made.items()}
    return {
        event_rule.shard_name(logical_id, number).replace("-", ""): {
            "Type": "AWS::Events::Rule",
            "DependsOn": list(after),
            "Properties": _rule(each),
        }
        for number, each in sorted(numbers.items())
    }


def _rule(desired: Document) -> Document:
    kept = ("Name", "Description", "State", "EventPattern")
    targets = [target for _id, target in sorted(desired["Targets"].items())]
    return {**{name: desired[name] for name in kept}, "Targets": targets, "Tags": _tags(desired["Tags"])}


def _tags(tags: Mapping[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _of_any_account(value: Any, settings: Settings) -> Any:
    """The value, in which the placeholder and the partition have become pseudo parameters."""
    if isinstance(value, Mapping):
        return {key: _of_any_account(each, settings) for key, each in value.items()}
    if isinstance(value, list):
        return [_of_any_account(each, settings) for each in value]
    if not isinstance(value, str):
        return value
    # What looks like a parameter, as in a tag, is none (CloudFormation User Guide, "Fn::Sub").
    text = value.replace("${", "${!").replace(PLACEHOLDER, "${AWS::AccountId}")
    text = text.replace(f"arn:{settings.partition}:", "arn:${AWS::Partition}:")
    if text == "${AWS::AccountId}":
        return {"Ref": "AWS::AccountId"}
    return {"Fn::Sub": text} if "${AWS::" in text else value
