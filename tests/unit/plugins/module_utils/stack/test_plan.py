"""What the plan makes of components that are not wanted, and in which order it wants all done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import key, plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import REMOVAL, Plan, reported_diff
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import (
    GROUPING,
    OPTIONAL,
    stack,
)

OFF = stack(alarms=False)
TABLE, QUEUE = OFF["table"]["TableArn"], OFF["event_queue"]["QueueArn"]
NOTHING = Change({}, {})
DIFFERS = Change({"a": 1}, {"a": 2})


# The tagging service knows of no roles.
OF_NO_TAG = "forwarding_role"
KNOWN_BY_TAG = [name for name in OPTIONAL if name != OF_NO_TAG]


class NoClients(dict[str, Any]):
    """Whoever asks for a client would read."""

    def __missing__(self, service: str) -> Any:
        raise AssertionError(f"reads {service}")


def read(tagged: Mapping[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The unwanted components that are read if the tagging service knows of these resources."""
    found = set()
    for name in KNOWN_BY_TAG:
        monkeypatch.setattr(COMPONENTS[name], "live", lambda _account, _desired, name=name: found.add(name))
        plan._live(Account(NoClients(), tagged), name, OFF[name])
    return found


def test_what_nobody_wants_and_nobody_knows_of_is_not_read() -> None:
    account = Account(NoClients(), {OFF["queue"]["QueueArn"]: {}})
    assert [plan._live(account, name, OFF[name]) for name in KNOWN_BY_TAG] == [None] * len(KNOWN_BY_TAG)


