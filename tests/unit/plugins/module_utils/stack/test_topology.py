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
    removable_components,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    HUB,
    MEMBER,
    PLAYBOOK,
    STACK_SET,
    STANDALONE,
    Topology,
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
BUS = f"arn:aws:events:us-east-1:{HUB_ID}:event-bus/iam-alerting"
BY_BUS = ("event_bus",)
STANDBY_ID = "888888888888"
LISTED = {"members": {OTHER_ID: "a"}}


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
        "forwarding_role",
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
        "id": f"hub-{HUB_ID}",
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
    assert [(target["id"], target["arn"]) for target in rule["Targets"]] == [
        (f"hub-{HUB_ID}", QUEUE),
        ("function", arn),
    ]
    assert rule["FunctionArn"] == f"arn:aws:lambda:us-east-1:{MEMBER_ID}:function:iam-alerting"


def test_the_role_of_a_member_is_for_its_rules_and_sends_to_that_queue_only() -> None:
    role = stack(topology=OF_MEMBER)["forwarding_role"]
    assert role["RoleName"] == role["PolicyName"] == "iam-alerting-forward"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    rule = f"arn:aws:events:us-east-1:{MEMBER_ID}:rule/iam-alerting"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": MEMBER_ID},
        "ArnLike": {"aws:SourceArn": [rule, f"{rule}-*"]},
    }
    send = statement(role["PolicyDocument"], "SendEventsToTheHub")
    assert (send["Action"], send["Resource"]) == ("sqs:SendMessage", [QUEUE])


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


def checked(kind: str, **told: Any) -> Topology:
    """The part of an account, for which only what is C(told) was set."""
    asked = {
        "standby": False,
        "standby_hub": "",
        "hub": "",
        "hub_entries": ["queue"],
        "organization": "",
        "members": {},
    }
    own = {"account_id": MEMBER_ID, "group_seconds": 300}
    return check_topology({"topology": kind, **asked, **told}, **{name: told.get(name, own[name]) for name in own})


