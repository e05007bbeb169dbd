# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS partitions: where each one's IAM events are delivered, what its names look like, and what it lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """A partition.

    What is the same in all of them is no attribute: the principals of the services that act for the stack end on
    C(amazonaws.com) everywhere (AWS CDK, C(region-info); Terraform AWS provider, C(aws_service_principal)).

    Attributes:
        iam_region: IAM's signing region, as in botocore's endpoint rules. IAM is one service for a whole partition; its
            events reach EventBridge in this region only (AWS re:Post "use EventBridge rule across Regions").
        organizations_region: that of AWS Organizations, as in botocore's endpoint rules.
        dns_suffix: what the names of its endpoints end on, as in botocore's partition data.
        regions: what the names of its regions look like, as in botocore's partition data.
        routes_across_regions: whether EventBridge is known to send events from one region to another: "between any AWS
            Regions, except AWS GovCloud (US) and China" (AWS Compute Blog, "Expanding cross-Region event routing with
            Amazon EventBridge"). The European Sovereign Cloud has one region only.
        tags_mappings: whether Lambda's event source mappings can have tags. They cannot in China (Getting Started with
            AWS Services in China, "AWS Lambda") and GovCloud (AWS GovCloud (US) User Guide, "AWS Lambda").
    """

    iam_region: str
    organizations_region: str
    dns_suffix: str
    regions: str
    routes_across_regions: bool = False
    tags_mappings: bool = True


PARTITIONS: dict[str, Partition] = {
    "aws": Partition(
        "us-east-1",
        "us-east-1",
        "amazonaws.com",
        r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+",
        routes_across_regions=True,
    ),
    "aws-cn": Partition("cn-north-1", "cn-northwest-1", "amazonaws.com.cn", r"cn-\w+-\d+", tags_mappings=False),
    "aws-us-gov": Partition("us-gov-west-1", "us-gov-west-1", "amazonaws.com", r"us-gov-\w+-\d+", tags_mappings=False),
    "aws-eusc": Partition("eusc-de-east-1", "eusc-de-east-1", "amazonaws.eu", r"eusc-\w+-\w+-\d+"),
    "aws-iso": Partition("us-iso-east-1", "us-iso-east-1", "c2s.ic.gov", r"us-iso-\w+-\d+"),
    "aws-iso-b": Partition("us-isob-east-1", "us-isob-east-1", "sc2s.sgov.gov", r"us-isob-\w+-\d+"),
    "aws-iso-e": Partition("eu-isoe-west-1", "eu-isoe-west-1", "cloud.adc-e.uk", r"eu-isoe-\w+-\d+"),
    "aws-iso-f": Partition("us-isof-south-1", "us-isof-south-1", "csp.hci.ic.gov", r"us-isof-\w+-\d+"),
}


class UnknownPartitionError(ValueError):
    """The region belongs to no partition that is known."""


def partition_of(region: str) -> str:
    """The partition that a region's name belongs to, such as C(aws-cn) for C(cn-northwest-1).

    Raises:
        UnknownPartitionError: to none that is known.
    """
    for name, partition in PARTITIONS.items():
        if re.fullmatch(partition.regions, region):
            return name
    raise UnknownPartitionError(f"no partition has regions like {region!r}")


def iam_region(region: str) -> str:
    """The region to which the IAM events of I(region)'s partition are delivered.

    Raises:
        UnknownPartitionError: the region belongs to no partition that is known.
    """
    return PARTITIONS[partition_of(region)].iam_region


def via_service(service: str, region: str) -> list[str]:
    """What C(kms:ViaService) can say of a service in a region.

    AWS documents the name of partition C(aws) only (AWS KMS Developer Guide, "kms:ViaService"), and not whether the
    partition's own suffix stands there elsewhere: so there it may be either.
    """
    suffixes = dict.fromkeys(("amazonaws.com", PARTITIONS[partition_of(region)].dns_suffix))
    return [f"{service}.{region}.{suffix}" for suffix in suffixes]
