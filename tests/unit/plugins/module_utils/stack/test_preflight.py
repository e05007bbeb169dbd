# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions a plan needs, and what is made of IAM's simulation of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, stack_set
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import preflight
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import REMOVAL, Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.preflight import (
    MissingPermissionsError,
    check,
    needed,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.rule import OTHER_PERMISSIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError, Trails
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.writes import WRITES
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS, stack
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_difference import DESIRED
from tests.integration import drift, hands

GIVEN = Settings(**SETTINGS)
ROLE = "arn:aws:iam::111111111111:role/iam-alerting-function"
NEW = Change({}, {"everything": 1})
SESSION = "arn:aws:sts::111111111111:assumed-role/deployer/trailwatch"


def plan(changes: dict[str, Change], *present: str, trails: Trails | None = None) -> Plan:
    return Plan(changes, present, (), trails=trails or Trails())


def test_what_is_new_needs_more_than_what_differs_in_an_attribute() -> None:
    changes = {"execution_role": NEW, "topic": Change({"Policy": {}}, {"Policy": {"a": 1}})}
    assert needed(GIVEN, plan(changes, "topic"), changes) == {
        ROLE: ["iam:CreateRole", "iam:PutRolePolicy", "iam:TagRole"],
        "arn:aws:sns:us-east-1:111111111111:iam-alerting": ["sns:SetTopicAttributes"],
    }


def test_the_function_needs_the_right_to_hand_on_its_role() -> None:
    found = needed(GIVEN, plan({"function": NEW}), {"function": NEW})
    assert found[ROLE] == ["iam:PassRole"]


def test_each_queue_is_asked_for_itself() -> None:
    changes = {"queue": NEW, "event_queue": REMOVAL}
    assert needed(GIVEN, plan(changes, "event_queue"), changes) == {
        "arn:aws:sqs:us-east-1:111111111111:iam-alerting-dlq": ["sqs:CreateQueue", "sqs:TagQueue"],
        "arn:aws:sqs:us-east-1:111111111111:iam-alerting-events": ["sqs:DeleteQueue"],
    }


RULES = "arn:aws:events:us-east-1:111111111111:rule/"


def test_of_several_rules_or_alarms_each_attribute_is_looked_up_without_the_name_of_the_one() -> None:
    changes = {
        "rule": Change({"iam-alerting state": "DISABLED"}, {"iam-alerting state": "ENABLED"}),
        "tampering_rule": Change({"iam-alerting-tampering tags": {}}, {"iam-alerting-tampering tags": {"a": "b"}}),
        "alarms": Change({"iam-alerting/unheard Threshold": 1}, {"iam-alerting/unheard Threshold": 0}),
    }
    assert needed(GIVEN, plan(changes, *changes), changes) == {
        f"{RULES}iam-alerting": ["events:PutRule"],
        f"{RULES}iam-alerting-tampering": ["events:TagResource"],
        ALARM: ["cloudwatch:PutMetricAlarm"],
    }


ALARM = "arn:aws:cloudwatch:us-east-1:111111111111:alarm:iam-alerting/dead-letters"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        # As the alarms name one that is missing, and the rules a shard.
        (Change({"iam-alerting-x": {}}, {"iam-alerting-x": {"Threshold": 1}}), ["PutMetricAlarm", "TagResource"]),
        (Change({}, {"iam-alerting-x": {"Threshold": 1}}), ["PutMetricAlarm", "TagResource"]),
        (Change({"iam-alerting-x": {"Threshold": 1}}, {}), ["DeleteAlarms"]),
    ],
)
def test_one_of_several_is_made_or_goes(change: Change, wanted: list[str]) -> None:
    found = needed(GIVEN, plan({"alarms": change}, "alarms"), {"alarms": change})
    assert found == {ALARM: [f"cloudwatch:{each}" for each in wanted]}


def test_a_key_that_is_to_be_deleted_is_kept_and_no_other_is_made() -> None:
    change = Change({"KeyState": "PendingDeletion"}, {"KeyState": "Enabled"})
    assert needed(GIVEN, plan({"key": change}), {"key": change}) == {}


