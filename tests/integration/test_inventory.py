"""The accounts of the sandbox's organization as the inventory: real ansible-inventory, and a deployment by it."""

from __future__ import annotations

import functools
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from ansible_collections.trailwatch.aws.plugins.inventory import organizations as plugin
from sandbox.client import Sandbox
from tests.integration.conftest import ROOT, Playbooks
from tests.integration.live import Account

NAME = "trailwatch.aws.organizations"
READER = "organization-reader"
SUBSCRIBER = "secops@example.com"
ADMIN = "OrganizationAccountAccessRole/tester"
Document = dict[str, Any]


class Organization:
    """An organization with accounts in nested units, one closed, and one whose owner means harm."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.management = sandbox.management_account
        self.evaluated = folder / "evaluated"
        self.harm = f"{{{{ lookup('ansible.builtin.pipe', 'touch {self.evaluated}') }}}}"
        self.playbooks = Playbooks(folder, sandbox.environment())
        self.numbers = itertools.count(300000000001)
        self.ids: dict[str, str] = {}
        self.units = {"/": self.client.list_roots()["Roots"][0]["Id"]}
        for path in ("Workloads", "Workloads/Production", "Workloads/Production/Legacy", "Sandbox"):
            parent, _, name = path.rpartition("/")
            made = self.client.create_organizational_unit(ParentId=self.units[parent or "/"], Name=name)
            self.units[path] = made["OrganizationalUnit"]["Id"]
        self.open("payments", "Workloads/Production", team="payments")
        self.open("legacy", "Workloads/Production/Legacy")
        self.open("closed", "Workloads/Production")
        self.open("trial", "Sandbox", alerting="trial-7")
        self.open(self.harm, "Sandbox", note="{{ 7 * 7 }}")
        self.open("security", "/", id_="333333333333")
        self.client.close_account(AccountId=self.ids["closed"])

    @functools.cached_property
    def client(self) -> Any:
        return self._session().client("organizations", endpoint_url=self.sandbox.endpoint)

    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(self.management, "sandbox", region_name="us-east-1")

    def open(self, name: str, path: str, id_: str = "", **tags: str) -> None:
        self.ids[name] = id_ or str(next(self.numbers))
        self.sandbox.add_accounts(self.ids[name], name=name)
        tagged = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.client.tag_resource(ResourceId=self.ids[name], Tags=tagged)
        if path != "/":
            self.client.move_account(
                AccountId=self.ids[name], SourceParentId=self.units["/"], DestinationParentId=self.units[path]
            )

    def make_reader(self, policy: Document) -> str:
        """The ARN of a role in the management account that may do what the policy says."""
        iam = self._session().client("iam", endpoint_url=self.sandbox.endpoint)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.management}:root"}}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        arn: str = iam.create_role(RoleName=READER, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        self.allow(policy)
        return arn

    def allow(self, policy: Document) -> None:
        iam = self._session().client("iam", endpoint_url=self.sandbox.endpoint)
        iam.put_role_policy(RoleName=READER, PolicyName="read", PolicyDocument=json.dumps(policy))

    def file(self, text: str = "", **options: Any) -> Path:
        """An inventory file of these options, with a subscriber for all accounts beside it."""
        path = self.folder / "org.aws_accounts.yml"
        path.write_text(text or yaml.safe_dump({"plugin": NAME, **options}))
        variables = self.folder / "group_vars" / "accounts.yml"
        variables.parent.mkdir(exist_ok=True)
        variables.write_text(yaml.safe_dump({"iam_alerting_subscribers": [SUBSCRIBER]}))
        return path

    def read(
        self, form: str, path: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ansible-inventory, with another environment if one is given."""
        command = [str(Path(sys.executable).with_name("ansible-inventory")), form, "-i", str(path)]
        given = self.playbooks.environment if environment is None else environment
        return subprocess.run(command, cwd=ROOT, env=dict(given), capture_output=True, text=True, check=False)

    def listed(self, text: str = "", environment: Mapping[str, str] | None = None, **options: Any) -> Document:
        """What ansible-inventory lists for a file of these options."""
        ran = self.read("--list", self.file(text, **options), environment)
        assert ran.returncode == 0, ran.stderr
        assert "[WARNING]" not in ran.stderr, ran.stderr
        found: Document = json.loads(ran.stdout, object_hook=_untagged)
        return found

    def names(self, inventory: Document) -> set[str]:
        """The accounts that are listed, by what the test calls them."""
        by_id = {id_: name for name, id_ in self.ids.items()} | {self.management: "management"}
        return {by_id[variables["account_id"]] for variables in inventory["_meta"]["hostvars"].values()}

    def refused(self, environment: Mapping[str, str] | None = None, **options: Any) -> str:
        """What is said of a file of these options, in one line."""
        ran = self.read("--list", self.file(**options), environment)
        assert ran.returncode != 0
        assert ran.stdout == ""
        return " ".join(ran.stderr.split())


