# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the status makes of what was read, and what it calls a problem."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import subscriptions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import CREATE, EXISTING, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import Trails
from ansible_collections.trailwatch.aws.plugins.module_utils.status import deaf
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import account_status, unreadable
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS, stack

DESIRED = stack(fallback="on-call@example.com")
FUNCTION = DESIRED["function"]["FunctionArn"]
STATEMENT = {FUNCTION: {"sid": {}}}
OURS = Trails()
SECOPS = {"Protocol": "email", "Endpoint": "secops@example.com", "State": "confirmed"}
ALERT = datetime.datetime(2026, 3, 14, 3, tzinfo=datetime.UTC)
TRAIL = {"IsLogging": True, "IncludeGlobalServiceEvents": True, "LatestDeliveryTime": ALERT}
# As CloudWatch has it when it is well.
ALARM = {**DESIRED["alarms"]["Alarms"][0], "StateValue": "OK", "StateUpdatedTimestamp": ALERT}
LAMBDA = {
    "Role": DESIRED["function"]["Role"],
    "State": "Active",
    "StateReason": None,
    "LastModified": "2026-03-02T10:14:05.000+0100",
    "ReservedConcurrentExecutions": None,
}


def rules(**other: Any) -> event_rule.Live:
    rule = {"Name": "iam-alerting", "State": "ENABLED", "Targets": {"function": {"Arn": FUNCTION}}, **other}
    found = event_rule.RuleSet({"iam-alerting": rule}, {"iam-alerting": STATEMENT})
    return event_rule.Live("iam-alerting", "default", "", found)


def subscribed(*subscriptions: dict[str, Any]) -> dict[str, Any]:
    return {"Subscriptions": list(subscriptions)}


LIVE: dict[str, Any] = {
    "key": None,
    "bucket": {},
    "trail": TRAIL,
    "topic": subscribed(SECOPS),
    "queue": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"},
    "execution_role": {},
    "forwarding_role": None,
    "members_rule": None,
    "function": LAMBDA,
    "rule": rules(),
    "event_queue": None,
    "event_source_mapping": None,
    "fallback_topic": None,
    "alarms": {"iam-alerting/dead-letters": ALARM},
}


def subscriber(state: str, **other: Any) -> dict[str, Any]:
    nothing = {"asked": None, "protected": None, "note": None}
    return {"protocol": "email", "endpoint": "secops@example.com", "state": state, **nothing, **other}


def status(
    changes: dict[str, Change] | None = None,
    settings: dict[str, Any] | None = None,
    trails: Trails = OURS,
    desired: Any = DESIRED,
    **other: Any,
) -> dict[str, Any]:
    """The status of a healthy account, but for C(other) components, C(changes) and C(settings)."""
    live = {**LIVE, **other}
    same = dict.fromkeys(live, Change({}, {}))
    present = tuple(name for name, found in live.items() if found is not None)
    told = [tuple(subscriptions.states(live[name], desired[name])) for name in ("topic", "fallback_topic")]
    plan = Plan({**same, **(changes or {})}, present, told[0], live, desired, trails, fallback=told[1])
    return account_status(Settings(**SETTINGS, **(settings or {})), plan, ALERT)


def problems(*arguments: Any, **other: Any) -> list[tuple[str, str]]:
    return [(problem["kind"], problem["what"]) for problem in status(*arguments, **other)["problems"]]


def test_a_healthy_account_has_no_problem_and_tells_all() -> None:
    assert status() == {
        "account_id": "111111111111",
        "account_name": "production",
        "region": "us-east-1",
        "status": "healthy",
        "problems": [],
        "trail": {
            "name": "iam-alerting",
            "own": True,
            "exists": True,
            "logging": True,
            "last_delivery": "2026-03-14T03:00:00Z",
            "delivery_error": None,
        },
        "rules": [{"name": "iam-alerting", "state": "ENABLED"}],
        "function": {
            "exists": True,
            "state": "Active",
            "last_modified": "2026-03-02T09:14:05Z",
            "code_as_desired": True,
        },
        "subscribers": [subscriber("confirmed")],
        "dead_letters": 0,
        "alarms": [{"name": "iam-alerting/dead-letters", "state": "OK", "since": "2026-03-14T03:00:00Z"}],
        "waiting": None,
        "last_alert": "2026-03-14T03:00:00Z",
        "drift": [],
    }


