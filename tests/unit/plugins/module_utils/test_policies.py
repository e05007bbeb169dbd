# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every policy that the collection writes, in the eyes of cfn-lint: it knows IAM's grammar, actions and resources."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from cfnlint import api
from cfnlint.config import ManualArgs

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import PARTITIONS as KNOWN_PARTITIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.permissions import ANY, Place, permissions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import heartbeat_rule, names, rule, tampering_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import probe
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import Listener

Document = dict[str, Any]

ACCOUNT = "111111111111"
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
SETTINGS = Settings(
    name="iam-alerting",
    account_id=ACCOUNT,
    account_name="production",
    region="us-east-1",
    actions=("iam:CreateUser",),
    subscriptions=({"protocol": "email", "endpoint": "secops@example.com"},),
    log_retention_days=365,
    architecture="x86_64",
    extra_tags={},
    code=Package(b"", "hash of the zip", "hash of its contents"),
)
# The settings that add policies, or change them.
OPTIONS: dict[str, dict[str, Any]] = {
    "grouped": {"group_seconds": 300},
    "with key": {"customer_key": True},
    "with fallback": {"fallback": "on-call@example.com"},
    "with heartbeat": {"heartbeat_minutes": 15},
    "with another's trail": {"trail": "existing"},
    "with forwarders": {"forwarding_regions": ("eu-west-1",)},
    "as a hub by an event bus": {"topology": Topology(HUB, organization="o-abcdefghij", entries=("event_bus",))},
    "as a member by an event bus": {"topology": Topology(MEMBER, hub="999999999999", entries=("event_bus",))},
    "as a member of two hubs": {"topology": Topology(MEMBER, hub="999999999999", standby="888888888888")},
}
EVERYTHING = {name: value for option in OPTIONS.values() for name, value in option.items()}
VARIANTS = {"plain": {}, **OPTIONS, "with everything": EVERYTHING}

# What a policy with principals is the policy of, by the service of its actions: the type and the property.
RESOURCE_POLICIES: dict[str, tuple[str, str, Document]] = {
    "s3": ("AWS::S3::BucketPolicy", "PolicyDocument", {"Bucket": "any"}),
    "sns": ("AWS::SNS::TopicPolicy", "PolicyDocument", {"Topics": ["any"]}),
    "sqs": ("AWS::SQS::QueuePolicy", "PolicyDocument", {"Queues": ["any"]}),
    "sts": ("AWS::IAM::Role", "AssumeRolePolicyDocument", {}),
    "kms": ("AWS::KMS::Key", "KeyPolicy", {}),
    "events": ("AWS::Events::EventBusPolicy", "Statement", {"StatementId": "any"}),
}

# What cfn-lint finds and is as it is to be: a pattern of the finding, and the reason.
EXCEPTED = {
    r"aws-eusc .*'Principal', 'AWS'\]: .*\(E3512\)": "its pattern of principals does not know the partition aws-eusc",
}


def policies_in(value: Any, path: str) -> Iterator[tuple[str, Document]]:
    """The policy documents anywhere in a component's document: whatever has statements."""
    if isinstance(value, Mapping):
        if value.get("Statement"):
            yield path, dict(value)
        for key, each in value.items():
            yield from policies_in(each, f"{path}.{key}")


def policies_of_stack(settings: Settings) -> Iterator[tuple[str, Document]]:
    for component, document in desired_stack(settings).items():
        yield from policies_in(document, component)
    listener = Listener(Entered({}, settings), f"{settings.name}-verify-1", settings.account_id, ("iam:CreateUser",))
    yield from policies_in(listener.desired, "verify.queue")
    yield "verify.role", json.loads(probe.ROLE.more["AssumeRolePolicyDocument"])


def policies_of_deployer(partition: str) -> Iterator[tuple[str, Document]]:
    place = Place(partition, ANY, ACCOUNT, "iam-alerting")
    return ((f"deployer.{name}", permissions().document(name, place)) for name in permissions().needed_for)


