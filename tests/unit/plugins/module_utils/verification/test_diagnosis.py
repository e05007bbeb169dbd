# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order is looked for the cause, and that no more is read than is needed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import EXISTING
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import Trails
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.diagnosis import diagnose
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Journey, Line
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.verification.test_causes import rules

DESIRED = stack()


class Listener:
    filter_policy = {"action": ["iam:CreateUser"]}


class InOrder:
    """An account in which nothing is wrong. It remembers what was looked at; C(other) is what is wrong all the same."""

    listener = Listener()
    hub = ""
    group_seconds = 0
    components = list(DESIRED)

    def __init__(self, **other: Any) -> None:
        self._found = {
            "trails": Trails(),
            "trail": DESIRED["trail"],
            "function": {"ReservedConcurrentExecutions": None},
            "rules": rules(),
            "dead_letter": None,
            "last_error": "",
            "error_after": "",
            "differing": [],
            "is_recorded": True,
            "subscription": {"FilterPolicy": '{"action": ["iam:CreateUser"]}'},
            "queue_differs": [],
            **other,
        }
        self.read: list[str] = []

    def desired(self, component: str) -> Any:
        return DESIRED[component]

    def __getattr__(self, name: str) -> Any:
        self.read.append(name)
        found = self._found[name]
        if isinstance(found, Exception):
            raise found
        methods = ("dead_letter", "error_after", "differing", "is_recorded")
        return (lambda *arguments: found) if name in methods else found


LOOKS = ["trails", "trail", "function", "rules", "dead_letter", "last_error", "differing", "is_recorded"]


def journey(**entry: Any) -> Journey:
    line = Line({"requestID": "r", "messageId": "", **entry}, "stream", 0) if entry else None
    return Journey("iam:CreateUser", "some-name", 0.0, "r", line)


@pytest.mark.parametrize(
    ("wrong", "stage", "read"),
    [
        ({"trail": None}, "record", 1),
        ({"function": None}, "function", 2),
        ({"rules": rules(State="DISABLED")}, "rule", 3),
        ({"dead_letter": {"RULE_ARN": "arn", "ERROR_CODE": "NO_RESOURCE"}}, "rule", 4),
        ({"dead_letter": {"ErrorMessage": "no luck"}}, "function", 4),
        ({"last_error": "[ERROR] KeyError"}, "function", 5),
        ({"differing": ["function Handler"]}, "function", 6),
        ({"is_recorded": False}, "record", 7),
        ({}, "rule", 7),
    ],
)
def test_an_event_that_the_function_never_told_of(wrong: dict[str, Any], stage: str, read: int) -> None:
    evidence = InOrder(**wrong)
    assert diagnose(journey(), evidence).stage == stage  # type: ignore[arg-type]
    assert list(dict.fromkeys(evidence.read)) == LOOKS[: read + 1]


@pytest.mark.parametrize(
    ("entry", "stage", "read"),
    [
        ({"suppressedBy": {"name": "ci"}}, "function", []),
        ({"disposition": "grouped"}, "function", []),
        ({"disposition": "mailed"}, "topic", ["error_after", "differing"]),
        ({"messageId": "m-1"}, "queue", ["subscription", "queue_differs"]),
    ],
)
def test_an_event_that_the_function_told_of(entry: dict[str, Any], stage: str, read: list[str]) -> None:
    evidence = InOrder()
    assert diagnose(journey(**entry), evidence).stage == stage  # type: ignore[arg-type]
    assert evidence.read == read


@pytest.mark.parametrize(
    ("seconds", "window"), [(300, "iam_alerting_group_seconds (300)"), (0, "iam_alerting_group_seconds")]
)
def test_an_event_that_is_left_to_a_summary_can_be_verified_again(seconds: int, window: str) -> None:
    evidence = InOrder()
    evidence.group_seconds = seconds
    told = diagnose(journey(disposition="grouped"), evidence).remedy  # type: ignore[arg-type]
    assert told.startswith("Nothing is wrong with the function, ")
    assert told.endswith(f" Verify again after twice {window}: then the group's window is over.")
    assert "again" not in diagnose(journey(suppressedBy={"name": "ci"}), evidence).remedy  # type: ignore[arg-type]