GONE = event_rule.Live("iam-alerting", "default", "", event_rule.RuleSet())
UNPERMITTED = event_rule.Live("iam-alerting", "default", "", event_rule.RuleSet(rules().found.rules))
DEAF: dict[str, tuple[str, Any, str]] = {
    "no trail": ("trail", None, "there is no trail iam-alerting"),
    "stopped": ("trail", {**TRAIL, "IsLogging": False}, "trail iam-alerting is not logging"),
    "no IAM": ("trail", {**TRAIL, "IncludeGlobalServiceEvents": False}, "trail iam-alerting leaves out events of IAM"),
    "no rule": ("rule", GONE, "there is no rule iam-alerting"),
    "disabled": ("rule", rules(State="DISABLED"), "rule iam-alerting is disabled"),
    "no target": ("rule", rules(Targets={}), "rule iam-alerting has lost its target"),
    "no permission": ("rule", UNPERMITTED, "rule iam-alerting may not invoke the function"),
    "no role": ("execution_role", None, "there is no role iam-alerting-function"),
    "no function": ("function", None, "there is no function iam-alerting"),
    "failed": (
        "function",
        {**LAMBDA, "State": "Failed", "StateReason": "The key is disabled."},
        "function iam-alerting has failed: The key is disabled.",
    ),
    "throttled": (
        "function",
        {**LAMBDA, "ReservedConcurrentExecutions": 0},
        "function iam-alerting never runs: its reserved concurrency is 0",
    ),
    "former role": (
        "function",
        {**LAMBDA, "Role": f"former {LAMBDA['Role']}"},
        "function iam-alerting cannot run: its role is gone, or was made anew",
    ),
    "pending": ("topic", subscribed({**SECOPS, "State": "pending"}), "no subscriber has confirmed"),
    "no topic": ("topic", None, "there is no topic iam-alerting"),
}


@pytest.mark.parametrize(("component", "live", "told"), DEAF.values(), ids=DEAF)
def test_what_makes_an_account_deaf_comes_first(component: str, live: Any, told: str) -> None:
    assert problems(**{component: live})[0] == ("deaf", told)
    assert status(**{component: live})["status"] == "deaf"


def test_one_subscriber_who_confirmed_is_enough_to_hear() -> None:
    other = {**SECOPS, "Endpoint": "other@example.com"}
    found = status(topic=subscribed({**SECOPS, "State": "pending"}, other))
    assert found["status"] == "deaf"  # the other one is not on the list
    assert found["subscribers"] == [subscriber("unexpected", endpoint="other@example.com"), subscriber("pending")]


@pytest.mark.parametrize(("purge", "kind"), [(True, "drift"), (False, "unexpected")])
def test_a_missing_and_an_unexpected_subscriber_are_named(purge: bool, kind: str) -> None:
    topic = subscribed({**SECOPS, "Endpoint": "other@example.com"})
    found = problems(None, {"purge_subscribers": purge}, topic=topic)
    assert ("drift", "missing: secops@example.com") in found
    assert (kind, "not on the list: other@example.com") in found


def test_what_is_known_of_a_subscriber_is_told_with_it() -> None:
    lost = subscriber("lost", asked="2026-03-14T03:07:42Z", note="unsubscribed 2026-03-15 04:00 UTC by user/alice")
    late = subscriber("pending", endpoint="late@example.com", asked="2026-03-14T03:07:42Z")
    plan = Plan({"topic": Change({}, {})}, ("topic",), (lost, late), {"topic": subscribed(SECOPS)}, DESIRED)
    found = account_status(Settings(**SETTINGS), plan, None)
    assert [problem["what"] for problem in found["problems"]] == [
        "lost: secops@example.com (unsubscribed 2026-03-15 04:00 UTC by user/alice)",
        "not confirmed: late@example.com (asked 2026-03-14 03:07 UTC)",
    ]


def test_the_rest_of_what_somebody_has_to_see_to() -> None:
    queue = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    trail = {**TRAIL, "LatestDeliveryError": "AccessDenied"}
    changes = {"bucket": Change({"Versioning": None}, {"Versioning": "Enabled"})}
    assert problems(changes, queue=queue, trail=trail) == [
        ("dead_letters", "dead letters: 3 in iam-alerting-dlq"),
        ("drift", "differs: bucket"),
        ("delivery", "log files are not delivered: AccessDenied"),
    ]


