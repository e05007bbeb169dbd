# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module iam_event_rule does to targets, and to the permissions that go with them."""

from __future__ import annotations

import pytest

from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    answering,
    broken_off_after,
    recorded,
    writes,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.event_rules import (
    DLQ,
    QUEUE,
    deploy,
    in_sync,
    invokers,
    live_targets,
    rule,
    statements,
)

pytestmark = pytest.mark.usefixtures("account")


def test_a_target_goes_with_its_permission(events, functions, function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}, {"arn": two}])
    deploy(targets=[{"arn": two}])
    assert [each["Arn"] for each in live_targets(events).values()] == [two]
    assert statements(functions, one) == []
    assert invokers(functions, two) == ["watch"]


def test_a_new_target_is_there_before_the_old_one_goes(function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}])
    with recorded() as calls:
        deploy(targets=[{"arn": two}])
    assert writes(calls) == ["AddPermission", "PutTargets", "RemovePermission", "RemoveTargets"]


def test_a_queue_takes_the_place_of_a_function_in_one_call_and_back(events, functions, function):
    one = function("one")
    deploy(targets=[{"arn": one, "id": "target"}])
    with recorded() as calls:
        deploy(targets=[{"arn": QUEUE, "id": "target"}])
    assert writes(calls) == ["PutTargets", "RemovePermission"]
    assert statements(functions, one) == []
    with recorded() as calls:
        deploy(targets=[{"arn": one, "id": "target"}])
    assert writes(calls) == ["AddPermission", "PutTargets"]
    assert [each["Arn"] for each in live_targets(events).values()] == [one]


def test_a_former_function_loses_the_statement_that_a_broken_off_run_left(functions, function):
    one, two = function("one"), function("two")
    functions.add_permission(
        FunctionName=one, StatementId="others", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    deploy(targets=[{"arn": one, "id": "target"}])
    to_queue = {"targets": [{"arn": QUEUE, "id": "target"}], "former_functions": [one, two]}
    with broken_off_after(1), pytest.raises(BrokenOffError):
        deploy(**to_queue)
    assert len(statements(functions, one)) == 2
    assert not in_sync(**to_queue)
    assert [each["Sid"] for each in statements(functions, one)] == ["others"]
    assert in_sync(**to_queue)


def test_five_targets_replaced_by_five_others(events):
    with recorded() as calls:
        deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(5)])
        deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(5, 10)])
    assert sorted(each["Arn"][-1] for each in live_targets(events).values()) == list("56789")
    assert calls.count("PutTargets") == 2


def test_targets_stay_if_they_are_not_purged(events, functions, function):
    one, two = function("one"), function("two")
    deploy(targets=[{"arn": one}])
    options = {"targets": [{"arn": two}], "purge_targets": False}
    deploy(**options)
    assert sorted(each["Arn"] for each in live_targets(events).values()) == [one, two]
    assert invokers(functions, one) == invokers(functions, two) == ["watch"]
    assert in_sync(**options)


def test_too_many_targets_together_fail_before_anything_is_written():
    deploy(targets=[{"arn": f"{QUEUE}{number}"} for number in range(4)])
    with recorded() as calls:
        result = rule(targets=[{"arn": f"{DLQ}{number}"} for number in range(2)], purge_targets=False)
    assert "would have 6, but 5 is the most" in result["msg"]
    assert writes(calls) == []


def test_no_targets(events, functions, function):
    arn = function()
    deploy(targets=[{"arn": arn}])
    deploy(targets=[])
    assert live_targets(events) == {}
    assert statements(functions, arn) == []


def test_a_function_by_its_alias(functions, function):
    arn = function()
    functions.publish_version(FunctionName=arn)
    alias = functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")["AliasArn"]
    with answering(AddPermission={}) as calls:
        rule(targets=[{"arn": alias}])
    asked = [arguments for name, arguments in calls if name == "AddPermission"]
    assert [(each["FunctionName"], each["Qualifier"]) for each in asked] == [(arn, "live")]