@pytest.mark.parametrize(
    ("tagged", "names"),
    [
        ((TABLE, QUEUE), set(GROUPING)),
        # The mapping is removed first: it may be there as long as one of the others is.
        ((TABLE,), {"table", "event_source_mapping"}),
        ((QUEUE,), {"event_queue", "event_source_mapping"}),
        ((OFF["fallback_topic"]["TopicArn"],), {"fallback_topic"}),
        ((OFF["event_bus"]["Arn"],), {"event_bus"}),
        ((OFF["members_rule"]["Arn"],), {"members_rule"}),
        ((f"{OFF['alarms']['ArnPrefix']}unheard",), {"alarms"}),
    ],
)
def test_what_the_tagging_service_knows_of_is_looked_for(
    tagged: tuple[str, ...], names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read({arn: {} for arn in tagged}, monkeypatch) == names


@pytest.mark.parametrize(
    ("sending", "looked_for"),
    [({}, False), ({"topology": Topology(MEMBER, hub="999999999999")}, True), ({"topology": Topology(HUB)}, False)],
)
def test_the_role_of_a_member_is_looked_for_if_rules_say_that_they_send_to_a_hub(
    sending: dict[str, Any], looked_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr(COMPONENTS[OF_NO_TAG], "live", lambda _account, _desired: found.append(OF_NO_TAG))
    account = Account(NoClients(), {})
    account.once("rules", lambda: [stack(**sending)[name] for name in ("rule", "tampering_rule")])
    plan._live(account, OF_NO_TAG, OFF[OF_NO_TAG])
    assert bool(found) == looked_for


@pytest.mark.parametrize("name", OPTIONAL)
def test_unwanted_and_there_is_a_removal_and_not_there_is_none(name: str) -> None:
    there: Any = {"TableName": "iam-alerting-groups"}
    if name == "members_rule":
        there = event_rule.Live("", "", "", event_rule.RuleSet({"iam-alerting-members": {}}))
    assert plan._difference(name, there, OFF[name]) == REMOVAL
    assert not plan._difference(name, None, OFF[name])


@pytest.mark.parametrize("name", ["rule", "heartbeat_rule", "tampering_rule"])
def test_rules_that_are_gone_or_were_not_read_are_not_there(name: str) -> None:
    none = event_rule.Live("iam-alerting", "default", "", event_rule.RuleSet())
    some = dataclasses.replace(none, found=event_rule.RuleSet({"iam-alerting": {}}))
    assert [plan._is_there(name, live) for live in (None, none, some)] == [False, False, True]


def test_what_goes_comes_last_and_in_reverse() -> None:
    changes = {name: REMOVAL if name in OPTIONAL else DIFFERS for name in COMPONENTS} | {"topic": NOTHING}
    differing = list(Plan(changes, (), ()).differing)
    assert differing == [
        "key",
        "bucket",
        "trail",
        "queue",
        "log_group",
        "execution_role",
        "function",
        "forwarders",
        "rule",
        "heartbeat_rule",
        "tampering_rule",
        "member_stack_set",
        "alarms",
        "forwarding_role",
        "members_rule",
        "event_bus",
        "event_source_mapping",
        "event_queue",
        "table",
        "fallback_topic",
    ]


def test_what_comes_is_there_before_the_rule_needs_it() -> None:
    differing = list(Plan({name: DIFFERS for name in COMPONENTS}, (), ()).differing)
    assert [name for name in differing if name in (*GROUPING, "function", "rule")] == [
        "table",
        "event_queue",
        "function",
        "event_source_mapping",
        "rule",
    ]


def test_the_diff_says_that_a_component_is_to_be_removed() -> None:
    (entry,) = reported_diff("table", REMOVAL)
    assert entry["before_header"] == "table (live)"
    assert entry["after_header"] == "table (to be removed)"
    assert entry["before"]
    assert entry["after"] == ""


NEW = Change({}, {"b": {"y": [1], "x": 2}, "a": "text"})
CHANGED = Change({"Left": "x", "Kept": 1}, {"Kept": 2, "Added": "y"})


def test_the_diff_of_what_is_new_is_one_entry_and_of_what_changes_one_for_each_attribute() -> None:
    assert reported_diff("table", REMOVAL)[0]["before"] == "State: present\n"
    (entry,) = reported_diff("table", NEW)
    assert entry == {
        "before_header": "table (absent)",
        "after_header": "table (desired)",
        "before": "",
        "after": 'a: text\nb: {\n  "x": 2,\n  "y": [\n    1\n  ]\n}\n',
    }
    assert [tuple(each.values()) for each in reported_diff("table", CHANGED)] == [
        ("table Added (absent)", "table Added (desired)", "", "y\n"),
        ("table Kept (live)", "table Kept (desired)", "1\n", "2\n"),
        ("table Left (live)", "table Left (to be removed)", "x\n", ""),
    ]


def test_what_json_has_no_word_for_is_shown_as_text() -> None:
    (entry,) = reported_diff("trail", Change({}, {"Time": date(2026, 3, 14)}))
    assert entry["after"] == 'Time: "2026-03-14"\n'


KEYS = [f"arn:aws:kms:us-east-1:111111111111:key/{number}" for number in (1, 2)]
ENABLED = {"KeyId": "1", "Arn": KEYS[0], "KeyState": "Enabled", "AliasName": "alias/iam-alerting"}


def test_a_key_that_nobody_wants_and_nobody_knows_of_is_not_read() -> None:
    assert key.find(NoClients(), {OFF["queue"]["QueueArn"]: {}}, OFF["key"]) is None
    assert plan._live(Account(NoClients(), {}), "key", OFF["key"]) is None


def test_a_key_that_is_wanted_no_more_is_neither_changed_nor_removed_but_by_a_teardown() -> None:
    assert plan._difference("key", {**ENABLED, "KeyState": "Disabled"}, OFF["key"]) == NOTHING
    assert plan._difference("key", None, OFF["key"]) == NOTHING
    assert plan._is_there("key", ENABLED)


def test_a_key_that_is_to_be_deleted_is_there_no_more_and_differs_where_it_is_wanted() -> None:
    wanted = stack(customer_key=True)["key"]
    pending = {**wanted, **ENABLED, "KeyState": "PendingDeletion"}
    assert not plan._is_there("key", pending)
    assert plan._difference("key", pending, wanted).after == {"KeyState": "Enabled"}


class Kms:
    """Knows some keys by ARN, and none by alias."""

    def __init__(self, states: Mapping[str, str]) -> None:
        self.states = states

    def describe_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803
        if KeyId not in self.states:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": ""}}, "DescribeKey")
        return {"KeyMetadata": {"KeyId": KeyId[-1], "Arn": KeyId, "KeyState": self.states[KeyId]}}


def test_a_key_without_alias_is_found_by_the_tagging_service_and_one_that_can_be_used_before_others() -> None:
    tagged = {OFF["queue"]["QueueArn"]: {}, KEYS[0]: {}, KEYS[1]: {}}
    found = key.find(Kms({KEYS[0]: "PendingDeletion", KEYS[1]: "Enabled"}), tagged, OFF["key"])
    assert found is not None
    assert (found["Arn"], found["AliasName"]) == (KEYS[1], "")
    assert key.find(Kms({}), tagged, OFF["key"]) is None
