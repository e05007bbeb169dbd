# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS partitions: where each one's IAM events are delivered, and what its names look like."""

from __future__ import annotations

import re

# IAM's signing region per partition, as in botocore's endpoint rules. IAM is one service for a whole partition; its
# events reach EventBridge in this region only (AWS re:Post "use EventBridge rule across Regions").
IAM_REGIONS: dict[str, str] = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}

# What the names of a partition's regions look like, as in botocore's partition data.
_REGIONS: dict[str, str] = {
    "aws": r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+",
    "aws-cn": r"cn-\w+-\d+",
    "aws-us-gov": r"us-gov-\w+-\d+",
    "aws-eusc": r"eusc-\w+-\w+-\d+",
    "aws-iso": r"us-iso-\w+-\d+",
    "aws-iso-b": r"us-isob-\w+-\d+",
    "aws-iso-e": r"eu-isoe-\w+-\d+",
    "aws-iso-f": r"us-isof-\w+-\d+",
}


class UnknownPartitionError(ValueError):
    """The region belongs to no partition whose IAM region is known."""


def partition_of(region: str) -> str:
    """The partition that a region's name belongs to, such as C(aws-cn) for C(cn-northwest-1).

    Raises:
        UnknownPartitionError: to none that is known.
    """
    for partition, regions in _REGIONS.items():
        if re.fullmatch(regions, region):
            return partition
    raise UnknownPartitionError(f"no partition has regions like {region!r}")


def iam_region(region: str) -> str:
    """The region to which the IAM events of I(region)'s partition are delivered.

    Raises:
        UnknownPartitionError: the region belongs to no partition that is known.
    """
    return IAM_REGIONS[partition_of(region)]
