# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trails, and accounts that have them, as CloudTrail and Organizations tell of them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

MANAGEMENT = "999999999999"
OURS = {"S3BucketName": "iam-alerting-111111111111-us-east-1"}
# A list on which one action only reads.
READS = {"actions": ("sts:AssumeRole", "iam:CreateUser")}
OWN = "arn:aws:cloudtrail:us-east-1:111111111111:trail/iam-alerting"


def trail(name: str = "others", account: str = "111111111111", region: str = "us-east-1", **other: Any) -> Any:
    return {
        "Name": name,
        "TrailARN": f"arn:aws:cloudtrail:{region}:{account}:trail/{name}",
        "HomeRegion": region,
        "S3BucketName": "logs",
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "IsOrganizationTrail": False,
        "HasCustomEventSelectors": False,
        **other,
    }


def organizations(**other: Any) -> Any:
    return trail("all", "999999999999", IsOrganizationTrail=True, **other)


class Pages:
    """What Organizations lists of administrators and trusted services."""

    def __init__(self, there: CloudTrail, operation: str) -> None:
        self.there, self.operation = there, operation

    def paginate(self, **_arguments: Any) -> Pages:
        return self

    def build_full_result(self) -> Any:
        if self.operation == "list_delegated_administrators":
            return self.administrators()
        trusted = [{"ServicePrincipal": "cloudtrail.amazonaws.com"}] if self.there.trusted else []
        return {"EnabledServicePrincipals": trusted}

    def administrators(self) -> Any:
        if self.there.delegated:
            return {"DelegatedAdministrators": [{"Id": "111111111111"}]}
        said = "You don't have permissions to access this resource."
        if not self.there.may_list:
            said = "User: x is not authorized to perform: organizations:ListDelegatedAdministrators"
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": said}}, "ListDelegatedAdministrators")


class CloudTrail:
    """CloudTrail with these trails. It remembers what is asked of it, and tells selectors to the trail's account."""

    region = "us-east-1"

    def __init__(self, *listed: Any, stopped: tuple[str, ...] = (), selectors: Any = None, code: str = "") -> None:
        self.listed, self.stopped, self.selectors, self.code = listed, stopped, selectors, code
        self.asked: list[str] = []

    def __getitem__(self, service: str) -> CloudTrail:
        return self

    def elsewhere(self, service: str, region: str) -> CloudTrail:
        self.asked.append(f"in {region}")
        return self

    # Organizations; with no id the account is in none. Delegated are its own administrators.
    organization, delegated, features, trusted = "o-abcdefghij", True, "ALL", True
    may_list = True

    def describe_organization(self) -> Any:
        self.asked.append("DescribeOrganization")
        if not self.organization:
            raise ClientError({"Error": {"Code": "AWSOrganizationsNotInUseException", "Message": "no"}}, "Describe")
        found = {"Id": self.organization, "MasterAccountId": MANAGEMENT, "FeatureSet": self.features}
        return {"Organization": found}

    def get_paginator(self, operation: str) -> Any:
        self.asked.append(operation)
        return Pages(self, operation)

    def describe_trails(self) -> Any:
        self.asked.append("DescribeTrails")
        return {"trailList": list(self.listed)}

    def get_trail_status(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        self.asked.append(f"status of {Name.rpartition('/')[2]}")
        return {"IsLogging": Name.rpartition("/")[2] not in self.stopped}

    def get_event_selectors(self, TrailName: str) -> Any:  # noqa: N803 - boto3's name
        if self.code or ":111111111111:" not in TrailName:
            code = self.code or "TrailNotFoundException"
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetEventSelectors")
        return self.selectors or {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


def settings(**other: Any) -> Settings:
    return Settings(**{**SETTINGS, **other})


def selectors(**other: Any) -> Any:
    return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, **other}]}


def advanced(*fields: Any) -> Any:
    category = {"Field": "eventCategory", "Equals": ["Management"]}
    return {"AdvancedEventSelectors": [{"Name": "some", "FieldSelectors": [category, *fields]}]}


def there(*listed: Any, **other: Any) -> CloudTrail:
    """An account of an organization with these trails."""
    found = CloudTrail(*listed, stopped=other.pop("stopped", ()), selectors=other.pop("selectors", None))
    vars(found).update(other)
    return found


def made(name: str = "iam-alerting", account: str = MANAGEMENT, **other: Any) -> Any:
    return trail(name, account, **{"IsOrganizationTrail": True, **OURS, **other})