def test_what_was_checked_is_in_one_order() -> None:
    found = checked(HUB, members={OTHER_ID: "b", MEMBER_ID: "a"}, account_id=HUB_ID)
    assert found == Topology(HUB, members=((MEMBER_ID, "a"), (OTHER_ID, "b")))


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        (MEMBER, {}, "iam_alerting_hub is '', but a member"),
        (MEMBER, {"hub": "1"}, "iam_alerting_hub is '1'"),
        (MEMBER, {"hub": MEMBER_ID}, "which is the member itself"),
        (HUB, {}, "iam_alerting_members is empty"),
        (HUB, {"organization": "r-abcd"}, "iam_alerting_organization is 'r-abcd'"),
        (HUB, {"members": {"1": "x"}}, "iam_alerting_members has '1' for x"),
        (HUB, {"members": {MEMBER_ID: "x"}}, "which is the hub itself"),
        (HUB, {"members": {f"{number:012}": "x" for number in range(401)}}, "has 401 accounts, more than the 400"),
        (HUB, {"organization": "o-abcdefghij", "group_seconds": 0}, "iam_alerting_group_seconds is 0"),
        (MEMBER, {"hub": HUB_ID, "hub_entries": []}, "iam_alerting_hub_entries is empty"),
        (HUB, {**LISTED, "hub_entries": ["queue", "bus"]}, "iam_alerting_hub_entries has 'bus'"),
        (MEMBER, {"hub": f"{HUB_ID}, {OTHER_ID}"}, "only one hub may alert.*iam_alerting_standby to true"),
        (MEMBER, {"hub": "", "standby_hub": HUB_ID}, "If all hosts of the group stand by, set iam_alerting_standby to"),
        (MEMBER, {"hub": HUB_ID, "standby_hub": HUB_ID}, "iam_alerting_standby_hub is '9+', which is the hub that"),
        (MEMBER, {"hub": HUB_ID, "standby_hub": f"{OTHER_ID}, {MEMBER_ID}"}, "is not the id of one account"),
        (HUB, {**LISTED, "hub": f"{MEMBER_ID}, {HUB_ID}"}, "two would tell of everything twice"),
        (HUB, {**LISTED, "standby": True}, "iam_alerting_standby is true, but iam_alerting_hub is ''"),
        (HUB, {**LISTED, "standby": True, "hub": MEMBER_ID}, "iam_alerting_standby is true, but"),
        (HUB, {**LISTED, "standby": True, "hub": f"{HUB_ID}, {OTHER_ID}"}, "only one hub may alert"),
    ],
)
def test_what_cannot_be_is_refused_with_variable_and_way_out(kind: str, told: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        checked(kind, **told)


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
    assert check_components([], settings) == ["trail", "queue", "forwarding_role", "rule", "tampering_rule"]
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
    with pytest.raises(SettingsError, match=reason):
        with_stack_set(topology, engine, units)


@pytest.mark.parametrize(
    ("settings", "roles"),
    [
        ({}, ["iam-alerting-function"]),
        ({"forwarding_regions": ("eu-west-1",)}, ["iam-alerting-forwarder", "iam-alerting-function"]),
        ({"topology": OF_MEMBER}, ["iam-alerting-forward"]),
        ({"topology": Topology(HUB, standby=STANDBY_ID)}, ["iam-alerting-forward", "iam-alerting-function"]),
    ],
)
def test_the_role_that_the_account_has_is_watched(settings: dict[str, Any], roles: list[str]) -> None:
    patterns = json.dumps(stack(**settings)["tampering_rule"]["EventPatterns"])
    assert re.findall(r'"roleName": (\[.*?\])', patterns) == [json.dumps(roles)]


def test_members_come_by_the_event_bus_if_the_hub_has_one() -> None:
    documents = stack(topology=Topology(MEMBER, hub=HUB_ID, entries=BY_BUS))
    assert [target["arn"] for target in documents["rule"]["Targets"]] == [BUS]
    (send,) = documents["forwarding_role"]["PolicyDocument"]["Statement"]
    assert (send["Action"], send["Resource"]) == ("events:PutEvents", [BUS])


def test_while_both_ways_are_open_the_role_of_a_member_has_both_and_rules_take_the_first() -> None:
    for entries, taken in ((("event_bus", "queue"), BUS), (("queue", "event_bus"), QUEUE)):
        documents = stack(topology=Topology(MEMBER, hub=HUB_ID, entries=entries))
        assert [target["arn"] for target in documents["rule"]["Targets"]] == [taken]
        allowed = [each["Resource"] for each in documents["forwarding_role"]["PolicyDocument"]["Statement"]]
        assert allowed[:2] == [[BUS], [QUEUE]]


@pytest.mark.parametrize(
    ("entries", "by_queue", "by_bus"),
    [(("queue",), True, False), (BY_BUS, False, True), (("event_bus", "queue"), True, True)],
)
def test_a_hub_lets_members_in_where_they_are_to_come(entries: tuple[str, ...], by_queue: bool, by_bus: bool) -> None:
    documents = hub(organization="o-abcdefghij", entries=entries)
    queue, bus = documents["event_queue"], documents["event_bus"]
    assert ("MembersSendEvents" in [each["Sid"] for each in queue["Policy"]["Statement"]]) == by_queue
    assert (bus["State"] == documents["members_rule"]["State"] == "present") == by_bus
    (admitted,) = bus["Policy"]["Statement"]
    assert admitted["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"},
        "ArnLike": {"aws:PrincipalArn": ROLES},
    }
    assert (admitted["Action"], admitted["Resource"]) == ("events:PutEvents", BUS)


def test_what_comes_by_the_bus_goes_to_the_queue_if_it_is_of_aws() -> None:
    documents = hub(organization="o-abcdefghij", entries=BY_BUS)
    rule = documents["members_rule"]
    assert rule["EventPatterns"] == [{"source": [{"prefix": "aws."}]}]
    assert [target["arn"] for target in rule["Targets"]] == [QUEUE]
    sending = f"arn:aws:events:us-east-1:{HUB_ID}:rule/iam-alerting/iam-alerting-members"
    for name in ("queue", "event_queue"):
        (sends, *_others) = documents[name]["Policy"]["Statement"]
        assert sending in sends["Condition"]["ArnLike"]["aws:SourceArn"]


def test_the_bus_and_its_rule_are_watched_where_they_are() -> None:
    def watched(**topology: Any) -> str:
        return json.dumps(hub(organization="o-abcdefghij", **topology)["tampering_rule"]["EventPatterns"])

    for word in ("DeleteEventBus", "iam-alerting-members"):
        assert word in watched(entries=BY_BUS)
        assert word not in watched()


def test_with_the_bus_alone_the_key_of_the_hub_is_for_no_member() -> None:
    topology = Topology(HUB, organization="o-abcdefghij", entries=BY_BUS)
    policy = stack(account_id=HUB_ID, group_seconds=300, customer_key=True, topology=topology)["key"]["Policy"]
    assert "MembersSendToTheQueue" not in [each["Sid"] for each in policy["Statement"]]


def other_hub(documents: dict[str, Any], account: str) -> list[str]:
    """The names of the rules by which the account's own events go to the hub of another account."""
    arn = f"arn:aws:sqs:us-east-1:{account}:iam-alerting-events"
    rules = ("rule", "tampering_rule", "heartbeat_rule")
    return [name for name in rules if arn in [target["arn"] for target in documents[name]["Targets"]]]