def test_another_code_is_told() -> None:
    change = Change({"CodeSha256": "other"}, {"CodeSha256": "hash of the zip"})
    assert status({"function": change})["function"]["code_as_desired"] is False


def test_an_alarm_is_told_by_what_it_says() -> None:
    firing = {**ALARM, "StateValue": "ALARM"}
    pending = {"StateValue": "INSUFFICIENT_DATA"}
    found = status(alarms={"iam-alerting/dead-letters": firing, "iam-alerting/unheard": pending})
    assert found["problems"] == [
        {
            "kind": "alarm",
            "what": "alarm iam-alerting/dead-letters: alerts were not delivered; their events wait in the queue "
            "iam-alerting-dlq for 14 days at most",
        }
    ]
    assert [each["state"] for each in found["alarms"]] == ["ALARM", "INSUFFICIENT_DATA"]
    described = {**firing, "AlarmDescription": "Somebody's own."}
    assert problems(alarms={"iam-alerting/dead-letters": described}) == [
        ("alarm", "alarm iam-alerting/dead-letters: Somebody's own.")
    ]


def test_a_fallback_that_has_not_confirmed_is_named() -> None:
    waiting = {"Protocol": "email", "Endpoint": "on-call@example.com", "State": "pending"}
    assert problems(fallback_topic=subscribed(waiting)) == [("pending", "fallback not confirmed: on-call@example.com")]


def test_an_account_without_anything_is_told_in_one_go() -> None:
    nothing = {**dict.fromkeys(LIVE), "rule": GONE}
    plan = Plan(dict.fromkeys(LIVE, Change({}, {"all": 1})), (), (), nothing, DESIRED)
    found = account_status(Settings(**SETTINGS), plan, None)
    assert [problem["what"] for problem in found["problems"] if problem["kind"] == "deaf"] == ["nothing is deployed"]


def test_what_was_not_looked_at_is_unknown_and_no_problem() -> None:
    plan = Plan({"bucket": Change({}, {})}, ("bucket",), (), {"bucket": {}}, DESIRED)
    found = account_status(Settings(**SETTINGS), plan, None)
    assert found["problems"] == []
    for part in ("trail", "rules", "function", "subscribers", "dead_letters", "alarms", "last_alert"):
        assert found[part] is None


def test_an_unreadable_account_has_the_same_keys() -> None:
    found = unreadable("111111111111", "production", "no access")
    assert found.keys() == status().keys()
    assert found["problems"] == [{"kind": "unreadable", "what": "no access"}]


def test_json_can_hold_it() -> None:
    assert json.loads(json.dumps(status())) == status()


@pytest.mark.parametrize(
    ("grouping", "reasons"),
    [
        ({"event_queue": {}, "event_source_mapping": {"Mapping": {"Enabled": True}}}, []),
        (
            {"event_queue": None, "event_source_mapping": {"Mapping": {"Enabled": True}}},
            ["there is no queue iam-alerting-events"],
        ),
        (
            {"event_queue": {}, "event_source_mapping": {"Mapping": {"Enabled": False}}},
            ["nothing takes the events from the queue to the function"],
        ),
        (
            {"event_queue": {}, "event_source_mapping": None},
            ["nothing takes the events from the queue to the function"],
        ),
    ],
)
def test_grouping_is_deaf_without_its_queue_and_mapping(grouping: dict[str, Any], reasons: list[str]) -> None:
    plan = Plan({}, ("topic",), (), grouping, stack(group_seconds=300))
    assert deaf.reasons(Settings(**SETTINGS), plan) == reasons


def test_without_grouping_queue_and_mapping_are_not_missed() -> None:
    plan = Plan({}, ("topic",), (), {"event_queue": None, "event_source_mapping": None}, DESIRED)
    assert deaf.reasons(Settings(**SETTINGS), plan) == []


MEMBER_SETTINGS = Settings(**{**SETTINGS, "topology": Topology(MEMBER, hub="999999999999")})
NOTHING = {"key": None, "bucket": None, "trail": None, "queue": None, "forwarding_role": None, "tampering_rule": None}


