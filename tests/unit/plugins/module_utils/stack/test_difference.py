"""What each component calls a difference, and what it does not. Reading is tested against the sandbox."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    ForeignResourceError,
    changed,
    refuse_foreign,
    tagged_resources,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import by_attribute, reported_diff
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error

DESIRED = stack(
    group_seconds=300,
    heartbeat_minutes=15,
    fallback="on-call@example.com",
    customer_key=True,
    topology=Topology(HUB, organization="o-abcdefghij", standby="999999999999", entries=("event_bus", "queue")),
)
# Those that are compared by the code that their modules use, too.
SHARED = ["topic", "fallback_topic", "queue", "table", "event_queue", "event_bus"]
RULES = ["rule", "heartbeat_rule", "tampering_rule", "members_rule"]
APART = (*SHARED, "event_source_mapping", "forwarders", "alarms", "member_stack_set", *RULES)
PLAIN = [name for name in COMPONENTS if name not in APART]
# What SNS and SQS tell of a resource beside the attributes that are compared.
TOPIC = {"Owner": "111111111111"}
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
    if name in ("topic", "fallback_topic"):
        (wanted,) = document["Subscriptions"]
        subscriber = {"Protocol": "email", "Endpoint": wanted["endpoint"], "State": "confirmed"}
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
    other: Any = {} if DESIRED[name][attribute] else {"other": "value"}
    other = other if isinstance(DESIRED[name][attribute], dict) else "other"
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


def test_a_subscription_that_nobody_asked_for_is_a_difference_only_if_it_is_to_go_and_its_password_is_masked() -> None:
    wanted = live("topic")["Subscriptions"]
    listener = {"Protocol": "https", "Endpoint": "https://me:secret@example.com/", "State": "confirmed"}
    with_listener = live("topic", Subscriptions=[*wanted, listener])
    assert not difference("topic", with_listener)
    change = COMPONENTS["topic"].difference(with_listener, stack(purge_subscribers=True, customer_key=True)["topic"])
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


def live_alarms() -> dict[str, Any]:
    """The alarms as they are when they are in sync; CloudWatch gives lists in its own order, and says what it has."""
    known = {"StateValue": "OK", "OKActions": [], "InsufficientDataActions": [], "ActionsEnabled": True}
    document = copy.deepcopy(DESIRED["alarms"])
    for alarm in document["Alarms"]:
        alarm.get("Metrics", []).reverse()
    return {alarm["AlarmName"]: {**known, **alarm, "Tags": dict(document["Tags"])} for alarm in document["Alarms"]}


def test_alarms_in_sync_are_no_difference() -> None:
    assert not difference("alarms", live_alarms())


def test_no_alarms_are_all_new() -> None:
    change = difference("alarms", None)
    assert change.before == {}
    assert set(change.after) == set(live_alarms())


@pytest.mark.parametrize("attribute", ["AlarmActions", "Threshold", "TreatMissingData", "AlarmDescription"])
def test_an_alarms_attribute_is_named_with_the_alarm(attribute: str) -> None:
    there = live_alarms()
    there["iam-alerting/dead-letters"][attribute] = [] if attribute == "AlarmActions" else "other"
    assert set(by_attribute(difference("alarms", there))) == {f"iam-alerting/dead-letters {attribute}"}


def test_what_an_alarm_has_beside_what_was_asked_for_counts() -> None:
    there = live_alarms()
    there["iam-alerting/dead-letters"] |= {"ActionsEnabled": False, "Unit": "Count"}
    name = "iam-alerting/dead-letters"
    assert set(by_attribute(difference("alarms", there))) == {f"{name} ActionsEnabled", f"{name} Unit"}


def test_an_expression_is_compared() -> None:
    there = live_alarms()
    there["iam-alerting/unheard"]["Metrics"][-1]["Expression"] = "published * 0"
    assert set(by_attribute(difference("alarms", there))) == {"iam-alerting/unheard Metrics"}


def test_an_alarm_that_is_missing_and_one_too_many_are_named() -> None:
    there = live_alarms()
    there["iam-alerting/old"] = there.pop("iam-alerting/unheard")
    change = difference("alarms", there)
    assert change.before["iam-alerting/unheard"] == {}
    assert "iam-alerting/old" in change.before
    assert set(change.after) == {"iam-alerting/unheard"}


def test_tags_of_others_on_an_alarm_are_left_alone() -> None:
    there = live_alarms()
    there["iam-alerting/unheard"]["Tags"]["owner"] = "somebody"
    assert not difference("alarms", there)
    there["iam-alerting/unheard"]["Tags"]["team"] = "others"
    change = difference("alarms", there)
    assert change.before == {"iam-alerting/unheard Tags": {"team": "others", "trailwatch": "iam-alerting"}}


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
    enabled = event_rule.ENABLED_WITH_READS if name == "members_rule" else event_rule.ENABLED
    assert by_attribute(change)[f"{own} state"] == {"before": "DISABLED", "after": enabled}
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


def not_read() -> dict[str, str]:
    raise AssertionError("reads the tags")


def test_tags_that_are_as_wanted_and_no_others_are_not_read() -> None:
    assert Account({}, {"one": {"a": "1"}}).tags("one", {"a": "1"}, not_read) == {"a": "1"}


def ours_among(*answers: Any) -> Any:
    """What the tagging service knows of the stack's resources, if it answers so, page after page."""
    with answering(GetResources=list(answers)) as calls:
        found = tagged_resources(boto3.client("resourcegroupstaggingapi", "us-east-1"), "iam-alerting")
    assert all(asked["TagFilters"] == [{"Key": "trailwatch", "Values": ["iam-alerting"]}] for _name, asked in calls)
    return found


