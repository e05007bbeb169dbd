"""Events of one region on the bus of another, and regions that are not enabled."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.small_pipeline import NAME, Account, allow, policy

HERE, HOME = "eu-west-1", "us-east-1"
PATTERN = {"source": ["aws.sns"], "detail": {"eventName": ["CreateTopic"]}}
QUIET = 0.5


def make_forwarder(account: Account, source: str = HERE, bus: str = "") -> None:
    """A rule in one region that sends to the bus of the other, by a role that is for rules of C(source)."""
    iam, events = account.client("iam"), account.client("events", HERE)
    bus = bus or account.arn("events", "event-bus/default")
    rule = account.arn("events", "rule/*", source)
    trust = {**allow("events.amazonaws.com", "sts:AssumeRole", None), "Condition": {"ArnLike": {"aws:SourceArn": rule}}}
    del trust["Resource"]
    role = iam.create_role(RoleName="forwarder", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    iam.put_role_policy(RoleName="forwarder", PolicyName="put", PolicyDocument=policy(may))
    events.put_rule(Name="forwarder", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="forwarder", Targets=[{"Id": "home", "Arn": bus, "RoleArn": role}])


def test_an_event_comes_as_it_was_to_the_other_region(account, messages):
    account.make_trail()
    account.watch(PATTERN)
    make_forwarder(account)
    account.client("sns", HERE).create_topic(Name="new")
    event, _attributes = messages(account, "seen")
    assert (event["region"], event["account"], event["source"]) == (HERE, account.id, "aws.sns")
    assert event["detail"]["awsRegion"] == HERE


def test_no_event_comes_unless_the_role_is_for_that_rule(account, messages):
    account.make_trail()
    account.watch(PATTERN)
    make_forwarder(account, source="us-west-2")
    account.client("sns", HERE).create_topic(Name="new")
    assert messages(account, "seen", QUIET) is None


def test_no_event_goes_on_to_a_third_bus(account, messages):
    account.make_trail()
    make_forwarder(account)
    events, third = account.client("events"), account.arn("events", "event-bus/third")
    events.create_event_bus(Name="third")
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": third}
    account.client("iam").put_role_policy(RoleName="forwarder", PolicyName="third", PolicyDocument=policy(may))
    role = f"arn:aws:iam::{account.id}:role/forwarder"
    events.put_rule(Name=NAME, EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule=NAME, Targets=[{"Id": "third", "Arn": third, "RoleArn": role}])
    queue = account.make_queue("seen", "events.amazonaws.com")
    events.put_rule(Name="third", EventBusName="third", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="third", EventBusName="third", Targets=[{"Id": "seen", "Arn": queue}])
    account.client("sns", HERE).create_topic(Name="new")
    assert messages(account, "seen", QUIET) is None


def test_a_bus_of_another_region_needs_a_role(account):
    events = account.client("events", HERE)
    events.put_rule(Name=NAME, EventPattern=json.dumps(PATTERN))
    with pytest.raises(ClientError, match="RoleArn is required"):
        events.put_targets(Rule=NAME, Targets=[{"Id": "home", "Arn": account.arn("events", "event-bus/default")}])


def test_a_region_that_has_to_be_enabled_is_not(account):
    listed = account.client("account").list_regions()["Regions"]
    states = {region["RegionName"]: region["RegionOptStatus"] for region in listed}
    assert (states[HOME], states["eu-south-1"]) == ("ENABLED_BY_DEFAULT", "DISABLED")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        account.client("events", "eu-south-1").list_rules()