def test_a_mapping_that_is_missing_beside_its_policy_is_made() -> None:
    change = COMPONENTS["event_source_mapping"].difference(
        {"Mapping": None, "PolicyDocument": DESIRED["event_source_mapping"]["PolicyDocument"]},
        DESIRED["event_source_mapping"],
    )
    changes = {"event_source_mapping": change}
    assert needed(GIVEN, plan(changes, *changes), changes) == {"*": ["lambda:CreateEventSourceMapping"]}


class Iam:
    """IAM that denies some actions. It remembers of whom it was asked."""

    def __init__(self, *denied: str, missing: tuple[str, ...] = (), code: str = "") -> None:
        self.denied, self.missing, self.code = denied, missing, code
        self.sources: list[str] = []

    def get_role(self, RoleName: str) -> Any:  # noqa: N803
        return {"Role": {"Arn": f"arn:aws:iam::111111111111:role/ops/{RoleName}"}}

    def get_paginator(self, operation: str) -> Iam:
        assert operation == "simulate_principal_policy"
        return self

    def paginate(self, **asked: Any) -> Asked:
        return Asked(self, asked)


@dataclasses.dataclass
class Asked:
    iam: Iam
    asked: dict[str, Any]

    def build_full_result(self) -> Any:
        if self.iam.code:
            raise ClientError({"Error": {"Code": self.iam.code, "Message": "no"}}, "SimulatePrincipalPolicy")
        self.iam.sources.append(self.asked["PolicySourceArn"])
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": name,
                    "EvalDecision": "implicitDeny" if name in self.iam.denied else "allowed",
                    "MissingContextValues": list(self.iam.missing),
                }
                for name in self.asked["ActionNames"]
            ]
        }


class Clients(dict[str, Any]):
    def __init__(self, iam: Iam, caller: str = SESSION) -> None:
        super().__init__(iam=iam)
        self.caller = caller


CHANGES = {"execution_role": NEW, "topic": NEW}


def test_all_that_is_missing_is_named_at_once_with_who_needs_it() -> None:
    iam = Iam("iam:CreateRole", "sns:CreateTopic")
    with pytest.raises(MissingPermissionsError) as caught:
        check(Clients(iam), GIVEN, plan(CHANGES), CHANGES)
    told = str(caught.value)
    assert (
        f"{SESSION} lacks permissions that are needed in account 111111111111: iam:CreateRole on {ROLE}, sns:" in told
    )
    assert "role/ops/deployer" in told
    assert set(iam.sources) == {"arn:aws:iam::111111111111:role/ops/deployer"}


@pytest.mark.parametrize(
    "iam",
    [
        Iam(),
        # It may be allowed after all: the condition depends on what is not known.
        Iam("iam:CreateRole", missing=("aws:SourceVpc",)),
        Iam("iam:CreateRole", code="AccessDenied"),
        Iam("iam:CreateRole", code="NoSuchEntity"),
    ],
)
def test_what_is_allowed_or_cannot_be_known_goes_on(iam: Iam) -> None:
    check(Clients(iam), GIVEN, plan(CHANGES), CHANGES)


@pytest.mark.parametrize(
    ("caller", "asked"),
    [
        ("arn:aws:iam::111111111111:user/ops/me", ["arn:aws:iam::111111111111:user/ops/me"]),
        ("arn:aws:iam::111111111111:root", []),
        ("arn:aws:sts::111111111111:federated-user/me", []),
    ],
)
def test_whoever_has_no_policies_of_his_own_is_not_simulated(caller: str, asked: list[str]) -> None:
    iam = Iam()
    check(Clients(iam, caller), GIVEN, plan({"topic": NEW}), {"topic": NEW})
    assert iam.sources == asked


FULL = Trails(
    [{"Name": f"t{n}", "TrailARN": f"arn:aws:cloudtrail:us-east-1:111111111111:trail/t{n}"} for n in range(5)]
)


def test_five_trails_matter_only_if_one_is_to_be_made() -> None:
    with pytest.raises(TrailError):
        check(Clients(Iam()), GIVEN, plan({"trail": NEW}, trails=FULL), {"trail": NEW})
    differs = {"trail": Change({"IsLogging": False}, {"IsLogging": True})}
    check(Clients(Iam()), GIVEN, plan(differs, "trail", trails=FULL), differs)
    check(Clients(Iam()), GIVEN, plan({"topic": NEW}, "trail", trails=FULL), {"topic": NEW})