def test_the_tagging_service_is_asked_for_what_has_our_tag() -> None:
    tags = [{"Key": "trailwatch", "Value": "iam-alerting"}, {"Key": "flag"}]
    found = [{"ResourceARN": "one", "Tags": tags}, {"ResourceARN": "two"}]
    assert ours_among({"ResourceTagMappingList": found}) == {
        "one": {"trailwatch": "iam-alerting", "flag": ""},
        "two": {},
    }
    assert ours_among({}) == {}


def test_a_page_of_the_tagging_service_may_be_empty_and_not_the_last() -> None:
    first = {"ResourceTagMappingList": [], "PaginationToken": "more"}
    assert ours_among(first, {"ResourceTagMappingList": [{"ResourceARN": "one"}], "PaginationToken": ""}) == {"one": {}}


def test_who_may_not_ask_the_tagging_service_is_told_what_for() -> None:
    with pytest.raises(AnsibleAWSError, match="list the resources with the tag trailwatch=iam-alerting"):
        ours_among(error("AccessDenied", "GetResources"))


ONE_WAY = {"Statement": [{"Effect": "Allow", "Action": ["a:B"], "Resource": "*"}]}
ANOTHER = {"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": ["*"]}]}


@pytest.mark.parametrize(("name", "same"), [("Policy", True), ("TrustDocument", True), ("Rules", False)])
def test_policies_are_compared_by_what_they_mean_and_nothing_else_is(name: str, same: bool) -> None:
    assert bool(changed({name: ONE_WAY}, {name: ANOTHER}, (name,))) is not same


OURS = {"trailwatch": "iam-alerting"}


def test_what_lacks_our_tag_and_is_unlike_ours_is_refused_with_the_ways_out() -> None:
    with pytest.raises(ForeignResourceError) as caught:
        refuse_foreign("topic iam-alerting", {"team": "x"}, OURS, "its display name is 'x'", "it changes")
    assert str(caught.value) == (
        "There is a topic iam-alerting that is not ours: its display name is 'x', and it has no tag trailwatch. Choose "
        "another iam_alerting_name. Or, to give the topic to the role, tag it trailwatch=iam-alerting; it changes. "
        "Nothing was changed"
    )


def test_a_kind_may_have_two_words() -> None:
    with pytest.raises(ForeignResourceError, match="Or, to give the stack set to the role, tag it"):
        refuse_foreign("stack set iam-alerting", {}, OURS, "its permissions are others", "it changes")


@pytest.mark.parametrize(("tags", "unlike"), [(OURS, "its display name is 'x'"), ({}, ""), (OURS, "")])
def test_either_alone_is_drift_and_is_mended(tags: dict[str, str], unlike: str) -> None:
    refuse_foreign("topic iam-alerting", tags, OURS, unlike, "it changes")
