# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions a plan needs, and what is made of IAM's simulation of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import preflight
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import REMOVAL, Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.preflight import (
    MissingPermissionsError,
    check,
    needed,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError, Trails
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

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


def test_an_attribute_without_an_entry_needs_nothing_that_is_certain() -> None:
    changes = {"log_group": NEW, "rule": Change({"iam-alerting state": "DISABLED"}, {"iam-alerting state": "ENABLED"})}
    assert needed(GIVEN, plan(changes, "rule"), changes) == {}


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


def test_every_permission_has_a_resource_to_ask_it_on() -> None:
    names = [*preflight.WRITES]
    for change, present in ((NEW, ()), (REMOVAL, tuple(names))):
        changes = dict.fromkeys(names, change)
        assert needed(GIVEN, plan(changes, *present), changes)