def _untagged(found: Document) -> Any:
    """The text itself of one in which Ansible looks for no template."""
    return found["__ansible_unsafe"] if found.keys() == {"__ansible_unsafe"} else found


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organization]:
    """In a sandbox of its own: in another, other tests open accounts."""
    folder = tmp_path_factory.mktemp("organization")
    with Sandbox.start(folder / "sandbox") as running:
        yield Organization(running, folder)


@pytest.fixture(scope="module")
def policy() -> Document:
    """The one that the documentation tells users to give."""
    text = (ROOT / "docs" / "inventory.md").read_text().partition("<!-- policy -->")[2]
    found: Document = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    return found


@pytest.fixture(scope="module")
def reader(organization: Organization, policy: Document) -> str:
    return organization.make_reader(policy)


@pytest.fixture(scope="module")
def options(organization: Organization, reader: str) -> Document:
    """Those that list all that can be listed, as the documented permissions allow, and remember it."""
    return {
        "assume_role_arn": reader,
        "read_tags": True,
        "group_by": ["organizational_unit", "state", "tag"],
        "compose": {"composed": "account_name ~ (account_tags.note | default(''))"},
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(organization.folder / "cache"),
    }


@pytest.fixture(scope="module")
def everything(organization: Organization, options: Document) -> Document:
    return organization.listed(**options)


def test_active_members_are_hosts(organization: Organization, everything: Document) -> None:
    assert organization.names(everything) == {"payments", "legacy", "trial", "security", organization.harm}
    payments = everything["_meta"]["hostvars"][organization.ids["payments"]]
    assert {key: payments[key] for key in ("account_id", "account_name", "account_state", "account_ou_path")} == {
        "account_id": organization.ids["payments"],
        "account_name": "payments",
        "account_state": "ACTIVE",
        "account_ou_path": "Workloads/Production",
    }
    assert payments["account_tags"] == {"team": "payments"}
    assert payments["iam_alerting_subscribers"] == [SUBSCRIBER]
    assert "iam_alerting_assume_role" not in payments


def test_groups_are_a_tree(organization: Organization, everything: Document) -> None:
    lines = organization.read("--graph", organization.file()).stdout.splitlines()
    start = lines.index("  |  |--@ou_Workloads:")
    assert lines[start : start + 6] == [
        "  |  |--@ou_Workloads:",
        "  |  |  |--@ou_Workloads_Production:",
        "  |  |  |  |--@ou_Workloads_Production_Legacy:",
        f"  |  |  |  |  |--{organization.ids['legacy']}",
        f"  |  |  |  |--{organization.ids['payments']}",
        "  |  |--@state_active:",
    ]
    assert set(everything["accounts"]["children"]) >= {
        "ou_Sandbox",
        "ou_Workloads",
        "state_active",
        "tag_team_payments",
    }


