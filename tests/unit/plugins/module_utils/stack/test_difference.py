"""What each component calls a difference, and what it does not. Reading is tested against the sandbox."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS, check_components
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import by_attribute, reported_diff
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import SettingsError
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack

DESIRED = stack(group_seconds=300, heartbeat_minutes=15)
# Those that are compared by the code that their modules use, too.
SHARED = ["topic", "queue", "table", "event_queue"]
RULES = ["rule", "heartbeat_rule", "tampering_rule"]
PLAIN = [name for name in COMPONENTS if name not in (*SHARED, "event_source_mapping", *RULES)]
# What SNS and SQS tell of a resource beside the attributes that are compared.
TOPIC = {"KmsMasterKeyId": "", "Owner": "111111111111"}
QUEUE = {
    "KmsMasterKeyId": "",
    "KmsDataKeyReusePeriodSeconds": 300,
    "DelaySeconds": 0,
    "MaximumMessageSize": 1048576,
    "ReceiveMessageWaitTimeSeconds": 0,
    "VisibilityTimeout": 30,
    "RedrivePolicy": {},
    "RedriveAllowPolicy": {"redrivePermission": "allowAll"},
}


def live(name: str, **other: Any) -> dict[str, Any]:
    """The component as it is when it is in sync, but for C(other)."""
    document = copy.deepcopy(DESIRED[name])
    if name == "topic":
        subscriber = {"Protocol": "email", "Endpoint": "secops@example.com", "State": "confirmed"}
        document |= {**TOPIC, "Subscriptions": [subscriber]}
    if name in ("queue", "event_queue"):
        document = {**QUEUE, **document}
    if name == "table":
        keys = ("pk", "sk")
        document["AttributeDefinitions"] = [{"AttributeName": key, "AttributeType": "S"} for key in keys]
    return {**document, **other}


def difference(name: str, live_document: dict[str, Any] | None) -> Change:
    return COMPONENTS[name].difference(live_document, DESIRED[name])


@pytest.mark.parametrize("name", [*PLAIN, *SHARED])
def test_in_sync_is_no_difference(name: str) -> None:
    assert not difference(name, live(name))


@pytest.mark.parametrize("name", [*PLAIN, *SHARED])
def test_absent_is_a_difference_in_everything_and_has_no_before(name: str) -> None:
    change = difference(name, None)
    assert change.before == {}
    assert len(change.after) > 1


@pytest.mark.parametrize(
    ("name", "attribute"),
    [(name, attribute) for name in PLAIN if name != "log_group" for attribute in COMPONENTS[name].ATTRIBUTES],
)
def test_each_attribute_counts_and_alone_is_named(name: str, attribute: str) -> None:
    other = {} if isinstance(DESIRED[name][attribute], dict) else "other"
    other = [] if attribute == "LifecycleRules" else other
    change = difference(name, live(name, **{attribute: other}))
    assert set(by_attribute(change)) == {attribute}


@pytest.mark.parametrize("name", [*PLAIN, *SHARED])
def test_tags_of_others_are_left_alone(name: str) -> None:
    key = "tags" if name == "log_group" else "Tags"
    ours = DESIRED[name][key]
    assert not difference(name, live(name, **{key: {**ours, "owner": "somebody"}}))
    change = difference(name, live(name, **{key: {"team": "others", "owner": "somebody"}}))
    assert change.before == {key: {"team": "others"}}
    assert change.after == {key: ours}


def test_a_policy_is_compared_by_what_it_says() -> None:
    policy = copy.deepcopy(DESIRED["bucket"]["Policy"])
    policy["Statement"].reverse()
    assert not difference("bucket", live("bucket", Policy=policy))
    policy["Statement"][0]["Effect"] = "Allow"
    assert set(difference("bucket", live("bucket", Policy=policy)).after) == {"Policy"}


def test_a_subscription_that_nobody_asked_for_is_a_difference_and_its_password_is_masked() -> None:
    wanted = live("topic")["Subscriptions"]
    listener = {"Protocol": "https", "Endpoint": "https://me:secret@example.com/", "State": "confirmed"}
    change = difference("topic", live("topic", Subscriptions=[*wanted, listener]))
    assert set(change.before) == {"Subscriptions"}
    assert "secret" not in str(change)


ARN = "arn:aws:events:us-east-1:111111111111:rule/iam-alerting"


def no_rule(component: str = "rule") -> event_rule.Live:
    prefix = ARN.removesuffix("iam-alerting")
    return event_rule.Live(DESIRED[component]["Name"], "default", prefix, event_rule.RuleSet())


def live_rule(component: str = "rule", **other: Any) -> event_rule.Live:
    """The rule as it is when it is in sync, but for C(other)."""
    empty = no_rule(component)
    found = event_rule.desired(rule.options_of(DESIRED[component]), empty)
    rules = {name: {**document, **other} for name, document in found.rules.items()}
    return dataclasses.replace(empty, found=event_rule.RuleSet(rules, found.permissions))


def live_mapping(**other: Any) -> dict[str, Any]:
    """The mapping with its policy as it is when it is in sync, but for C(other)."""
    document = copy.deepcopy(DESIRED["event_source_mapping"])
    return {"Mapping": document, "PolicyDocument": document["PolicyDocument"], **other}


def test_mapping_and_policy_are_compared_each_for_itself() -> None:
    mapping = live_mapping()["Mapping"]
    assert not difference("event_source_mapping", live_mapping())
    stopped = {**mapping, "Enabled": False, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}
    change = difference("event_source_mapping", live_mapping(Mapping=stopped))
    assert set(change.after) == {"Enabled", "FilterCriteria"}
    assert set(difference("event_source_mapping", live_mapping(PolicyDocument={})).after) == {"PolicyDocument"}
    no_mapping = difference("event_source_mapping", live_mapping(Mapping=None))
    assert {"EventSourceArn", "ScalingConfig", "Tags"} <= set(no_mapping.after)
    assert "PolicyDocument" not in no_mapping.after
    nothing = difference("event_source_mapping", None)
    assert nothing.before == {}
    assert "PolicyDocument" in nothing.after


def test_a_table_with_other_keys_is_refused_and_not_compared() -> None:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    types = [{"AttributeName": "id", "AttributeType": "N"}]
    with pytest.raises(
        InvalidValueError, match=r"iam-alerting-groups has the keys id \(HASH, type N\) in place of pk, sk"
    ):
        difference("table", live("table", KeySchema=keys, AttributeDefinitions=types))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_in_sync_is_no_difference(name: str) -> None:
    assert not difference(name, live_rule(name))


@pytest.mark.parametrize("name", RULES)
def test_a_rules_attribute_is_named_with_the_rule(name: str) -> None:
    change = difference(name, live_rule(name, State="DISABLED"))
    own = DESIRED[name]["Name"]
    assert by_attribute(change)[f"{own} state"] == {"before": "DISABLED", "after": "ENABLED"}
    assert all(title in (f"{own} state", f"{own}-2 state", f"{own}-3 state") for title in by_attribute(change))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_not_there_is_new(name: str) -> None:
    change = difference(name, no_rule(name))
    assert change.before == {}
    assert DESIRED[name]["Name"] in change.after


def test_another_schedule_and_another_input_are_differences() -> None:
    change = difference("heartbeat_rule", live_rule("heartbeat_rule", ScheduleExpression="rate(1 day)", Targets={}))
    assert set(by_attribute(change)) == {
        "iam-alerting-heartbeat schedule_expression",
        "iam-alerting-heartbeat targets",
    }


def test_the_diff_of_an_attribute_says_whose_it_is() -> None:
    (entry,) = reported_diff("trail", Change({"IsLogging": False}, {"IsLogging": True}))
    assert entry == {
        "before_header": "trail IsLogging (live)",
        "after_header": "trail IsLogging (desired)",
        "before": "false\n",
        "after": "true\n",
    }


def test_the_tagging_service_is_believed_only_if_all_is_well() -> None:
    account = Account({}, {"one": {"a": "1", "b": "2"}, "two": {"a": "0"}})
    assert account.tags("one", {"a": "1"}, lambda: {})["a"] == "1"
    assert account.tags("two", {"a": "1"}, lambda: {"a": "1"}) == {"a": "1"}
    assert account.tags("three", {"a": "1"}, lambda: {}) == {}


def test_components_keep_their_order_and_none_means_all() -> None:
    assert check_components([]) == list(COMPONENTS)
    assert check_components(["rule", "topic"]) == ["topic", "rule"]
    with pytest.raises(SettingsError, match="iam_alerting_components has 'lambda', which is no component"):
        check_components(["lambda"])
