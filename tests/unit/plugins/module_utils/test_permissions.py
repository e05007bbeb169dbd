# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployer's permissions: complete for what is read, no wider than they must be, and made into files."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource

from ansible_collections.trailwatch.aws.plugins.module_utils.denied import action
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.permissions import ANY, Place, Statement, permissions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.clients import OPERATIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS, desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import BUCKET_NAME_MAX
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.writes import GONE, WRITES
from scripts.deployer_policy import POLICY_MAX, ROOT, files, size, template

# Of no component, but of the account as a whole or of another playbook.
OTHERS = {"account", "status", "verify", "redrive", "confirm"}
ACCOUNT = "111111111111"

# Actions with a resource in some edition of AWS's reference, that stand with `*` nevertheless.
WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms": "they are searched by the beginning of their names",
    "cloudwatch:GetMetricData": "the resource is a dataset, which metrics of AWS services are not in",
    "sns:GetSubscriptionAttributes": "the Service Authorization Reference has none; the call names a subscription",
    "sns:SetSubscriptionAttributes": "the same",
    "sns:Unsubscribe": "the same",
}


def statements(policy: str | None = None) -> list[Statement]:
    return [each for each in permissions().statements if policy in (None, each.policy)]


def resources_of(action: str) -> list[str]:
    """The types of resources that an action can be confined to, as AWS's data in cfn-lint have them."""
    service, name = action.lower().split(":")
    known = load_resource(AdditionalSpecs, "Policies.json")[service]["Actions"][name].get("Resources", [])
    return [known] if isinstance(known, str) else known


def test_the_files_are_what_the_permissions_give() -> None:
    for path, text in files(permissions()).items():
        assert (ROOT / path).read_text() == text, f"{path}: run make permissions"


def test_the_template_has_every_policy() -> None:
    made = template(permissions())["Resources"].values()
    names = {
        each["Properties"]["ManagedPolicyName"]["Fn::Sub"] for each in made if "PolicyDocument" in each["Properties"]
    }
    assert names == {f"${{Name}}-deployer-{policy}" for policy in permissions().needed_for}


@pytest.mark.parametrize("policy", permissions().needed_for)
def test_a_policy_is_not_too_long_for_a_managed_one_whatever_the_name(policy: str) -> None:
    longest = "n" * (BUCKET_NAME_MAX - len(f"-{ACCOUNT}-us-east-1"))
    place = Place("aws-us-gov", ANY, ACCOUNT, longest)
    assert size(permissions().document(policy, place)) <= POLICY_MAX


def test_sids_are_unique() -> None:
    sids = [statement.sid for statement in statements()]
    assert len(set(sids)) == len(sids)


def test_every_component_has_its_statements() -> None:
    for component in COMPONENTS:
        assert permissions().writes(component), component
        assert any(component in each.components for each in statements("read")), component
    assert {component for each in statements() for component in each.components} == set(COMPONENTS) | OTHERS


def test_whatever_a_plan_or_a_status_reads_is_in_the_policy_to_read() -> None:
    read = {action for statement in statements("read") for action in statement.actions}
    session = botocore.session.get_session()
    signed_for = {service: session.get_service_model(service).signing_name for service in OPERATIONS}
    wanted = {action(signed_for[service], each) for service, operations in OPERATIONS.items() for each in operations}
    assert wanted <= read


@pytest.mark.parametrize("component", WRITES)
def test_whatever_the_preflight_asks_for_is_in_the_policies_for_the_component(component: str) -> None:
    deployed = permissions().writes(component)
    # What holds log files goes with them only.
    removed = [each for each in statements("delete-logs") if component in each.components]
    for change, wanted in WRITES[component].items():
        there = {action for each in [*deployed, *(removed if change == GONE else [])] for action in each.actions}
        assert set(wanted) <= there, change


def test_what_reads_only_reads() -> None:
    verbs = ("Get", "List", "Describe", "Lookup", "Simulate")
    actions = [action.split(":")[1] for each in statements("read") for action in each.actions]
    assert [action for action in actions if not action.startswith(verbs)] == []


def test_any_resource_stands_only_where_there_is_no_other_and_with_the_reason() -> None:
    for statement in statements():
        assert (ANY in statement.resources) == bool(statement.why), statement.sid
        if ANY in statement.resources:
            confinable = {action for action in statement.actions if resources_of(action)}
            assert confinable <= set(WITHOUT_RESOURCE), statement.sid


def test_reasons_are_of_actions_that_are_there() -> None:
    for statement in statements():
        assert set(statement.unseen) <= set(statement.actions), statement.sid
        assert all(reason for reason in statement.unseen.values())


def test_a_role_is_passed_to_the_service_that_it_is_for_and_to_no_other() -> None:
    passing = [each for each in statements() if "iam:PassRole" in each.actions]
    assert all(each.actions == ("iam:PassRole",) for each in passing)
    assert {each.resources: each.condition["StringEquals"] for each in passing} == {
        (
            "arn:{partition}:iam::{account}:role/{name}-function",
            "arn:{partition}:iam::{account}:role/{name}-function-spare",
        ): {"iam:PassedToService": "lambda.amazonaws.com"},
        (
            "arn:{partition}:iam::{account}:role/{name}-forward",
            "arn:{partition}:iam::{account}:role/{name}-forwarder",
        ): {"iam:PassedToService": "events.amazonaws.com"},
    }


# What names resources of others, and beginnings of names.
WITH_OTHERS = ("Policy", "PolicyDocument", "AssumeRolePolicyDocument", "EventPatterns")


def arns_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from () if key in WITH_OTHERS else arns_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from arns_in(each)
    elif isinstance(value, str) and value.startswith("arn:"):
        yield value


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_the_resources_are_those_of_the_stack(region: str) -> None:
    settings = Settings(
        name="watch",
        account_id=ACCOUNT,
        account_name="production",
        region=region,
        actions=("iam:CreateUser",),
        subscriptions=(),
        log_retention_days=365,
        architecture="x86_64",
        extra_tags={},
        code=Package(b"", "", ""),
        group_seconds=300,
        fallback="on-call@example.com",
        heartbeat_minutes=15,
        customer_key=True,
        trail="existing",
        forwarding_regions=("eu-west-1",),
    )
    place = Place(settings.partition, ANY, ACCOUNT, "watch")
    patterns = [arn.format_map(vars(place)) for each in statements("read") for arn in each.resources if arn != ANY]
    for arn in arns_in(desired_stack(settings)):
        assert any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns), arn


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("sns:ConfirmSubscription", "arn:aws:sns:us-east-1:111111111111:watch-fallback"),
        # Of members that a stack set enrols: to prove them in the hub, and to send again what they could not.
        ("sqs:CreateQueue", "arn:aws:sqs:us-east-1:111111111111:watch-stackset-verify-1a2b"),
        ("sqs:DeleteMessage", "arn:aws:sqs:us-east-1:111111111111:watch-stackset-dlq"),
    ],
)
def test_what_proves_reaches_the_fallback_and_members_of_the_stack_set(action: str, arn: str) -> None:
    place = Place("aws", ANY, ACCOUNT, "watch")
    patterns = [
        each.format_map(vars(place)) for one in statements("prove") if action in one.actions for each in one.resources
    ]
    assert any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns)
