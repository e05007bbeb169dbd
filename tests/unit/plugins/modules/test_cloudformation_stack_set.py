# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module cloudformation_stack_set asks of CloudFormation, and what it makes of the answers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import stack_set_operations
from ansible_collections.trailwatch.aws.plugins.modules import cloudformation_stack_set
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error, examples, run

pytestmark = pytest.mark.usefixtures("account")

OWN, MANAGEMENT = "123456789012", "999999999999"
UNIT, OTHER_UNIT = "ou-abcd-12345678", "ou-abcd-87654321"
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}, indent=2)
OPTIONS: dict[str, Any] = {
    "name": "auditor",
    "template_body": TEMPLATE,
    "organizational_unit_ids": [UNIT],
    "capabilities": ["CAPABILITY_NAMED_IAM"],
    "description": "Audits.",
    "call_as": "self",
    "tags": {"team": "audit"},
}
LIVE: dict[str, Any] = {
    "StackSetName": "auditor",
    "Description": "Audits.",
    "TemplateBody": json.dumps(json.loads(TEMPLATE)),
    "Parameters": [],
    "Capabilities": ["CAPABILITY_NAMED_IAM"],
    "PermissionModel": "SERVICE_MANAGED",
    "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
    "OrganizationalUnitIds": [UNIT],
    "Regions": ["us-east-1"],
    "Tags": [{"Key": "team", "Value": "audit"}],
}
FOREIGN = {"Key": "aws:x", "Value": "y"}
READS = {"DescribeStackSet", "ListStackInstances", "ListStackSetOperations", "DescribeStackSetOperation"}
PREFERENCES = {
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    "MaxConcurrentPercentage": 25,
    "FailureTolerancePercentage": 10,
}


def stack(account: str, status: str = "CURRENT", reason: str = "", detailed: str = "") -> dict[str, Any]:
    detail = {"StackInstanceStatus": {"DetailedStatus": detailed}} if detailed else {}
    where = {"Account": account, "Region": "us-east-1", "OrganizationalUnitId": UNIT}
    return {**where, "Status": status, "StatusReason": reason, **detail}


def operation(status: str) -> dict[str, Any]:
    return {"StackSetOperation": {"OperationId": "o-1", "Status": status}}


def done(action: str, hour: int) -> dict[str, Any]:
    at = datetime(2026, 1, 1, hour, tzinfo=UTC)
    return {"OperationId": f"o-{hour}", "Action": action, "Status": "SUCCEEDED", "CreationTimestamp": at}


class World:
    """CloudFormation with one stack set, or none if it is empty, and how its next operations go."""

    def __init__(self, live: Mapping[str, Any] | None = None, *stacks: dict[str, Any], **answers: Any) -> None:
        live = LIVE if live is None else live
        missing = error("StackSetNotFoundException")
        self.answers: dict[str, Any] = {
            "DescribeStackSet": {"StackSet": live} if live else missing,
            "ListStackInstances": {"Summaries": list(stacks)},
            "ListStackSetOperations": {"Summaries": []},
            "DescribeStackSetOperation": operation("SUCCEEDED"),
            "ListStackSetOperationResults": {"Summaries": []},
            **{
                name: {"OperationId": "o-1"}
                for name in ("UpdateStackSet", "CreateStackInstances", "DeleteStackInstances")
            },
            **{name: {} for name in ("CreateStackSet", "DeleteStackSet")},
            **answers,
        }
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def ensure(self, **options: Any) -> dict[str, Any]:
        with answering(**self.answers) as calls:
            result = run(cloudformation_stack_set.main, **{**OPTIONS, **options})
        self.calls = list(calls)
        return result

    @property
    def writes(self) -> dict[str, dict[str, Any]]:
        return {name: arguments for name, arguments in self.calls if name not in READS and not name.startswith("List")}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_set_operations.time, "sleep", lambda _seconds: None)


