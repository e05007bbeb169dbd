# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of an account before its components are compared, and that each is planned alone as among all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import Credentials
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import clients, names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import components_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan, make_plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import HUB, MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.trail_answers import trail
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error, recorded

OWN, MANAGEMENT = "123456789012", "999999999999"
BUCKET = f"iam-alerting-{OWN}-us-east-1"
MEMBER_OF_HUB = Topology(MEMBER, hub=MANAGEMENT)


def given(**other: Any) -> Settings:
    return Settings(**{**SETTINGS, "account_id": OWN, **other})


def entered() -> clients.Clients:
    made = clients.clients_of("us-east-1")
    made.enter(Credentials("key-id-of-the-unit-tests", "secret-of-the-unit-tests", "", ""))
    return made


def plan(settings: Settings, *components: str, **answers: Any) -> Plan:
    """The plan of these components of an account that answers so, and else as an empty one."""
    with answering(**answers):
        return make_plan(entered(), settings, components)


def tagged(*arns: str) -> dict[str, Any]:
    return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []} for arn in arns]}


ORGANIZATION = {
    "DescribeOrganization": {"Organization": {"Id": "o-1", "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}},
    "ListDelegatedAdministrators": {"DelegatedAdministrators": [{"Id": OWN}]},
    "ListAWSServiceAccessForOrganization": {
        "EnabledServicePrincipals": [{"ServicePrincipal": "cloudtrail.amazonaws.com"}]
    },
}
SERVES = {
    "DescribeTrails": {"trailList": [trail(account=OWN)]},
    "GetTrailStatus": {"IsLogging": True},
    "GetEventSelectors": {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]},
}
ORGANIZATIONS = {
    **ORGANIZATION,
    **SERVES,
    "DescribeTrails": {"trailList": [trail("iam-alerting", MANAGEMENT, IsOrganizationTrail=True, S3BucketName=BUCKET)]},
    "ListTags": {"ResourceTagList": [{"TagsList": []}]},
}
REGIONS = {
    "ListRegions": {
        "Regions": [{"RegionName": name, "RegionOptStatus": "ENABLED"} for name in ("us-east-1", "eu-west-1")]
    }
}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("settings", "answers"),
    [
        (given(trail="organization", customer_key=True), ORGANIZATION),
        (given(customer_key=True), ORGANIZATIONS),
        (given(trail="existing"), SERVES),
        (given(forwarding_regions=("all",)), REGIONS),
    ],
    ids=["for the organization", "the organization's stays", "another serves", "of all regions"],
)
def test_a_component_is_wanted_alone_as_among_all(settings: Settings, answers: dict[str, Any]) -> None:
    components = components_of(settings)
    among_all = plan(settings, *components, **answers).desired
    alone = {name: plan(settings, name, **answers).desired[name] for name in components}
    assert [name for name in components if alone[name] != among_all[name]] == []


@pytest.mark.usefixtures("account")
def test_what_neither_trail_nor_regions_matter_to_is_read_without_them() -> None:
    with recorded() as calls:
        make_plan(entered(), given(trail="existing", forwarding_regions=("all",)), ["queue"])
    assert set(calls) == {"GetResources", "GetQueueUrl"}


@pytest.mark.usefixtures("account")
def test_all_that_was_found_is_handed_on() -> None:
    found = plan(given(trail="existing"), "trail", "queue", **SERVES, GetResources=tagged(f"arn:aws:s3:::{BUCKET}"))
    assert found.live == {"trail": None, "queue": None}
    assert found.trails.used == "others"
    assert found.kept == (BUCKET,)


@pytest.mark.usefixtures("account")
def test_where_a_key_is_needed_its_arn_stands_for_the_alias() -> None:
    arn, alias = f"arn:aws:kms:us-east-1:{OWN}:key/1", f"arn:aws:kms:us-east-1:{OWN}:alias/iam-alerting"
    settings = given(customer_key=True)
    new = plan(settings, "queue").desired
    there = plan(
        settings, "queue", DescribeKey={"KeyMetadata": {"Arn": arn, "KeyId": "1", "KeyState": "Enabled"}}
    ).desired
    for name in ("bucket", "trail", "topic", "queue", "function", "log_group"):
        assert alias not in json.dumps(there[name])
        assert json.dumps(new[name]).replace(alias, arn) == json.dumps(there[name])


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("component", ["forwarders", "rule"])
def test_a_region_that_was_taken_off_the_list_is_looked_at(component: str) -> None:
    made = entered()
    made["events"].put_rule(
        Name="iam-alerting", Description="Actions. Also of eu-west-1.", ScheduleExpression="rate(1 day)"
    )
    wanted = plan(given(), component, **REGIONS).desired["forwarders"]
    assert (wanted["Regions"], wanted["FormerRegions"]) == ([], ["eu-west-1"])


FUNCTION, QUEUE = names.function_arn(given()), names.event_queue_arn(given())
GONE = error("ResourceNotFoundException")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("settings", "known", "answer", "former"),
    [
        (given(topology=MEMBER_OF_HUB), (FUNCTION,), {}, "function"),
        (given(topology=MEMBER_OF_HUB), (FUNCTION, QUEUE), {}, "queue"),
        # The tagging service still knows of a function that is gone.
        (given(topology=MEMBER_OF_HUB), (FUNCTION, QUEUE), GONE, ""),
        (given(topology=MEMBER_OF_HUB), (QUEUE,), {}, ""),
        (given(topology=MEMBER_OF_HUB, beside=False), (FUNCTION, QUEUE), {}, ""),
        (given(topology=Topology(HUB)), (FUNCTION, QUEUE), {}, ""),
        (given(), (FUNCTION, QUEUE), {}, ""),
    ],
)
def test_only_a_member_that_alerted_by_itself_before_goes_on_beside_the_hub(
    settings: Settings, known: tuple[str, ...], answer: Any, former: str
) -> None:
    assert plan(settings, "trail", GetResources=tagged(*known), GetFunction=answer).former == former


@pytest.mark.usefixtures("account")
def test_who_may_not_see_whether_a_member_alerts_by_itself_is_told_what_for() -> None:
    denied = {"GetResources": tagged(FUNCTION), "GetFunction": error("AccessDeniedException", "GetFunction")}
    with pytest.raises(AnsibleAWSError, match="Failed to look for function iam-alerting"):
        plan(given(topology=MEMBER_OF_HUB), "trail", **denied)
