"""The table of partitions against botocore's own data, and the whole stack of each partition and topology."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader

from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import (
    PARTITIONS,
    UnknownPartitionError,
    iam_region,
    partition_of,
    via_service,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import ALONE, HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

HUB_ID = "999999999999"
TOPOLOGIES = {
    "standalone": ALONE,
    "hub": Topology(HUB, organization="o-abcdefghij"),
    "member": Topology(MEMBER, hub=HUB_ID),
}
EVERYTHING = Settings(
    **SETTINGS,
    group_seconds=300,
    customer_key=True,
    fallback="on-call@example.com",
    heartbeat_minutes=15,
    forwarding_regions=("all",),
)
# The principals of services that are the same in every partition.
PRINCIPALS = {f"{name}.amazonaws.com" for name in ("cloudtrail", "cloudwatch", "events", "lambda")}


def known_partitions() -> list[dict[str, Any]]:
    return list(Loader().load_data("partitions")["partitions"])


def asked_at(service: str, operation: str, region: str) -> tuple[str, str]:
    """Where botocore sends a call to a service, and the region that it signs it for."""
    client = boto3.client(service, region_name=region, aws_access_key_id="any", aws_secret_access_key="any")
    seen: list[Any] = []

    def stop(request: Any, **_details: Any) -> None:
        seen.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        getattr(client, operation)()
    signature = seen[0].headers["Authorization"]
    return seen[0].url, (signature.decode() if isinstance(signature, bytes) else signature).split("/")[2]


@pytest.mark.parametrize("known", known_partitions(), ids=lambda known: str(known["id"]))
def test_regions_and_suffix_are_those_that_botocore_knows(known: Mapping[str, Any]) -> None:
    partition = PARTITIONS[known["id"]]
    assert partition.dns_suffix == known["outputs"]["dnsSuffix"]
    regions = [region for region in known["regions"] if not region.endswith("-global")]
    assert {partition_of(region) for region in regions} == {known["id"]}
    assert {iam_region(region) for region in regions} == {partition.iam_region}
    assert partition.iam_region in regions


@pytest.mark.parametrize("name", PARTITIONS)
def test_iam_and_organizations_are_asked_where_botocore_asks_them(name: str) -> None:
    partition = PARTITIONS[name]
    url, region = asked_at("organizations", "list_roots", partition.iam_region)
    assert region == partition.organizations_region
    assert url == f"https://organizations.{region}.{partition.dns_suffix}/"
    assert asked_at("iam", "list_users", partition.iam_region)[1] == partition.iam_region


@pytest.mark.parametrize("region", ["", "us-east", "xx-north-1", "local"])
def test_a_region_of_no_known_partition_is_refused(region: str) -> None:
    with pytest.raises(UnknownPartitionError, match=f"no partition has regions like '{region}'"):
        partition_of(region)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", ["sqs.us-east-1.amazonaws.com"]),
        ("us-gov-west-1", ["sqs.us-gov-west-1.amazonaws.com"]),
        ("cn-north-1", ["sqs.cn-north-1.amazonaws.com", "sqs.cn-north-1.amazonaws.com.cn"]),
        ("eusc-de-east-1", ["sqs.eusc-de-east-1.amazonaws.com", "sqs.eusc-de-east-1.amazonaws.eu"]),
    ],
)
def test_a_service_that_uses_a_key_is_named_in_full(region: str, expected: list[str]) -> None:
    assert via_service("sqs", region) == expected


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from (str(key), *texts_in(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str):
        yield value


def principals_in(value: Any) -> Iterator[str]:
    """The services that statements anywhere in the value let in."""
    if isinstance(value, Mapping):
        if isinstance(value.get("Principal"), Mapping):
            yield from texts_in(value["Principal"].get("Service", ""))
        for each in value.values():
            yield from principals_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from principals_in(each)


@pytest.mark.parametrize("name", PARTITIONS)
@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_the_stack_has_only_what_is_of_its_partition(name: str, topology: Topology) -> None:
    partition = PARTITIONS[name]
    documents = desired_stack(replace(EVERYTHING, region=partition.iam_region, topology=topology))
    text = json.dumps(documents)
    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {name}
    in_arns = re.findall(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):", text)
    assert set(in_arns) == {"", partition.iam_region}
    assert set(filter(None, principals_in(documents))) <= PRINCIPALS
    endpoints = [each for each in texts_in(documents) if re.search(rf"\.{partition.iam_region}\.", each)]
    suffixes = {each.split(f".{partition.iam_region}.")[1] for each in endpoints}
    assert suffixes == {"amazonaws.com", partition.dns_suffix}


@pytest.mark.parametrize("name", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"])
def test_a_mapping_has_tags_where_lambda_has_them(name: str) -> None:
    mapping = desired_stack(replace(EVERYTHING, region=PARTITIONS[name].iam_region))["event_source_mapping"]
    assert bool(mapping["Tags"]) is (name not in ("aws-cn", "aws-us-gov"))