EXPECTED = [
    {"payments", "legacy", "trial", "security", "harm"},
    {"payments", "security", "trial"},
    {"security"},
    {"payments", "legacy", "trial", "security", "harm", "management"},
    {"payments", "legacy", "trial", "security", "harm"},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    list(zip(plugin.EXAMPLES.split("\n---\n"), EXPECTED, strict=True)),
    ids=map(str, range(len(EXPECTED))),
)
def test_the_examples_list_what_they_say(
    organization: Organization, reader: str, text: str, expected: set[str]
) -> None:
    credentials = organization.folder / "credentials"
    keys = f"aws_access_key_id={organization.management}\naws_secret_access_key=sandbox\n"
    credentials.write_text(
        f"[default]\n{keys}[management]\n{keys}[{READER}]\nrole_arn={reader}\nsource_profile=management\n"
    )
    home = organization.folder / "home"
    home.mkdir(exist_ok=True)
    given = organization.playbooks.environment.items()
    environment = {name: value for name, value in given if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    found = organization.listed(
        text, environment | {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "HOME": str(home)}
    )
    assert {"harm" if name == organization.harm else name for name in organization.names(found)} == expected


def test_the_management_account_is_entered_with_credentials_of_its_own(organization: Organization) -> None:
    found = organization.listed(management_account=True, account_role="deployer", hostname="name_and_id")
    roles = {host: variables["iam_alerting_assume_role"] for host, variables in found["_meta"]["hostvars"].items()}
    assert roles.pop(f"Master-Account-{organization.management}") == ""
    assert roles[f"payments-{organization.ids['payments']}"] == "deployer"
    assert set(roles.values()) == {"deployer"}


class Deployment:
    """A deployment into two accounts by an inventory out of the cache, and a call that alerts in each."""

    def __init__(self, organization: Organization, options: Document) -> None:
        ids = [organization.ids[name] for name in ("payments", organization.harm)]
        self.payments, self.harmful = [Account(id_, organization.sandbox.environment()) for id_ in ids]
        organization.sandbox.clear_calls(organization.management)
        self.run = organization.playbooks.run_by("deploy", organization.file(**options), "--limit", ",".join(ids))
        assert self.run.status == 0, self.run.output
        asked = organization.sandbox.calls(organization.management)
        self.asked_of = {call["eventSource"] for call in asked}
        organization.sandbox.confirm(SUBSCRIBER)
        for account in (self.payments, self.harmful):
            account.client("iam").create_user(UserName="mallory")
        self.mails = organization.sandbox.wait_for_mails(SUBSCRIBER, 2)


@pytest.fixture(scope="module")
def deployment(organization: Organization, options: Document, everything: Document) -> Deployment:
    assert everything
    return Deployment(organization, options)


def test_a_deployment_by_it_reaches_the_accounts(organization: Organization, deployment: Deployment) -> None:
    changed = deployment.run.changed()
    assert set(changed) == {deployment.payments.id, deployment.harmful.id}
    assert all(changed.values())
    # In the report it has its name, though the host is called by its id.
    row = rf"^payments +{deployment.payments.id} +changed: bucket, trail, topic"
    assert re.search(row, deployment.run.output, re.MULTILINE)


def test_alerts_name_the_account_as_the_organization_does(deployment: Deployment) -> None:
    subjects = [str(mail["Subject"]) for mail in deployment.mails]
    assert any(
        subject.endswith(f"iam:CreateUser by {ADMIN} in payments ({deployment.payments.id})") for subject in subjects
    )


def test_what_was_asked_of_the_organization_is_remembered(deployment: Deployment) -> None:
    assert "organizations.amazonaws.com" not in deployment.asked_of


def test_no_name_and_no_tag_is_looked_at_for_templates(
    organization: Organization, everything: Document, deployment: Deployment
) -> None:
    harmful = everything["_meta"]["hostvars"][deployment.harmful.id]
    assert harmful["iam_alerting_account_name"] == organization.harm
    assert harmful["composed"] == organization.harm + "{{ 7 * 7 }}"
    function = deployment.harmful.client("lambda").get_function_configuration(FunctionName="iam-alerting")
    assert function["Environment"]["Variables"]["ACCOUNT_NAME"] == organization.harm
    assert not organization.evaluated.exists()


def test_the_missing_permission_is_named(organization: Organization, reader: str, policy: Document) -> None:
    (statement,) = policy["Statement"]
    fewer = [action for action in statement["Action"] if action != "organizations:ListAccountsForParent"]
    organization.allow({**policy, "Statement": [{**statement, "Action": fewer}]})
    told = organization.refused(assume_role_arn=reader)
    organization.allow(policy)
    assert "it lacks the permission organizations:ListAccountsForParent" in told
    assert f"assumed-role/{READER}/" in told


def test_a_member_is_told_who_may_ask(organization: Organization) -> None:
    environment = organization.playbooks.environment | {"AWS_ACCESS_KEY_ID": organization.ids["payments"]}
    told = organization.refused(environment)
    assert f"arn:aws:iam::{organization.ids['payments']}:root may not find the root of the organization in" in told
    assert "Organizations answers only the management account, and members that are a delegated administrator" in told


def test_a_bad_selection_is_told_and_lists_nothing(organization: Organization) -> None:
    told = organization.refused(include=[{"organizational_units": "Workloads/Prodution"}])
    assert "include[0].organizational_units names 'Workloads/Prodution'" in told
    assert "Nearest: 'Workloads/Production'." in told


def test_many_accounts_of_one_name_are_listed_through_throttling(organization: Organization) -> None:
    ids = [str(next(organization.numbers)) for _ in range(21)]  # more than a page
    organization.sandbox.add_accounts(*ids, name="one of many")
    organization.sandbox.fault(organization.management, service="organizations", kind="throttle", times=3)
    found = organization.listed(hostname="name_and_id", include=[{"accounts": ids}])
    organization.sandbox.clear_faults(organization.management)
    assert set(found["_meta"]["hostvars"]) == {f"one-of-many-{id_}" for id_ in ids}