# What a component is known by, which no change can name alone.
IDENTITIES = {"Name", "TopicArn", "QueueName", "TableName", "KeySchema", "name", "arn"}
SEVERAL = ("rule", "heartbeat_rule", "tampering_rule", "members_rule", "alarms")


def attributes_of(component: str, desired: Mapping[str, Any]) -> set[str]:
    """The attributes that a change of a component can name: those that are told when it is new."""
    nothing = event_rule.Live(desired["Name"], "default", RULES, event_rule.RuleSet()) if "rule" in component else None
    told = COMPONENTS[component].difference(nothing, desired).after
    named = {name for one in told.values() for name in one} if component in SEVERAL else set(told)
    return named - IDENTITIES


# The two ways of the alerting: with grouping the queue is the target, without it the function with its permission.
WAYS = (stack(), DESIRED)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_table_has_whatever_a_change_can_name(component: str) -> None:
    named = {name for desired in WAYS for name in attributes_of(component, desired[component])}
    assert named <= set(WRITES[component])
    assert component != "rule" or OTHER_PERMISSIONS in WRITES[component]


@pytest.mark.parametrize("row", [*drift.ROWS, *drift.GROUPING_ROWS], ids=lambda row: f"{row.component} {row.attribute}")
def test_the_table_has_whatever_a_hand_can_change(row: drift.Row) -> None:
    named = row.attribute.rpartition(" ")[2]
    is_one_of_several = named.startswith(hands.NAME)
    assert not named or is_one_of_several or named in WRITES[row.component]


# What is in the table without a permission, by component, each with the reason.
UNCERTAIN = {
    "key": (
        {"KeyState", "Policy", "Description", "KeyRotationEnabled", "Tags", preflight.GONE},
        "the key's own policy may give it",
    ),
    "topic": ({"Subscriptions"}, "one is made, changed or ended"),
    "fallback_topic": ({"Subscriptions"}, "one is made, changed or ended"),
    "log_group": (
        {preflight.NEW, "retentionInDays", "tags", preflight.GONE},
        "there are two ways to write the resource, and IAM simulates one",
    ),
    "function": ({"ReservedConcurrentExecutions"}, "a limit is put or deleted"),
    "event_source_mapping": (
        {
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "ScalingConfig",
            "FunctionResponseTypes",
            "FilterCriteria",
            "Enabled",
            "Tags",
        },
        "the mapping is made or changed, and Lambda chooses the id that it is asked on",
    ),
    "member_stack_set": (
        {preflight.NEW, *stack_set.ATTRIBUTES, stack_set.UNITS, stack_set.OUTDATED, preflight.GONE},
        "it belongs to the management account, whoever makes it, and so does its ARN",
    ),
    "forwarders": (
        {"Regions", "Rule", "rule", *WRITES["rule"]} - {preflight.NEW, preflight.GONE, OTHER_PERMISSIONS},
        "what policies say of regions is more than an ARN tells",
    ),
    **dict.fromkeys(
        ("rule", "heartbeat_rule", "tampering_rule", "members_rule"),
        ({"targets", "permissions"}, "one is put or taken away"),
    ),
}


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_without_a_permission_but_for_a_reason(component: str) -> None:
    without = {deed for deed, permissions in WRITES[component].items() if not permissions}
    assert without == UNCERTAIN.get(component, (set(), ""))[0]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_permission_has_a_resource_to_ask_it_on(component: str) -> None:
    made, gone = ({component: NEW}, {component: REMOVAL})
    found = [needed(GIVEN, plan(made), made), needed(GIVEN, plan(gone, component), gone)]
    for deed in WRITES[component]:
        changes = {component: Change({deed: "before"}, {deed: "after"})}
        found.append(needed(GIVEN, plan(changes, component), changes))
    asked = {permission for each in found for permissions in each.values() for permission in permissions}
    assert asked == {permission for permissions in WRITES[component].values() for permission in permissions}
