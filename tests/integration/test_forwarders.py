"""Events of other regions reach the pipeline, of an account alone and of a hub's member; and regions come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account, resources, rules

ADDRESS, HUB_ADDRESS = "regions@example.com", "hub-of-regions@example.com"
ACTIONS = ["signin:ConsoleLogin", "cloudtrail:StopLogging"]
SECONDS = 5
QUIET = 1.5
LISTED = ["eu-west-1", "us-west-2"]
ELSEWHERE = "ap-south-1"
NAME = "iam-alerting-forwarder"


class World:
    """An account alone, a hub and its member; the first and the last forward."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.alone, self.hub, self.member = (open_account() for _number in range(3))
        organization = self.hub.client("organizations").describe_organization()["Organization"]["Id"]
        hub = {"iam_alerting_subscribers": [HUB_ADDRESS], "iam_alerting_organization": organization}
        self.hosts: dict[str, dict[str, Any]] = {
            "alone": {"account_id": self.alone.id, "iam_alerting_subscribers": [ADDRESS]},
            "hub": {"account_id": self.hub.id, "iam_alerting_group_seconds": SECONDS, **hub},
            "payments": {"account_id": self.member.id},
        }
        for host in ("alone", "payments"):
            self.hosts[host]["iam_alerting_forwarding_regions"] = LISTED
        playbooks.begun({name: self.hosts[name] for name in ("alone", "hub")})
        self.first = self.run("deploy")
        assert self.first.status == 0, self.first.output
        for address in (ADDRESS, HUB_ADDRESS):
            sandbox.confirm(address)

    def run(self, playbook: str, *options: str) -> Run:
        hosts = {name: {"iam_alerting_actions": ACTIONS, **variables} for name, variables in self.hosts.items()}
        return self.playbooks.run(playbook, hosts, *options, groups={"hub": ["hub"], "members": ["payments"]})

    def reads(self) -> list[tuple[str, str]]:
        """What was read of the account alone, and where."""
        return [(call["eventName"], call["awsRegion"]) for call in self.sandbox.calls(self.alone.id)]


@pytest.fixture(scope="module")
def world(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[..., Account]) -> World:
    return World(sandbox, playbooks, open_account)


def sign_in(sandbox: Sandbox, account: Account, region: str) -> None:
    record = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "accountId": account.id, "userName": "mallory"},
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": region,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No"},
        "eventID": f"{account.id}-{region}",
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": account.id,
        "eventCategory": "Management",
    }
    assert sandbox.put_record(record, "AWS Console Sign In via CloudTrail")


def test_an_alert_names_the_region_that_a_trail_was_stopped_in(world: World) -> None:
    client = world.alone.client("cloudtrail", "eu-west-1")
    with pytest.raises(client.exceptions.TrailNotFoundException):
        client.stop_logging(Name="of-another-team")
    (mail,) = world.sandbox.wait_for_mails(ADDRESS)
    assert "cloudtrail:StopLogging" in str(mail["Subject"])
    assert "eu-west-1" in mail.get_content()


def test_a_sign_in_of_a_region_on_the_list_is_told_of_once_and_no_other(world: World) -> None:
    before = len(world.sandbox.mails(ADDRESS))
    for region in ("us-west-2", ELSEWHERE):
        sign_in(world.sandbox, world.alone, region)
    world.sandbox.wait_for_mails(ADDRESS, before + 1)
    time.sleep(QUIET)
    (mail,) = world.sandbox.mails(ADDRESS)[before:]
    assert "signin:ConsoleLogin" in str(mail["Subject"])
    assert "us-west-2" in mail.get_content()


def test_what_a_member_forwards_home_goes_on_to_the_hub(world: World) -> None:
    sign_in(world.sandbox, world.member, "eu-west-1")
    (mail,) = world.sandbox.wait_for_mails(HUB_ADDRESS, timeout=60)
    assert f"payments ({world.member.id})" in str(mail["Subject"])
    assert "eu-west-1" in mail.get_content()


def test_a_second_run_writes_nothing_and_reads_the_listed_regions_only(world: World) -> None:
    world.sandbox.clear_calls()
    run = world.run("deploy")
    assert run.status == 0, run.output
    assert set(run.changed().values()) == {0}, run.output
    assert world.sandbox.calls(writes=True) == []
    reads = world.reads()
    assert {region for _name, region in reads} == {"us-east-1", *LISTED}
    assert reads.count(("ListRegions", "us-east-1")) == 1
    for region in LISTED:
        assert sorted(name for name, where in reads if where == region) == [
            "ListRules",
            "ListTagsForResource",
            "ListTargetsByRule",
        ]


def test_a_region_that_is_not_enabled_stops_the_account_before_anything_is_changed(world: World) -> None:
    world.sandbox.clear_calls()
    run = world.run("deploy", "--limit", "alone", "-e", '{"iam_alerting_forwarding_regions": ["eu-south-1"]}')
    assert run.status != 0
    assert "has eu-south-1, which is not enabled in account" in run.outcome("alone"), run.output
    assert world.sandbox.calls(world.alone.id, writes=True) == []


def test_a_region_off_the_list_loses_its_rule_and_the_last_one_the_role(world: World) -> None:
    world.hosts["alone"]["iam_alerting_forwarding_regions"] = ["us-west-2"]
    assert world.run("deploy", "--limit", "alone").outcome("alone") == "changed: forwarders, rule"
    assert rules(world.alone.client("events", "eu-west-1")) == {}
    assert set(rules(world.alone.client("events", "us-west-2"))) == {NAME}
    world.hosts["alone"]["iam_alerting_forwarding_regions"] = []
    checked = world.run("deploy", "--limit", "alone", "--check", "--diff")
    assert checked.outcome("alone") == "would change: forwarders, rule, tampering_rule"
    assert "forwarders Regions (to be removed)" in checked.output
    assert set(rules(world.alone.client("events", "us-west-2"))) == {NAME}
    assert world.run("deploy", "--limit", "alone").outcome("alone") == "changed: forwarders, rule, tampering_rule"
    assert rules(world.alone.client("events", "us-west-2")) == {}
    assert NAME not in resources(world.alone)["roles"]


def test_without_a_list_nothing_is_read_for_it(world: World) -> None:
    world.sandbox.clear_calls()
    assert world.run("deploy", "--limit", "alone").outcome("alone") == "in sync"
    reads = world.reads()
    assert {region for _name, region in reads} == {"us-east-1"}
    assert "ListRegions" not in [name for name, _region in reads]


def test_teardown_finds_forwarders_that_the_list_no_longer_names(world: World) -> None:
    world.hosts["payments"]["iam_alerting_forwarding_regions"] = ["eu-west-1"]
    run = world.run("teardown", "--limit", "payments")
    assert run.status == 0, run.output
    for region in LISTED:
        assert rules(world.member.client("events", region)) == {}
    assert {kind for kind, live in resources(world.member).items() if live} == {"buckets"}