def test_a_new_stack_set_is_made_and_put_out_to_its_units() -> None:
    world = World({})
    result = world.ensure()
    made, put_out = world.writes["CreateStackSet"], world.writes["CreateStackInstances"]
    assert made["PermissionModel"] == "SERVICE_MANAGED"
    assert made["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    assert made["Tags"] == [{"Key": "team", "Value": "audit"}]
    assert put_out["DeploymentTargets"] == {"OrganizationalUnitIds": [UNIT]}
    assert put_out["Regions"] == ["us-east-1"]
    assert put_out["OperationPreferences"] == PREFERENCES
    assert result["changed"]
    assert result["diff"]["before"] == {}


def test_one_that_is_as_asked_for_costs_three_reads() -> None:
    world = World(LIVE, stack("111111111111"))
    assert not world.ensure()["changed"]
    assert [name for name, _arguments in world.calls] == [
        "DescribeStackSet",
        "ListStackInstances",
        "ListStackSetOperations",
    ]


@pytest.mark.parametrize(
    ("options", "attribute"),
    [
        ({"template_body": '{"Resources": {}}'}, "TemplateBody"),
        ({"description": "Other."}, "Description"),
        ({"parameters": {"Account": "1"}}, "Parameters"),
        ({"capabilities": ["CAPABILITY_IAM"]}, "Capabilities"),
        ({"tags": {"team": "other"}}, "Tags"),
    ],
)
def test_what_differs_is_named_and_is_one_update(options: dict[str, Any], attribute: str) -> None:
    world = World()
    announced = world.ensure(**options, check=True)
    assert world.writes == {}
    result = world.ensure(**options)
    assert set(world.writes) == {"UpdateStackSet"}
    assert set(result["diff"]["after"]) == {attribute}
    assert announced["diff"] == result["diff"]


def test_automatic_deployment_that_was_switched_off_is_switched_on() -> None:
    world = World({**LIVE, "AutoDeployment": {"Enabled": False}})
    assert set(world.ensure()["diff"]["after"]) == {"AutoDeployment"}
    assert world.writes["UpdateStackSet"]["AutoDeployment"]["Enabled"]


def test_stacks_of_units_come_and_go() -> None:
    world = World()
    result = world.ensure(organizational_unit_ids=[OTHER_UNIT])
    assert set(result["diff"]["after"]) == {"OrganizationalUnitIds"}
    assert [name for name, _arguments in world.calls if name in world.writes] == [
        "DeleteStackInstances",
        "CreateStackInstances",
    ]
    assert world.writes["CreateStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [OTHER_UNIT]}
    assert world.writes["DeleteStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [UNIT]}
    assert world.writes["DeleteStackInstances"]["RetainStacks"] is False


def test_units_that_stay_are_asked_for_again_after_a_deletion_as_one_may_be_above_or_below() -> None:
    world = World({**LIVE, "OrganizationalUnitIds": [UNIT, OTHER_UNIT]})
    world.ensure()
    assert list(world.writes) == ["DeleteStackInstances", "CreateStackInstances"]
    assert world.writes["DeleteStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [OTHER_UNIT]}
    assert world.writes["CreateStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [UNIT]}


def test_they_are_also_if_the_deletion_failed_somewhere() -> None:
    failed = [{"Account": "222222222222", "Region": "us-east-1", "Status": "FAILED", "StatusReason": "Not empty."}]
    none: dict[str, Any] = {"Summaries": []}
    world = World(ListStackSetOperationResults=[{"Summaries": failed}, none])
    result = world.ensure(organizational_unit_ids=[OTHER_UNIT])
    assert "delete stacks of stack set auditor" in result["msg"]
    assert "222222222222 us-east-1 (Not empty.)" in result["msg"]
    assert world.writes["CreateStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [OTHER_UNIT]}


def test_a_run_that_was_broken_off_after_a_deletion_is_gone_on_with() -> None:
    world = World(ListStackSetOperations={"Summaries": [done("DELETE", 3), done("UPDATE", 4), done("CREATE", 2)]})
    result = world.ensure()
    assert result["diff"]["before"] == {"LastOperation": "DELETE"}
    assert result["diff"]["after"] == {"LastOperation": "CREATE"}
    assert set(world.writes) == {"CreateStackInstances"}
    assert world.writes["CreateStackInstances"]["DeploymentTargets"] == {"OrganizationalUnitIds": [UNIT]}
    world = World(ListStackSetOperations={"Summaries": [done("DELETE", 3), done("CREATE", 4)]})
    assert not world.ensure()["changed"]
    world = World({**LIVE, "OrganizationalUnitIds": []}, ListStackSetOperations={"Summaries": [done("DELETE", 3)]})
    assert not world.ensure(organizational_unit_ids=[])["changed"]


def test_a_stack_that_is_not_up_to_date_is_named_and_updated() -> None:
    world = World(LIVE, stack("111111111111"), stack("222222222222", "OUTDATED", "Role exists."))
    result = world.ensure()
    assert result["diff"]["before"] == {"OutdatedStacks": {"222222222222 us-east-1": "OUTDATED: Role exists."}}
    assert set(world.writes) == {"UpdateStackSet"}


def test_nothing_is_done_for_a_suspended_account() -> None:
    world = World(LIVE, stack("222222222222", "OUTDATED", detailed="SKIPPED_SUSPENDED_ACCOUNT"))
    assert not world.ensure()["changed"]


INOPERABLE = stack("222222222222", "INOPERABLE", "Queue is not empty.")


@pytest.mark.parametrize(("call_as", "capacity"), [("self", ""), ("delegated_admin", " --call-as DELEGATED_ADMIN")])
def test_an_inoperable_stack_is_told_with_the_way_out_and_nothing_is_written_for_it(
    call_as: str, capacity: str
) -> None:
    world = World(LIVE, stack("111111111111"), INOPERABLE)
    result = world.ensure(call_as=call_as)
    assert "222222222222 us-east-1 (INOPERABLE: Queue is not empty.)" in result["msg"]
    assert (
        "aws cloudformation delete-stack-instances --region us-east-1 --stack-set-name auditor --retain-stacks "
        f"--deployment-targets OrganizationalUnitIds={UNIT},Accounts=222222222222,AccountFilterType=INTERSECTION "
        f"--regions us-east-1{capacity})"
    ) in result["msg"]
    assert world.writes == {}


def test_an_inoperable_stack_keeps_nothing_from_the_others() -> None:
    world = World(LIVE, INOPERABLE, stack("333333333333", "OUTDATED", "Role exists."))
    result = world.ensure(organizational_unit_ids=[UNIT, OTHER_UNIT])
    assert "222222222222 us-east-1 (INOPERABLE: Queue is not empty.)" in result["msg"]
    assert "333333333333" not in result["msg"]
    assert list(world.writes) == ["UpdateStackSet", "CreateStackInstances"]


def test_what_fails_in_an_update_keeps_no_unit_from_its_stacks() -> None:
    failed = [{"Account": "222222222222", "Region": "us-east-1", "Status": "FAILED", "StatusReason": "Role exists."}]
    none: dict[str, Any] = {"Summaries": []}
    world = World(ListStackSetOperationResults=[{"Summaries": failed}, none])
    result = world.ensure(description="Other.", organizational_unit_ids=[UNIT, OTHER_UNIT])
    assert "update stack set auditor is SUCCEEDED, and failed in 222222222222 us-east-1 (Role exists.)" in result["msg"]
    assert list(world.writes) == ["UpdateStackSet", "CreateStackInstances"]


def test_what_is_under_way_is_waited_for_before_anything_is_written() -> None:
    under_way = {"Summaries": [{**done("UPDATE", 1), "Status": "RUNNING"}]}
    world = World(ListStackSetOperations=[under_way, under_way, {"Summaries": []}])
    world.ensure(description="Other.")
    names = [name for name, _arguments in world.calls]
    assert names[3:6] == ["ListStackSetOperations", "ListStackSetOperations", "UpdateStackSet"]


def test_its_own_operation_is_waited_for() -> None:
    world = World(DescribeStackSetOperation=[operation("QUEUED"), operation("RUNNING"), operation("SUCCEEDED")])
    assert world.ensure(description="Other.")["changed"]
    assert [name for name, _arguments in world.calls].count("DescribeStackSetOperation") >= 3


def test_it_is_not_waited_for_longer_than_asked_for() -> None:
    world = World(DescribeStackSetOperation=operation("RUNNING"))
    result = world.ensure(description="Other.", wait_timeout=0)
    assert "After 0 seconds, the operation o-1" in result["msg"]
    assert "raise wait_timeout" in result["msg"]


def test_all_operations_of_a_run_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that takes 2000 seconds is waited for, the next one only until the session is about to end."""
    waited: list[float] = []
    began = time.monotonic()
    monkeypatch.setattr(stack_set_operations.time, "monotonic", lambda: began + sum(waited))
    monkeypatch.setattr(stack_set_operations.time, "sleep", lambda _seconds: waited.append(500))
    slow = [operation("RUNNING")] * 4 + [operation("SUCCEEDED")] * 2
    world = World(DescribeStackSetOperation=slow + [operation("RUNNING")] * 20)
    result = world.ensure(description="Other.", organizational_unit_ids=[UNIT, OTHER_UNIT])
    assert "After 2700 seconds, the operation o-1 to create stacks of stack set auditor has not ended" in result["msg"]
    assert sum(waited) == 3000


@pytest.mark.parametrize("status", ["FAILED", "SUCCEEDED"])
def test_accounts_that_failed_are_named_with_the_reason_also_if_they_are_tolerated(status: str) -> None:
    failed = [{"Account": "222222222222", "Region": "us-east-1", "Status": "FAILED", "StatusReason": "Role exists."}]
    world = World(DescribeStackSetOperation=operation(status), ListStackSetOperationResults={"Summaries": failed})
    result = world.ensure(description="Other.")
    assert result["failed"]
    assert "222222222222 us-east-1 (Role exists.)" in result["msg"]


def test_of_many_that_failed_only_some_are_named() -> None:
    failed = [{"Account": f"{number:012}", "Region": "us-east-1", "Status": "FAILED"} for number in range(1000)]
    world = World(DescribeStackSetOperation=operation("FAILED"), ListStackSetOperationResults={"Summaries": failed})
    assert "; and 980 more" in world.ensure(description="Other.")["msg"]


def test_an_operation_that_was_stopped_is_no_success() -> None:
    result = World(DescribeStackSetOperation=operation("STOPPED")).ensure(description="Other.")
    assert "is STOPPED, and failed in no account" in result["msg"]


def test_absent_deletes_the_stacks_and_then_the_set() -> None:
    world = World()
    assert world.ensure(state="absent", check=True)["changed"]
    assert world.writes == {}
    assert world.ensure(state="absent")["changed"]
    assert list(world.writes) == ["DeleteStackInstances", "DeleteStackSet"]
    world = World({**LIVE, "OrganizationalUnitIds": []})
    world.ensure(state="absent")
    assert list(world.writes) == ["DeleteStackSet"]
    assert not World({}).ensure(state="absent")["changed"]


def test_of_suspended_accounts_the_stacks_are_left_behind_so_that_the_set_can_go() -> None:
    world = World(LIVE, stack("222222222222", "OUTDATED", detailed="SKIPPED_SUSPENDED_ACCOUNT"))
    assert world.ensure(state="absent")["changed"]
    deletions = [arguments for name, arguments in world.calls if name == "DeleteStackInstances"]
    assert [deletion["RetainStacks"] for deletion in deletions] == [False, True]
    assert deletions[1]["DeploymentTargets"] == {
        "OrganizationalUnitIds": [UNIT],
        "Accounts": ["222222222222"],
        "AccountFilterType": "INTERSECTION",
    }
    assert list(world.writes)[-1] == "DeleteStackSet"


def test_a_set_whose_stacks_cannot_be_deleted_stays_and_the_way_out_is_told() -> None:
    failed = [{"Account": "222222222222", "Region": "us-east-1", "Status": "FAILED", "StatusReason": "Not empty."}]
    world = World(LIVE, INOPERABLE, ListStackSetOperationResults={"Summaries": failed})
    result = world.ensure(state="absent")
    assert "222222222222 us-east-1 (Not empty.)" in result["msg"]
    assert "--retain-stacks" in result["msg"]
    assert list(world.writes) == ["DeleteStackInstances"]


def test_tags_of_others_stay_if_they_are_to() -> None:
    world = World({**LIVE, "Tags": [*LIVE["Tags"], FOREIGN, {"Key": "owner", "Value": "me"}]})
    assert not world.ensure(purge_tags=False)["changed"]
    assert world.ensure()["diff"]["after"] == {"Tags": {"team": "audit", "aws:x": "y"}}


@pytest.mark.parametrize(("management", "told"), [(OWN, "SELF"), (MANAGEMENT, "DELEGATED_ADMIN")])
def test_organizations_tells_in_which_capacity_the_account_acts(management: str, told: str) -> None:
    world = World(DescribeOrganization={"Organization": {"Id": "o-abcdefghij", "MasterAccountId": management}})
    assert world.ensure(call_as="auto")["call_as"] == told
    assert {arguments.get("CallAs") for name, arguments in world.calls if "Stack" in name} == {told}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_concurrent_percentage": 0}, "max_concurrent_percentage: 0 is not between 1 and 100."),
        ({"failure_tolerance_percentage": 101}, "failure_tolerance_percentage: 101 is not between 0 and 100."),
        ({"template_body": "x" * 51201}, "template_body: it has 51201 bytes, but CloudFormation takes 51200."),
    ],
)
def test_what_cloudformation_would_not_take_is_refused_before_any_call(options: dict[str, Any], told: str) -> None:
    world = World()
    assert told in world.ensure(**options)["msg"]
    assert world.calls == []


def test_a_refused_read_is_no_missing_stack_set() -> None:
    world = World(DescribeStackSet=error("AccessDenied"))
    assert "AccessDenied" in world.ensure()["msg"]
    assert world.writes == {}


@pytest.mark.parametrize("options", examples(cloudformation_stack_set))
def test_the_examples_run(options: dict[str, Any]) -> None:
    world = World({}, DescribeOrganization={"Organization": {"MasterAccountId": OWN}})
    with answering(**world.answers):
        assert "failed" not in run(cloudformation_stack_set.main, **options)