def by_bus(**rule: Any) -> tuple[event_rule.Live, dict[str, Any]]:
    """The rule on the event bus of a hub as it is, but for C(rule), and as it is to be; without, there is none."""
    wanted = stack(topology=Topology(HUB, entries=("event_bus",)))["members_rule"]
    name, arn = wanted["Name"], wanted["Targets"][0]["arn"]
    there = {name: {"Name": name, "State": "ENABLED", "Targets": {"queue": {"Arn": arn}}, **rule}} if rule else {}
    return event_rule.Live(name, wanted["EventBusName"], "", event_rule.RuleSet(there)), wanted


class OfMember(InOrder):
    """The evidence of a member, whose events the hub alerts of."""

    hub = "999999999999"

    def __init__(self, **other: Any) -> None:
        super().__init__(**{"mapping": {"Enabled": True}, "members_rule": None, **other})


@pytest.mark.parametrize(
    ("wrong", "entry", "told"),
    [
        (
            {"function": None},
            {},
            "function: there is no function iam-alerting, in the hub 999999999999.",
        ),
        ({"mapping": None}, {}, "from the queue iam-alerting-events to the function, in the hub 999999999999."),
        ({"mapping": {"Enabled": False}}, {}, "stopped at the function: nothing takes the events from the queue "),
        (
            {"members_rule": by_bus()},
            {},
            "rule: there is no rule iam-alerting-members on the event bus iam-alerting, in",
        ),
        ({"members_rule": by_bus(State="DISABLED")}, {}, "the rule iam-alerting-members is disabled, in the hub 9999"),
        ({"members_rule": by_bus(Targets={})}, {}, "iam-alerting-events as its target, in the hub 999999999999."),
        ({"members_rule": by_bus(State="ENABLED")}, {}, "CloudTrail has the event"),
        ({"last_error": "no luck"}, {}, "the function failed: no luck, in the hub 999999999999."),
        ({"subscription": None}, {"messageId": "m-1"}, "to the topic is gone, in the hub 999999999999."),
        ({"error_after": "no luck"}, {"disposition": "mailed"}, "could not publish: no luck, in the hub 999999999999."),
        (
            {"differing": ["tampering_rule State"]},
            {},
            "function: not as deployed: tampering_rule State.",
        ),
    ],
)
def test_what_stopped_in_the_hub_says_so(wrong: dict[str, Any], entry: dict[str, Any], told: str) -> None:
    evidence = OfMember(**wrong)
    assert told in str(diagnose(journey(**entry), evidence))  # type: ignore[arg-type]


def test_what_cannot_be_read_is_said_and_hides_nothing() -> None:
    evidence = InOrder(rules=AnsibleAWSError(message="Failed to list the rules: AccessDenied"))
    assert "Failed to list the rules: AccessDenied" in diagnose(journey(), evidence).cause  # type: ignore[arg-type]


OTHERS = ["others: it is not logging"]


@pytest.mark.parametrize(
    ("trails", "told"),
    [
        (Trails(mode=EXISTING, objections=OTHERS), "deploy with iam_alerting_trail: create"),
        (Trails(objections=OTHERS), "Deploy again, that mends it."),
    ],
)
def test_a_trail_of_others_that_stopped_is_named_with_the_way_out(trails: Trails, told: str) -> None:
    evidence = InOrder(trails=trails, trail=None)
    finding = diagnose(journey(), evidence)  # type: ignore[arg-type]
    assert (finding.stage, finding.cause) == ("record", "no trail that is there serves: others: it is not logging")
    assert told in finding.remedy
    assert set(evidence.read) == {"trails"}


def test_a_trail_of_others_that_serves_is_named_where_all_else_is_right() -> None:
    trails = Trails(mode=EXISTING, in_use={"Title": "others of account 999999999999", "Remarks": ["not seen here"]})
    cause = diagnose(journey(), InOrder(trails=trails, trail=None)).cause  # type: ignore[arg-type]
    assert "trail others of account 999999999999 (not seen here) and rule are right" in cause
