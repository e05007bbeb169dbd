"""What a hub and a member have, who may send to the hub, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import member_stack_set
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import (
    COMPONENTS,
    check_components,
    desired_stack,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings, SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    HUB,
    MEMBER,
    PLAYBOOK,
    STACK_SET,
    STANDALONE,
    Topology,
    TopologyError,
    check_topology,
    with_stack_set,
)
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import (
    SETTINGS,
    stack,
    statement,
)

HUB_ID, MEMBER_ID, OTHER_ID = "999999999999", "111111111111", "222222222222"
QUEUE = f"arn:aws:sqs:us-east-1:{HUB_ID}:iam-alerting-events"
ROLES = [f"arn:aws:iam::*:role/{name}-forward" for name in ("iam-alerting", "iam-alerting-stackset")]
OF_MEMBER = Topology(MEMBER, hub=HUB_ID)


def hub(**topology: Any) -> dict[str, Any]:
    return stack(account_id=HUB_ID, group_seconds=300, topology=Topology(HUB, **topology))


def test_components_keep_their_order_and_none_means_all() -> None:
    settings = Settings(**SETTINGS)
    assert check_components([], settings) == [name for name in COMPONENTS if name != "member_stack_set"]
    assert check_components(["rule", "topic"], settings) == ["topic", "rule"]
    with pytest.raises(SettingsError, match="iam_alerting_components has 'lambda', which is no component. Use key, "):
        check_components(["lambda"], settings)


def test_a_member_has_only_what_sends_its_events() -> None:
    settings = Settings(**SETTINGS, topology=OF_MEMBER)
    assert check_components([], settings) == [
        "key",
        "bucket",
        "trail",
        "queue",
        "execution_role",
        "forwarders",
        "rule",
        "tampering_rule",
    ]
    with pytest.raises(SettingsError, match="has 'function', which is no component of a member. Use key, "):
        check_components(["function"], settings)


@pytest.mark.parametrize("name", ["rule", "tampering_rule"])
def test_a_member_sends_to_the_queue_of_the_hub_by_a_role(name: str) -> None:
    rule = stack(topology=OF_MEMBER)[name]
    (target,) = rule["Targets"]
    assert target == {
        "id": "hub",
        "arn": QUEUE,
        "role_arn": f"arn:aws:iam::{MEMBER_ID}:role/iam-alerting-forward",
        "dead_letter_arn": f"arn:aws:sqs:us-east-1:{MEMBER_ID}:iam-alerting-dlq",
    }
    assert rule["FunctionArn"] == ""


@pytest.mark.parametrize(("former", "own"), [("function", "lambda:{}:function:{}"), ("queue", "sqs:{}:{}-events")])
def test_a_member_that_alerted_by_itself_goes_on_with_it_beside_the_hub(former: str, own: str) -> None:
    rule = stack(topology=OF_MEMBER, former=former)["rule"]
    service, rest = own.split(":", 1)
    arn = f"arn:aws:{service}:us-east-1:{rest.format(MEMBER_ID, 'iam-alerting')}"
    assert [(target["id"], target["arn"]) for target in rule["Targets"]] == [("hub", QUEUE), ("function", arn)]
    assert rule["FunctionArn"] == f"arn:aws:lambda:us-east-1:{MEMBER_ID}:function:iam-alerting"


def test_the_role_of_a_member_is_for_its_rules_and_sends_to_that_queue_only() -> None:
    role = stack(topology=OF_MEMBER)["execution_role"]
    assert role["RoleName"] == role["PolicyName"] == "iam-alerting-forward"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    rule = f"arn:aws:events:us-east-1:{MEMBER_ID}:rule/iam-alerting"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": MEMBER_ID},
        "ArnLike": {"aws:SourceArn": [rule, f"{rule}-*"]},
    }
    send = statement(role["PolicyDocument"], "SendEventsToTheHub")
    assert (send["Action"], send["Resource"]) == ("sqs:SendMessage", QUEUE)


def test_the_hub_admits_its_organization_or_else_its_members() -> None:
    in_organization = statement(hub(organization="o-abcdefghij")["event_queue"]["Policy"], "MembersSendEvents")
    assert in_organization["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"},
        "ArnLike": {"aws:PrincipalArn": ROLES},
    }
    assert (in_organization["Action"], in_organization["Resource"]) == ("sqs:SendMessage", QUEUE)
    listed = statement(hub(members=((MEMBER_ID, "a"), (OTHER_ID, "b")))["event_queue"]["Policy"], "MembersSendEvents")
    assert listed["Condition"]["StringEquals"] == {"aws:PrincipalAccount": [MEMBER_ID, OTHER_ID]}


def test_nobody_else_is_let_in_anywhere() -> None:
    alone = stack(group_seconds=300, customer_key=True)
    for policy in (alone["event_queue"]["Policy"], alone["key"]["Policy"]):
        assert not [each["Sid"] for each in policy["Statement"] if each["Sid"].startswith("Members")]


def test_the_key_of_a_hub_lets_members_encrypt_for_its_queue_only() -> None:
    documents = stack(
        account_id=HUB_ID, group_seconds=300, customer_key=True, topology=Topology(HUB, organization="o-abcdefghij")
    )
    condition = statement(documents["key"]["Policy"], "MembersSendToTheQueue")["Condition"]
    assert condition["StringEquals"] == {
        "aws:PrincipalOrgID": "o-abcdefghij",
        "kms:EncryptionContext:aws:sqs:arn": QUEUE,
        "kms:ViaService": ["sqs.us-east-1.amazonaws.com"],
    }
    assert condition["ArnLike"] == {"aws:PrincipalArn": ROLES}


def test_what_was_checked_is_in_one_order() -> None:
    found = check_topology(HUB, "", "", {OTHER_ID: "b", MEMBER_ID: "a"}, HUB_ID, 300)
    assert found == Topology(HUB, members=((MEMBER_ID, "a"), (OTHER_ID, "b")))


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        (MEMBER, {}, "iam_alerting_hub is '', but a member"),
        (MEMBER, {"hub": "1"}, "iam_alerting_hub is '1'"),
        (MEMBER, {"hub": MEMBER_ID}, "which is the member itself"),
        (HUB, {}, "iam_alerting_members is empty"),
        (HUB, {"organization": "r-abcd"}, "iam_alerting_organization is 'r-abcd'"),
        (HUB, {"members": {"1": "x"}}, "iam_alerting_members has '1'"),
        (HUB, {"members": {MEMBER_ID: "x"}}, "which is the hub itself"),
        (HUB, {"members": {f"{number:012}": "x" for number in range(401)}}, "has 401 accounts, more than the 400"),
        (HUB, {"organization": "o-abcdefghij", "group_seconds": 0}, "iam_alerting_group_seconds is 0"),
    ],
)
def test_what_cannot_be_is_refused_with_variable_and_way_out(kind: str, told: dict[str, Any], reason: str) -> None:
    given = {"hub": "", "organization": "", "members": {}, "account_id": MEMBER_ID, "group_seconds": 300, **told}
    with pytest.raises(TopologyError, match=reason):
        check_topology(kind, **given)


UNIT = "ou-abcd-12345678"
HUB_OF_ALL = Topology(HUB, organization="o-abcdefghij")


def of_stack_set() -> Settings:
    return member_stack_set.of_member(Settings(**SETTINGS, topology=OF_MEMBER), MEMBER_ID)


def test_a_member_of_the_stack_set_is_compared_by_the_names_of_that_and_sends_to_the_same_queue() -> None:
    documents = desired_stack(of_stack_set())
    assert documents["rule"]["Name"] == "iam-alerting-stackset"
    assert documents["queue"]["QueueName"] == "iam-alerting-stackset-dlq"
    assert [target["arn"] for target in documents["rule"]["Targets"]] == [QUEUE]
    assert documents["rule"]["Tags"]["trailwatch"] == "iam-alerting-stackset"


def test_a_member_of_the_stack_set_has_no_trail_bucket_or_key_of_its_own() -> None:
    settings = member_stack_set.of_member(Settings(**SETTINGS, topology=OF_MEMBER, customer_key=True), MEMBER_ID)
    assert check_components([], settings) == ["trail", "queue", "execution_role", "rule", "tampering_rule"]
    assert desired_stack(settings)["trail"]["State"] == "absent"
    assert desired_stack(settings)["queue"]["SqsManagedSseEnabled"]


@pytest.mark.parametrize("topology", [HUB_OF_ALL, OF_MEMBER])
def test_whoever_has_units_has_the_stack_set_beside_its_own_part(topology: Topology) -> None:
    own = check_components([], Settings(**SETTINGS, topology=topology))
    found = with_stack_set(topology, PLAYBOOK, [UNIT, "r-abcd", UNIT])
    assert found.units == (UNIT, "r-abcd")
    assert check_components([], Settings(**SETTINGS, topology=found)) == [*own, "member_stack_set"]


@pytest.mark.parametrize("topology", [HUB_OF_ALL, Topology(STANDALONE)])
def test_the_engine_is_the_members(topology: Topology) -> None:
    assert with_stack_set(topology, STACK_SET, []) == topology
    assert with_stack_set(OF_MEMBER, STACK_SET, []).engine == STACK_SET


@pytest.mark.parametrize(
    ("topology", "engine", "units", "reason"),
    [
        (HUB_OF_ALL, PLAYBOOK, ["ou-1"], "iam_alerting_member_organizational_units has 'ou-1'"),
        (HUB_OF_ALL, PLAYBOOK, [f"ou-abcd-{number:08}" for number in range(51)], "has 51 units, but .* takes 50"),
        (Topology(STANDALONE), PLAYBOOK, [UNIT], "the account knows no hub.*group members"),
        (Topology(HUB, members=((MEMBER_ID, "a"),)), PLAYBOOK, [UNIT], "iam_alerting_organization is empty"),
        (OF_MEMBER, STACK_SET, [UNIT], "iam_alerting_member_engine is 'stackset'.*Set it to 'playbook' here"),
    ],
)
def test_a_stack_set_that_cannot_be_is_refused(topology: Topology, engine: str, units: list[str], reason: str) -> None:
    with pytest.raises(TopologyError, match=reason):
        with_stack_set(topology, engine, units)


@pytest.mark.parametrize(
    ("settings", "roles"),
    [
        ({}, ["iam-alerting-function"]),
        ({"forwarding_regions": ("eu-west-1",)}, ["iam-alerting-forwarder", "iam-alerting-function"]),
        ({"topology": OF_MEMBER}, ["iam-alerting-forward"]),
    ],
)
def test_the_role_that_the_account_has_is_watched(settings: dict[str, Any], roles: list[str]) -> None:
    patterns = json.dumps(stack(**settings)["tampering_rule"]["EventPatterns"])
    assert re.findall(r'"roleName": (\[.*?\])', patterns) == [json.dumps(roles)]