def permissions_of_function(settings: Settings) -> Iterator[Document]:
    """What the rules' permissions to invoke the function are, as statements of the function's policy."""
    prefix = names.rule_arn(settings).removesuffix(settings.name)
    for component in (rule, heartbeat_rule, tampering_rule):
        desired = component.desired(settings)
        empty = event_rule.Live(desired["Name"], "default", prefix, event_rule.RuleSet())
        for functions in event_rule.desired(rule.options_of(desired), empty).permissions.values():
            for statements in functions.values():
                yield from statements.values()


def resource_of(policy: Document) -> Document:
    """The CloudFormation resource that the policy would be in."""
    first = policy["Statement"][0]
    if "Principal" not in first:
        return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    action = first["Action"] if isinstance(first["Action"], str) else first["Action"][0]
    kind, attribute, more = RESOURCE_POLICIES[action.split(":")[0]]
    # Of an event bus, each statement is a resource of its own.
    document = policy["Statement"][0] if attribute == "Statement" else policy
    return {"Type": kind, "Properties": {attribute: document, **more}}


def permission_of(statement: Document) -> Document:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": statement["Resource"],
            "Action": statement["Action"],
            "Principal": statement["Principal"]["Service"],
            "SourceArn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        },
    }


def findings(resources: Mapping[str, Document]) -> list[str]:
    """What cfn-lint says of resources, also by the way, but for what is excepted; each finding begins with the name."""
    logical = {f"R{number}": name for number, name in enumerate(resources)}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": dict(zip(logical, resources.values(), strict=True)),
    }
    matches = api.lint(json.dumps(template), config=ManualArgs(include_checks=["I"], ignore_checks=_NO_TEMPLATE))
    found = [f"{logical[str(match.path[1])]} {match.path[3:]}: {match.message} ({match.rule.id})" for match in matches]
    return [finding for finding in found if not any(re.match(pattern, finding) for pattern in EXCEPTED)]


# About resources as they are in a stack, which these never are: how many, named how, and kept when it is deleted.
_NO_TEMPLATE = ["E3019", "I3010", "I3011", "I3013"]


def all_resources(partition: str) -> Iterator[tuple[str, Document]]:
    """Every policy that is written in a partition, whatever the settings; one that many settings have, once."""
    seen = []
    for name, resource in _all_resources(partition):
        if resource not in seen:
            seen.append(resource)
            yield name, resource


def _all_resources(partition: str) -> Iterator[tuple[str, Document]]:
    for variant, options in VARIANTS.items():
        settings = replace(SETTINGS, region=KNOWN_PARTITIONS[partition].iam_region, **options)
        for path, policy in policies_of_stack(settings):
            yield f"{partition} {variant} {path}", resource_of(policy)
        for statement in permissions_of_function(settings):
            yield f"{partition} {variant} {statement['Sid']}", permission_of(statement)
    for path, policy in policies_of_deployer(partition):
        yield f"{partition} {path}", resource_of(policy)


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
def test_every_policy_is_as_iam_wants_it() -> None:
    resources = {name: resource for partition in PARTITIONS for name, resource in all_resources(partition)}
    kinds = {resource["Type"] for resource in resources.values()}
    assert kinds >= {"AWS::IAM::ManagedPolicy", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy"}
    assert findings(resources) == []


def wrong_action(statement: Document) -> None:
    statement["Action"] = "sqs:SendMesage"


def other_service(statement: Document) -> None:
    statement["Resource"] = f"arn:aws:sns:us-east-1:{ACCOUNT}:iam-alerting"


def wrong_operator(statement: Document) -> None:
    statement["Condition"] = {"StringEqual": {"aws:SourceAccount": ACCOUNT}}


def no_effect(statement: Document) -> None:
    del statement["Effect"]


def both(statement: Document) -> None:
    statement["NotAction"] = "sqs:ReceiveMessage"


def test_a_mistake_is_found() -> None:
    policies = dict(policies_of_stack(SETTINGS))
    mistakes = {"queue.Policy": [wrong_action, wrong_operator, no_effect, both]}
    mistakes["event_source_mapping.PolicyDocument"] = [*mistakes["queue.Policy"], other_service]
    wrong = {}
    for path, hands in mistakes.items():
        for hand in hands:
            policy = copy.deepcopy(policies[path])
            hand(policy["Statement"][0])
            wrong[f"{path}-{hand.__name__}"] = resource_of(policy)
    assert {finding.split(" ")[0] for finding in findings(wrong)} == set(wrong)
