# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin in this process: its options, Ansible's inventory that it fills, and what it asks of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible_collections.amazon.aws.plugins.doc_fragments import assume_role, common, region
from moto import mock_aws

from ansible_collections.trailwatch.aws.plugins.inventory import organizations
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import recorded

NAME = "trailwatch.aws.organizations"
MANAGEMENT = "123456789012"  # moto's own account
TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch /tmp/trailwatch-was-here') }}"
Parse = Callable[..., InventoryData]


def options() -> dict[str, Any]:
    """All options as Ansible collects them, with those of the fragments."""
    fragments = [
        constructed.ModuleDocFragment.DOCUMENTATION,
        inventory_cache.ModuleDocFragment.DOCUMENTATION,
        common.ModuleDocFragment.PLUGINS,
        region.ModuleDocFragment.PLUGINS,
        assume_role.ModuleDocFragment.PLUGINS,
    ]
    found: dict[str, Any] = {}
    for text in (*fragments, organizations.DOCUMENTATION):
        found |= yaml.safe_load(text)["options"]
    return found


@pytest.fixture
def organization(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An organization of moto's; the ids of its accounts and units by name."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key-id-of-the-unit-tests",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-unit-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("organizations")
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        ids = {"root": root}
        for name, parent in {"Workloads": "root", "Production": "Workloads", "Sandbox": "root"}.items():
            unit = client.create_organizational_unit(ParentId=ids[parent], Name=name)["OrganizationalUnit"]
            ids[name] = unit["Id"]
        for name, unit, tags in (
            ("payments", "Production", {"team": "payments", "alerting": "on"}),
            (TEMPLATE, "Sandbox", {"note": TEMPLATE}),
            ("loose", "root", {}),
            ("gone", "root", {}),
        ):
            ids[name] = _account(client, name, tags)
            if unit != "root":
                client.move_account(AccountId=ids[name], SourceParentId=root, DestinationParentId=ids[unit])
        client.close_account(AccountId=ids["gone"])
        yield ids


def _account(client: Any, name: str, tags: Mapping[str, str]) -> str:
    made = client.create_account(
        AccountName=name, Email="a@example.com", Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    return str(made["CreateAccountStatus"]["AccountId"])


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    """Parse a file of these options into an inventory."""
    constants.config.initialize_plugin_configuration_definitions("inventory", NAME, options())

    def parse_one(*, flush: bool = False, **given: Any) -> InventoryData:
        path = tmp_path / "org.aws_accounts.yml"
        path.write_text(yaml.safe_dump({"plugin": NAME, **given}))
        plugin = organizations.InventoryModule()
        plugin._load_name = plugin.ansible_name = NAME
        plugin._redirected_names = [NAME]
        assert plugin.verify_file(str(path))
        inventory = InventoryData()
        plugin.parse(inventory, DataLoader(), str(path), cache=not flush)
        if plugin.get_option("cache"):
            plugin.update_cache_if_changed()
        inventory.reconcile_inventory()
        return inventory

    return parse_one


def members(inventory: InventoryData, group: str) -> set[str]:
    return {host.name for host in inventory.groups[group].get_hosts()}


def test_the_accounts_are_hosts_in_the_group_of_all_accounts(organization: dict[str, str], parse: Parse) -> None:
    inventory = parse()
    listed = {organization[name] for name in ("payments", TEMPLATE, "loose")}
    assert set(inventory.hosts) == members(inventory, "accounts") == listed
    payments = inventory.hosts[organization["payments"]].vars
    assert payments["iam_alerting_account_name"] == "payments"
    assert payments["account_ou_path"] == "Workloads/Production"
    assert payments["account_ou_id"] == organization["Production"]
    assert "iam_alerting_assume_role" not in payments


def test_a_unit_has_the_accounts_of_the_units_in_it(organization: dict[str, str], parse: Parse) -> None:
    inventory = parse()
    assert members(inventory, "ou_Workloads") == members(inventory, "ou_Workloads_Production")
    assert members(inventory, "ou_Workloads") == {organization["payments"]}
    assert set(inventory.groups) == {
        *("all", "ungrouped", "accounts", "state_active"),
        *("ou_Workloads", "ou_Workloads_Production", "ou_Sandbox"),
    }


def test_tags_are_a_call_for_each_account_and_only_made_if_they_are_needed(
    organization: dict[str, str], parse: Parse
) -> None:
    with recorded() as calls:
        parse(include=[{"organizational_units": "Workloads"}])
    assert calls.count("ListTagsForResource") == 0
    with recorded() as calls:
        inventory = parse(include=[{"organizational_units": "Workloads", "tags": {"team": "pay*"}}])
    assert calls.count("ListTagsForResource") == 1
    assert inventory.hosts[organization["payments"]].vars["account_tags"] == {"team": "payments", "alerting": "on"}
    with recorded() as calls:
        inventory = parse(group_by=["tag"])
    assert calls.count("ListTagsForResource") == 3
    assert members(inventory, "tag_team_payments") == {organization["payments"]}
    with recorded() as calls:
        parse(read_tags=True)
    assert calls.count("ListTagsForResource") == 3


def test_variables_and_groups_are_composed(organization: dict[str, str], parse: Parse) -> None:
    inventory = parse(
        read_tags=True,
        strict=True,
        compose={"iam_alerting_assume_role": "'arn:aws:iam::' ~ account_id ~ ':role/deployer'"},
        groups={"watched": "account_tags.alerting | default('') == 'on'"},
        keyed_groups=[{"key": "account_tags.team | default('')", "prefix": "team", "default_value": "none"}],
    )
    payments = organization["payments"]
    assert inventory.hosts[payments].vars["iam_alerting_assume_role"] == f"arn:aws:iam::{payments}:role/deployer"
    assert members(inventory, "watched") == members(inventory, "team_payments") == {payments}
    assert len(members(inventory, "team_none")) == 2


def test_an_expression_that_fails_fails_the_inventory_if_it_is_strict(
    organization: dict[str, str], parse: Parse
) -> None:
    assert parse(compose={"owner": "account_tags.owner"})
    with pytest.raises(AnsibleError, match="Could not set owner for host"):
        parse(compose={"owner": "account_tags.owner"}, strict=True)


def test_what_was_asked_is_remembered_and_what_was_not_is_asked(
    organization: dict[str, str], parse: Parse, tmp_path: Path
) -> None:
    cached = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = parse(**cached)
    with recorded() as calls:
        again = parse(**cached, hostname="name_and_id")
    assert calls == []
    assert len(again.hosts) == len(first.hosts)
    with recorded() as calls:
        parse(**cached, include=[{"tags": {"team": "payments"}}])
    assert calls.count("ListTagsForResource") == 3
    with recorded() as calls:
        tagged = parse(**cached, read_tags=True)
        assert calls == []
        parse(**cached, flush=True)
    assert calls.count("ListRoots") == 1
    assert tagged.hosts[organization[TEMPLATE]].vars["account_tags"] == {"note": TEMPLATE}


def test_a_selection_of_nothing_is_warned_of(
    organization: dict[str, str], parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(organizations.InventoryModule, "warn", lambda _self, message: warnings.append(message))
    assert parse(include=[{"organizational_units": "Workloads", "descendants": False}]).hosts == {}
    assert "selects none of the 5 accounts of the organization o-" in warnings[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inlcude": []}, r"'inlcude' is no option of trailwatch.aws.organizations. Nearest: include\."),
        ({"include": [{"accounts": 4711}]}, r"include\[0\].accounts is 4711, but an AWS account id has twelve digits"),
        ({"states": ["ACTVIE"]}, "Invalid value .*ACTVIE"),
        ({"hostname": "account_name"}, "Invalid value 'account_name'"),
        ({"group_by": ["ou"]}, "Invalid value .*ou"),
    ],
)
def test_bad_options_are_refused_before_any_call(
    organization: dict[str, str], parse: Parse, given: dict[str, Any], told: str
) -> None:
    with recorded() as calls, pytest.raises(AnsibleError, match=told):
        parse(assume_role_arn=f"arn:aws:iam::{MANAGEMENT}:role/reader", **given)
    assert calls == []


def test_unknown_units_are_refused_with_the_nearest(organization: dict[str, str], parse: Parse) -> None:
    with pytest.raises(AnsibleError, match=r"exclude\[0\].organizational_units names 'Sandbx'.*Nearest: 'Sandbox'"):
        parse(exclude=[{"organizational_units": "Sandbx"}])


def test_options_of_amazon_aws_count(organization: dict[str, str], parse: Parse) -> None:
    with recorded() as calls:
        parse(aws_access_key="x", aws_secret_key="y", assume_role_arn=f"arn:aws:iam::{MANAGEMENT}:role/reader")
    assert calls[0] == "AssumeRole"


def examples() -> list[str]:
    return organizations.EXAMPLES.split("\n---\n")


def test_each_option_of_the_examples_exists() -> None:
    assert {key for text in examples() for key in yaml.safe_load(text)} <= options().keys()
