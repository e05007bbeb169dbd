"""What other regions send home, by which role, and how a difference is told."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, expand_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import forwarders, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan, reported_diff
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.preflight import needed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS, stack
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_plan import NoClients

ACTIONS = ("iam:CreateUser", "organizations:CreateAccount", "signin:ConsoleLogin", "sts:GetSessionToken")
REGIONS = ("eu-west-1", "us-west-2")
BUS = "arn:aws:events:us-east-1:111111111111:event-bus/default"
ROLE = "arn:aws:iam::111111111111:role/iam-alerting-forwarder"
NAME = "iam-alerting-forwarder"


def wanted(*listed: str, former: tuple[str, ...] = ()) -> dict[str, Any]:
    document: dict[str, Any] = stack(actions=ACTIONS, forwarding_regions=listed, former_regions=former)["forwarders"]
    return document


DESIRED = wanted(*REGIONS)


def test_what_only_the_home_region_records_is_not_looked_for_elsewhere() -> None:
    actions = DESIRED["Rule"]["Actions"]
    assert [each for each in actions if not each.startswith("cloudtrail:")] == [
        "signin:ConsoleLogin",
        "sts:GetSessionToken",
    ]


def test_whatever_stops_a_trail_is_forwarded_though_nobody_listed_it() -> None:
    assert {"cloudtrail:StopLogging", "cloudtrail:DeleteTrail"} <= set(DESIRED["Rule"]["Actions"])
    (listed,) = [each for each in forwarders.actions_of(("cloudtrail:*",)) if each.service == "cloudtrail"]
    assert str(listed) == "cloudtrail:*"


@pytest.mark.parametrize("preset", ["minimal", "standard", "strict"])
def test_a_preset_fits_into_one_rule_for_each_region(preset: str) -> None:
    actions = tuple(expand_actions([preset], catalogue()))
    document = stack(actions=actions, forwarding_regions=REGIONS)["forwarders"]["Rule"]
    assert len(live_rule("eu-west-1", document).found.rules) == 1


@pytest.mark.parametrize("topology", [Topology(), Topology(MEMBER, hub="999999999999")])
def test_events_go_to_the_bus_of_the_accounts_own_home_region(topology: Topology) -> None:
    document = stack(forwarding_regions=REGIONS, topology=topology)["forwarders"]
    assert document["Rule"]["Targets"] == [{"id": "home", "arn": BUS, "role_arn": ROLE}]


def test_the_role_is_for_forwarders_alone_and_may_put_events_on_that_bus() -> None:
    (trust,) = DESIRED["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    first = f"arn:aws:events:*:111111111111:rule/{NAME}"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": [first, f"{first}-*"]},
    }
    (put,) = DESIRED["Role"]["PolicyDocument"]["Statement"]
    assert (put["Action"], put["Resource"]) == ("events:PutEvents", BUS)


def live_rule(region: str, document: dict[str, Any] | None = None, **other: Any) -> event_rule.Live:
    prefix = f"arn:aws:events:{region}:111111111111:rule/"
    empty = event_rule.Live(NAME, "default", prefix, event_rule.RuleSet())
    found = event_rule.desired(rule.options_of(document or DESIRED["Rule"]), empty)
    rules = {
        name: {**each, "Arn": f"{prefix}{name}", "State": event_rule.ENABLED, **other}
        for name, each in found.rules.items()
    }
    return dataclasses.replace(empty, found=event_rule.RuleSet(rules, found.permissions))


def no_rule(region: str) -> event_rule.Live:
    return dataclasses.replace(live_rule(region), found=event_rule.RuleSet())


def live(*there: str, looked_at: tuple[str, ...] = REGIONS, role: bool = True) -> dict[str, Any]:
    rules = {region: live_rule(region) if region in there else no_rule(region) for region in looked_at}
    return {"Role": copy.deepcopy(DESIRED["Role"]) if role else None, "Rules": rules}


def difference(found: dict[str, Any] | None, desired: dict[str, Any] = DESIRED) -> Change:
    return forwarders.difference(found, desired)


def test_in_sync_is_no_difference() -> None:
    assert not difference(live(*REGIONS))
    assert not difference(None, wanted())
    assert not difference(live(role=False), wanted(former=REGIONS))


def test_all_of_it_is_new() -> None:
    change = difference(live(role=False))
    assert change.before == {}
    assert change.after["Regions"] == list(REGIONS)
    (entry,) = reported_diff("forwarders", change)
    assert "Regions: [" in entry["after"]
    assert "signin:ConsoleLogin" in entry["after"]


def test_regions_come_and_go() -> None:
    change = difference(live("eu-west-1"))
    assert (change.before, change.after) == ({"Regions": ["eu-west-1"]}, {"Regions": list(REGIONS)})
    change = difference(live(*REGIONS), wanted("us-west-2", former=("eu-west-1",)))
    assert (change.before, change.after) == ({"Regions": list(REGIONS)}, {"Regions": ["us-west-2"]})


def test_without_any_region_rules_and_role_go() -> None:
    change = difference(live("eu-west-1"), wanted(former=REGIONS))
    assert (change.before, change.after) == ({"RoleName": NAME, "Regions": ["eu-west-1"]}, {})


def test_what_differs_in_one_region_is_told_of_that_region() -> None:
    found = live(*REGIONS)
    found["Rules"]["eu-west-1"] = live_rule("eu-west-1", State="DISABLED")
    assert set(difference(found).after) == {f"eu-west-1 {NAME} state"}


def test_a_role_that_was_changed_differs_like_any() -> None:
    found = live(*REGIONS)
    found["Role"]["AttachedPolicies"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert difference(found).after == {"AttachedPolicies": []}
    assert set(difference(live(*REGIONS, role=False)).after) >= {"PolicyDocument", "AssumeRolePolicyDocument"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [(None, False), (live(role=False), False), (live(), True), (live("eu-west-1", role=False), True)],
)
def test_it_is_there_if_anything_of_it_is(found: dict[str, Any] | None, expected: bool) -> None:
    assert forwarders.is_there(found) is expected


def test_without_regions_nothing_is_read() -> None:
    assert forwarders.live(Account(NoClients(), {}), wanted()) is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_what_fails_elsewhere_says_in_which_region(code: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "ListRules")
    kind = DeniedError("list the rules", "events:ListRules", error) if code.startswith("Access") else AnsibleAWSError
    raised = kind if isinstance(kind, Exception) else kind(message="Failed to list the rules", exception=error)
    with pytest.raises(type(raised), match="Failed to list the rules in eu-west-1"), forwarders._named("eu-west-1"):
        raise raised


def test_a_first_deployment_has_to_make_a_role_and_what_rules_take_depends_on_the_region() -> None:
    settings = Settings(**SETTINGS, forwarding_regions=REGIONS)
    changes = {"forwarders": difference(live(role=False))}
    assert needed(settings, Plan(changes, (), ()), changes) == {
        ROLE: ["iam:CreateRole", "iam:PutRolePolicy", "iam:TagRole"]
    }
    found = live("eu-west-1")
    found["Rules"]["eu-west-1"] = live_rule("eu-west-1", State="DISABLED", Tags={})
    changes = {"forwarders": difference(found)}
    assert needed(settings, Plan(changes, ("forwarders",), ()), changes) == {}
    changes = {"forwarders": difference(live("eu-west-1"), wanted(former=REGIONS))}
    assert needed(settings, Plan(changes, ("forwarders",), ()), changes) == {
        ROLE: ["iam:DeleteRole", "iam:DeleteRolePolicy"]
    }