def test_a_member_is_deaf_without_its_rule_and_misses_no_topic() -> None:
    desired = desired_stack(MEMBER_SETTINGS)
    queue = desired["rule"]["Targets"][0]["arn"]
    no_rules = event_rule.Live("iam-alerting", "default", "", event_rule.RuleSet({}, {}))
    sending = rules(Targets={"function": {"Arn": queue}})
    live = {**NOTHING, "trail": TRAIL, "forwarding_role": {}, "rule": sending}
    told = [
        deaf.reasons(MEMBER_SETTINGS, Plan({}, present, (), found, desired))
        for present, found in (
            (("rule",), live),
            (("trail",), {**live, "rule": no_rules}),
            ((), {**NOTHING, "rule": no_rules}),
        )
    ]
    assert told == [[], ["there is no rule iam-alerting"], ["nothing is deployed"]]


ORGANIZATIONS = {**TRAIL, "Title": "all of account 999999999999", "Remarks": [], "LatestDeliveryError": "AccessDenied"}


def test_a_trail_of_others_that_serves_is_told_and_its_log_files_are_not_our_business() -> None:
    found = status(trails=Trails(mode=EXISTING, in_use=ORGANIZATIONS), desired=stack(trail=EXISTING), trail=None)
    assert found["problems"] == []
    assert found["trail"]["name"] == "all of account 999999999999"
    assert found["trail"]["own"] is False
    assert found["trail"]["logging"] is True


@pytest.mark.parametrize("mode", [EXISTING, CREATE])
def test_without_any_trail_that_serves_an_account_is_deaf(mode: str) -> None:
    trails = Trails(mode=mode, objections=["others: it is not logging"])
    found = problems(trails=trails, desired=stack(trail=mode), trail=None)
    assert ("deaf", "no trail that is there serves: others: it is not logging") in found


def test_a_key_that_is_asked_for_and_cannot_be_used_is_deafness() -> None:
    wanted = stack(customer_key=True)["key"]
    assert deaf._key({"KeyState": "Enabled"}, wanted) == []
    assert deaf._key(None, wanted) == ["there is no key alias/iam-alerting"]
    (said,) = deaf._key({"KeyState": "PendingDeletion"}, wanted)
    assert said == "key alias/iam-alerting cannot be used: its state is PendingDeletion"
    # One that only stays does not matter.
    assert deaf._key({"KeyState": "PendingDeletion"}, DESIRED["key"]) == []


def test_a_hub_that_stands_by_says_for_whom_and_how_many_wait() -> None:
    topology = Topology(HUB, organization="o-abcdefghij", hub="999999999999")
    settings = {"group_seconds": 300, "topology": topology}
    waiting = {"ApproximateNumberOfMessages": "7", "ApproximateNumberOfMessagesNotVisible": "1"}
    mapping = {"Mapping": {"Enabled": False}}
    found = status(settings=settings, desired=stack(**settings), event_queue=waiting, event_source_mapping=mapping)
    assert found["waiting"] == 8
    assert ("standby", "stands by for the hub 999999999999, events that wait: 8") in [
        (problem["kind"], problem["what"]) for problem in found["problems"]
    ]
    assert "nothing takes the events" not in str(found["problems"])


@pytest.mark.parametrize(
    ("rule", "reasons"),
    [
        (None, ["there is no rule iam-alerting-members on event bus iam-alerting"]),
        ({"State": "DISABLED"}, ["rule iam-alerting-members is disabled"]),
        ({"Targets": {}}, ["rule iam-alerting-members has lost its target"]),
        ({}, []),
    ],
)
def test_a_hub_with_an_event_bus_is_deaf_without_the_rule_on_it(
    rule: dict[str, Any] | None, reasons: list[str]
) -> None:
    desired = stack(group_seconds=300, topology=Topology(HUB, organization="o-abcdefghij", entries=("event_bus",)))
    target = {"queue": {"Arn": desired["members_rule"]["Targets"][0]["arn"]}}
    there = {} if rule is None else {"iam-alerting-members": {"State": "ENABLED", "Targets": target, **rule}}
    live = event_rule.Live("iam-alerting-members", "iam-alerting", "", event_rule.RuleSet(there))
    plan = Plan({}, ("topic",), (), {"members_rule": live}, desired)
    assert deaf.reasons(Settings(**SETTINGS), plan) == reasons
