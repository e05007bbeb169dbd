# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stack of a member as a template: what it makes, in whose account, and what CloudFormation would say of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint import api
from cfnlint.config import ManualArgs

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import actions_in
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import member_stack_set, template
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import check_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.template import TemplateError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, Topology

ORGANIZATION, HUB_ACCOUNT, MEMBER = "o-abcdefghij", "222222222222", "111111111111"


def hub(**other: Any) -> Settings:
    settings = {
        "name": "iam-alerting",
        "account_id": HUB_ACCOUNT,
        "account_name": "security",
        "region": "us-east-1",
        "actions": check_actions(["strict"]),
        "subscriptions": (),
        "log_retention_days": 365,
        "architecture": "x86_64",
        "extra_tags": {"team": "secops"},
        "code": Package(b"", "hash of the zip", "hash of its contents"),
        "group_seconds": 300,
        "customer_key": True,
        "topology": Topology(HUB, organization=ORGANIZATION, units=("r-abcd",)),
    }
    return Settings(**{**settings, **other})


def text(**other: Any) -> str:
    return template.body(member_stack_set.of_member(hub(**other), template.PLACEHOLDER))


def resources(**other: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(**other))["Resources"]
    return found


def deployed(value: Any, account: str, partition: str = "aws") -> Any:
    """The value as CloudFormation resolves it in an account."""
    if isinstance(value, list):
        return [deployed(each, account, partition) for each in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::AccountId"}:
        return account
    if set(value) == {"Fn::Sub"}:
        known = value["Fn::Sub"].replace("${AWS::AccountId}", account).replace("${AWS::Partition}", partition)
        return known.replace("${!", "${")
    return {key: deployed(each, account, partition) for key, each in value.items()}


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("preset", ["minimal", "standard", "strict"])
def test_cfn_lint_finds_nothing_in_it(region: str, preset: str) -> None:
    body = text(region=region, actions=check_actions([preset]))
    found = api.lint(body, config=ManualArgs(regions=[region], include_checks=["I"]))
    assert [str(each) for each in found] == []


def test_it_makes_what_the_playbook_would_compare_a_member_with() -> None:
    found = deployed(resources(), MEMBER)
    wanted = desired_stack(member_stack_set.of_member(hub(), MEMBER))
    role, queue = found["ForwardingRole"]["Properties"], found["DeadLetterQueue"]["Properties"]
    for name in ("RoleName", "Description", "AssumeRolePolicyDocument"):
        assert role[name] == wanted["forwarding_role"][name]
    assert [policy["PolicyDocument"] for policy in role["Policies"]] == [wanted["forwarding_role"]["PolicyDocument"]]
    for name in ("QueueName", "MessageRetentionPeriod", "SqsManagedSseEnabled"):
        assert queue[name] == wanted["queue"][name]
    assert found["DeadLetterQueuePolicy"]["Properties"]["PolicyDocument"] == wanted["queue"]["Policy"]
    patterns = [each["Properties"]["EventPattern"] for name, each in found.items() if name.startswith("Tampering")]
    assert patterns == wanted["tampering_rule"]["EventPatterns"]


def test_every_action_is_in_one_of_the_rules() -> None:
    rules = [each["Properties"] for name, each in resources().items() if name in ("Rule", "Rule2", "Rule3")]
    assert len(rules) > 1
    covered = {action for rule in rules for action in actions_in(rule["EventPattern"])}
    assert all(any(each.covers(action) for each in covered) for action in parse_format(hub().actions))
    (last,) = (rule for rule in rules if rule["Name"] == "iam-alerting-stackset-2")
    assert {"Key": "trailwatch:shard-of", "Value": "iam-alerting-stackset"} in last["Tags"]


def test_events_go_to_the_hub_by_a_role_that_it_lets_in() -> None:
    found = deployed(resources(), MEMBER)
    (target,) = found["Rule"]["Properties"]["Targets"]
    assert target["Arn"] == f"arn:aws:sqs:us-east-1:{HUB_ACCOUNT}:iam-alerting-events"
    assert target["RoleArn"] == f"arn:aws:iam::{MEMBER}:role/iam-alerting-stackset-forward"
    (admitted,) = (
        statement
        for statement in desired_stack(hub())["event_queue"]["Policy"]["Statement"]
        if statement["Sid"] == "MembersSendEvents"
    )
    roles = admitted["Condition"]["ArnLike"]["aws:PrincipalArn"]
    assert target["RoleArn"].replace(MEMBER, "*") in roles


def test_nothing_of_it_has_a_name_that_the_playbook_gives() -> None:
    """So both can be there while members go from one to the other."""
    names = [
        value
        for each in resources().values()
        for key, value in each["Properties"].items()
        if key in ("Name", "QueueName", "RoleName")
    ]
    assert len(names) == 7
    assert all(name.startswith("iam-alerting-stackset") for name in names)


def test_nothing_of_it_belongs_to_an_account_that_does_not_exist() -> None:
    assert template.PLACEHOLDER not in text()
    assert "AWS::AccountId" in text()


def test_a_parameter_in_a_tag_is_none() -> None:
    tags = resources(extra_tags={"note": f"{template.PLACEHOLDER} ${{x}}"})["ForwardingRole"]["Properties"]["Tags"]
    assert tags[0]["Value"] == {"Fn::Sub": "${AWS::AccountId} ${!x}"}
    assert deployed(tags, MEMBER)[0]["Value"] == f"{MEMBER} ${{x}}"


def test_rules_come_after_what_they_need_and_go_before_it() -> None:
    found = resources()
    assert set(found["Rule2"]["DependsOn"]) == {"DeadLetterQueuePolicy", "ForwardingRole"}
    assert set(found["TamperingRule"]["DependsOn"]) == {"Rule", "Rule2"}


@pytest.mark.no_cover  # measured, it would take half as long again; others cover the same
def test_what_cloudformation_would_not_take_is_told_with_a_way_out() -> None:
    actions = tuple(f"iam:Create{'x' * 50}{number}" for number in range(600))
    with pytest.raises(TemplateError, match=r"iam_alerting_actions has 600 actions.*takes 51200.*use wildcards"):
        text(actions=actions)
