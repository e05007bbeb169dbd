# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS partitions: where each one's IAM events are delivered, and what its names look like."""

from __future__ import annotations

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

# What the names of a partition's regions begin with; "aws" has the rest.
_REGION_PREFIXES: dict[str, str] = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """The partition that a region's name belongs to, such as C(aws-cn) for C(cn-northwest-1)."""
    for prefix, partition in _REGION_PREFIXES.items():
        if region.startswith(prefix):
            return partition
    return "aws"


def iam_region(region: str) -> str:
    """The region to which the IAM events of I(region)'s partition are delivered.

    Raises:
        KeyError: never for the partitions that botocore knows.
    """
    return IAM_REGIONS[partition_of(region)]