def test_a_member_sends_to_both_hubs_first_to_the_one_that_alerts() -> None:
    documents = stack(topology=Topology(MEMBER, hub=HUB_ID, standby=STANDBY_ID))
    accounts = [HUB_ID, STANDBY_ID]
    arns = [f"arn:aws:sqs:us-east-1:{account}:iam-alerting-events" for account in accounts]
    targets = documents["rule"]["Targets"]
    assert [(each["id"], each["arn"]) for each in targets] == [
        (f"hub-{account}", arn) for account, arn in zip(accounts, arns, strict=True)
    ]
    send, encrypt = documents["forwarding_role"]["PolicyDocument"]["Statement"]
    assert send["Resource"] == arns
    assert encrypt["Resource"] == [f"arn:aws:kms:us-east-1:{account}:key/*" for account in accounts]


def test_each_of_two_hubs_sends_its_own_events_to_the_other_too() -> None:
    active = hub(organization="o-abcdefghij", standby=STANDBY_ID)
    topology = Topology(HUB, organization="o-abcdefghij", hub=HUB_ID)
    standing_by = stack(account_id=STANDBY_ID, group_seconds=300, topology=topology)
    for documents, other in ((active, STANDBY_ID), (standing_by, HUB_ID)):
        assert other_hub(documents, other) == ["rule", "tampering_rule"]
        assert documents["forwarding_role"]["State"] == "present"
    # By the first target the alerts come.
    assert active["rule"]["Targets"][0]["id"] == "function"
    assert standing_by["rule"]["Targets"][0]["id"] == f"hub-{HUB_ID}"


def test_each_of_two_hubs_admits_the_other_where_single_accounts_are_listed() -> None:
    policy = hub(members=((MEMBER_ID, "a"),), standby=STANDBY_ID)["event_queue"]["Policy"]
    condition = statement(policy, "MembersSendEvents")["Condition"]
    assert condition["StringEquals"] == {"aws:PrincipalAccount": [MEMBER_ID, STANDBY_ID]}


def test_a_hub_that_stands_by_keeps_events_for_days_and_hands_none_on() -> None:
    active, standing_by = (hub(organization="o-abcdefghij", **other) for other in ({}, {"hub": OTHER_ID}))
    assert active["event_source_mapping"]["Enabled"]
    assert not standing_by["event_source_mapping"]["Enabled"]
    days = [each["event_queue"]["MessageRetentionPeriod"] / 86400 for each in (active, standing_by)]
    assert days == [14, 4]
    waiting = ["iam-alerting/events-waiting" in str(each["alarms"]["Alarms"]) for each in (active, standing_by)]
    assert waiting == [True, False]


def test_the_parts_of_two_hubs_and_a_member_that_know_of_each_other() -> None:
    both = {"hub": HUB_ID, "standby_hub": STANDBY_ID}
    assert checked(MEMBER, **both).receivers == (HUB_ID, STANDBY_ID)
    active = checked(HUB, **both, **LISTED, account_id=HUB_ID)
    assert (active.receivers, active.stands_by) == ((STANDBY_ID,), False)
    standing_by = checked(HUB, **both, **LISTED, standby=True, account_id=STANDBY_ID)
    assert (standing_by.receivers, standing_by.stands_by) == ((HUB_ID,), True)


def test_a_hub_that_stands_by_leaves_the_stack_set_to_the_other() -> None:
    topology = Topology(HUB, organization="o-abcdefghij", hub=OTHER_ID)
    assert with_stack_set(topology, PLAYBOOK, [UNIT]).units == ()


def test_members_of_the_stack_set_send_to_both_hubs_by_the_same_way() -> None:
    topology = Topology(HUB, organization="o-abcdefghij", standby=STANDBY_ID, entries=BY_BUS)
    settings = Settings(**{**SETTINGS, "account_id": HUB_ID, "topology": topology})
    rule = desired_stack(member_stack_set.of_member(settings, MEMBER_ID))["rule"]
    assert [each["arn"] for each in rule["Targets"]] == [BUS, BUS.replace(HUB_ID, STANDBY_ID)]


@pytest.mark.parametrize("topology", [OF_MEMBER, Topology(HUB, organization="o-abcdefghij"), Topology()])
def test_a_teardown_looks_for_what_the_account_may_have_from_another_part(topology: Topology) -> None:
    settings = Settings(**SETTINGS, topology=topology)
    assert set(removable_components(settings)) == set(COMPONENTS) - {"member_stack_set"}
