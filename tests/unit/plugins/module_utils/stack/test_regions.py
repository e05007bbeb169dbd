"""Which regions forward their events: what is refused, and what is known without a read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import PARTITIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import regions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS, stack
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_plan import NoClients

STATES = {
    "us-east-1": "ENABLED_BY_DEFAULT",
    "us-west-2": "ENABLED_BY_DEFAULT",
    "eu-west-1": "ENABLED_BY_DEFAULT",
    "af-south-1": "ENABLED",
    "ap-east-1": "DISABLED",
    "mx-central-1": "ENABLING",
    "il-central-1": "DISABLING",
}


class Regions:
    """The client of an account with these regions."""

    def get_paginator(self, operation: str) -> Regions:
        assert operation == "list_regions"
        return self

    def paginate(self) -> Regions:
        return self

    def build_full_result(self) -> dict[str, Any]:
        return {"Regions": [{"RegionName": name, "RegionOptStatus": state} for name, state in STATES.items()]}


def settled(*wanted: str, before: tuple[str, ...] = ()) -> Settings:
    settings = Settings(**SETTINGS, forwarding_regions=wanted)
    return regions.settled({"account": Regions()}, settings, before)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], ()),
        ("", ()),
        (None, ()),
        ("all", ("all",)),
        (["all"], ("all",)),
        (["us-west-2", "eu-west-1", "us-west-2"], ("eu-west-1", "us-west-2")),
    ],
)
def test_a_list_is_each_region_once_and_in_order(value: object, expected: tuple[str, ...]) -> None:
    assert regions.check_forwarding_regions(value, "us-east-1") == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("eu-west-1", "is 'eu-west-1'. Give a list of regions, such as .eu-west-1., or all by itself."),
        ({"eu-west-1": 1}, "is .* Give a list of regions"),
        (["all", "eu-west-1"], "is .* Give a list of regions"),
        (["europe"], "has 'europe', which is no name of a region. Write it as AWS does"),
        (["cn-north-1"], "has 'cn-north-1', a region of partition aws-cn, but the pipeline is in us-east-1"),
        (["eu-west-1", "us-east-1"], "has 'us-east-1', the region of the pipeline.* Take it off the list"),
    ],
)
def test_what_could_never_forward_is_refused(value: object, told: str) -> None:
    with pytest.raises(SettingsError, match=f"iam_alerting_forwarding_regions {told}"):
        regions.check_forwarding_regions(value, "us-east-1")


@pytest.mark.parametrize("name", [name for name in PARTITIONS if name != "aws"])
def test_where_eventbridge_does_not_send_across_regions_only_nothing_is_taken(name: str) -> None:
    home = PARTITIONS[name].iam_region
    assert regions.check_forwarding_regions([], home) == ()
    with pytest.raises(SettingsError, match=rf"is 'all', but AWS does not say.* of partition {name} .*Leave it empty"):
        regions.check_forwarding_regions("all", home)


def test_without_any_nothing_is_read() -> None:
    settings = Settings(**SETTINGS)
    assert regions.settled(NoClients(), settings, ()) is settings


def test_all_is_what_the_account_has_enabled_but_for_the_pipelines_own() -> None:
    assert settled("all").forwarding_regions == ("af-south-1", "eu-west-1", "us-west-2")


@pytest.mark.parametrize(
    ("region", "told"),
    [
        (
            "ap-east-1",
            "not enabled in account 111111111111. Take it off the list, or enable it .*--region-name ap-east-1",
        ),
        ("il-central-1", "not enabled in account"),
        ("mx-central-1", "still being enabled in account 111111111111. Deploy again later"),
        ("eu-west-9", "which AWS does not know as a region of account 111111111111. Correct its name"),
    ],
)
def test_a_region_that_is_not_enabled_is_refused_before_anything_is_changed(region: str, told: str) -> None:
    with pytest.raises(AnsibleAWSError, match=f"has {region}, .*{told}.*Nothing was changed"):
        settled("eu-west-1", region)


@pytest.mark.parametrize(
    ("wanted", "before", "former"),
    [
        ((), ("eu-west-1", "us-west-2"), ("eu-west-1", "us-west-2")),
        (("us-west-2",), ("eu-west-1", "us-west-2"), ("eu-west-1",)),
        # Nobody can act there any more.
        ((), ("ap-east-1",), ()),
    ],
)
def test_what_was_on_the_list_before_is_cleared(
    wanted: tuple[str, ...], before: tuple[str, ...], former: tuple[str, ...]
) -> None:
    found = settled(*wanted, before=before)
    assert (found.forwarding_regions, found.former_regions) == (wanted, former)


@pytest.mark.parametrize("listed", [(), ("eu-west-1",), ("eu-west-1", "us-west-2")])
def test_the_rule_of_the_action_list_keeps_in_mind_where_forwarders_are(listed: tuple[str, ...]) -> None:
    rule = stack(forwarding_regions=listed)["rule"]
    others = [{"Name": "iam-alerting-2", "Description": " Also of ap-east-1."}, {"Name": "iam-alerting-tampering"}]
    assert regions.told_in([*others, rule], "iam-alerting") == list(listed)
    assert regions.told_in(others, "iam-alerting") == []


def test_the_description_has_room_for_all_regions_there_are() -> None:
    every = [f"ap-southeast-{number}" for number in range(10)] + [f"eu-central-{number}" for number in range(20)]
    hubs = Topology(MEMBER, hub="999999999999", standby="888888888888")
    rule = stack(forwarding_regions=tuple(every), topology=hubs, former="function")["rule"]
    assert len(rule["Description"]) <= 512


@pytest.mark.parametrize(
    ("topology", "refused"),
    [
        (Topology(MEMBER, hub="999999999999", entries=("event_bus", "queue")), True),
        (Topology(HUB, standby="999999999999", entries=("event_bus",)), True),
        (Topology(MEMBER, hub="999999999999", entries=("queue", "event_bus")), False),
        (Topology(HUB, entries=("event_bus",)), False),
        # There, nothing is forwarded whatever the variable says.
        (Topology(MEMBER, hub="999999999999", entries=("event_bus",), engine="stackset"), False),
    ],
)
def test_no_event_is_to_go_over_three_event_buses(topology: Topology, refused: bool) -> None:
    assert regions.check_forwarding_regions([], "us-east-1", topology) == ()
    if refused:
        with pytest.raises(SettingsError, match="EventBridge sends no event on to a third event bus"):
            regions.check_forwarding_regions(["eu-west-1"], "us-east-1", topology)
    else:
        assert regions.check_forwarding_regions(["eu-west-1"], "us-east-1", topology) == ("eu-west-1",)
