# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of an AWS organization as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: organizations
short_description: The accounts of an AWS organization
version_added: 0.2.0
description:
  - Lists the accounts of an AWS organization as hosts, with the variables that the role
    P(trailwatch.aws.iam_alerting#role) takes, and groups them by organizational unit, state and tag.
  - The file has to be named C(aws_accounts.yml) or C(aws_accounts.yaml), or to end with that, as in
    C(org.aws_accounts.yml).
  - All hosts are in the group C(accounts), so that variables for all of them go into C(group_vars/accounts.yml) beside
    the file.
author:
  - Trailwatch contributors (@trailwatch)
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
  - amazon.aws.assume_role.plugins
requirements:
  - boto3 and botocore of September 2025 or newer, which know the states of accounts
options:
  plugin:
    description: Marks the file as one of this plugin.
    type: str
    required: true
    choices: [trailwatch.aws.organizations]
  hostname:
    description:
      - What a host is called.
      - V(account_id) is the account's id, which never changes and which no other account has. Alerts and reports name
        the account by its name all the same.
      - V(name_and_id) is the account's name and its id, as in C(production-111111111111). What is no letter, digit, dot
        or underscore in the name becomes a dash. If the account is renamed, this is another host.
      - The name alone is not to be had. Names are not unique, and who is at home in an account can change its name, to
        that of another one, for example, and be given the variables that were meant for that.
    type: str
    choices: [account_id, name_and_id]
    default: account_id
  include:
    description:
      - Which accounts are listed. All, if this is empty.
      - An account is listed if it fits one entry. It fits an entry if it fits each criterion in it.
    type: list
    elements: dict
    default: []
    suboptions: &criteria
      accounts:
        description: Ids of accounts, quoted. One or a list, one of which the account has to be.
        type: list
        elements: str
      organizational_units:
        description:
          - Organizational units, one or a list, in one of which the account has to be.
          - A unit is given by its id, or by its path from below the root, as in C(Workloads/Production). V(/) is the
            root.
        type: list
        elements: str
      descendants:
        description: Whether accounts in units of these units fit, too.
        type: bool
        default: true
      tags:
        description:
          - Values by tag key, one or a list. The account has to have each key with one of the values.
          - In a value, C(*) and C(?) are wildcards.
        type: dict
  exclude:
    description:
      - Which accounts are left out, in the form of O(include). What fits an entry is not listed, whatever is included.
    type: list
    elements: dict
    default: []
    suboptions: *criteria
  states:
    description:
      - The states in which accounts are listed.
      - In others than V(ACTIVE) nobody can work in an account. AWS keeps closed ones in the list for 90 days.
    type: list
    elements: str
    choices: [PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED]
    default: [ACTIVE]
  management_account:
    description:
      - Whether the organization's management account is listed, if it fits the rest.
      - By default it is not, as the role C(OrganizationAccountAccessRole) is not in it, so that deploying into it needs
        other credentials than deploying into the members. It is as much worth watching as any other.
    type: bool
    default: false
  management_role:
    description:
      - C(iam_alerting_assume_role) of the management account.
      - Empty, the default, is for credentials that are the management account's own. If yours are another account's,
        name a role in the management account that they may assume.
    type: str
    default: ""
  account_role:
    description:
      - C(iam_alerting_assume_role) of all other accounts, a name of a role.
      - If it is not set, the variable comes from where else you set it, or is C(OrganizationAccountAccessRole).
    type: str
  group_by:
    description:
      - Groups that are made. Characters that Ansible does not take in names of groups become underscores.
      - V(organizational_unit) makes a group for each unit with accounts, named by its path, such as
        C(ou_Workloads_Production), which is in the group of the unit around it.
      - V(state) makes groups such as C(state_active).
      - V(tag) makes groups such as C(tag_environment_production). Tags that differ only in other characters share one.
    type: list
    elements: str
    choices: [organizational_unit, state, tag]
    default: [organizational_unit, state]
  read_tags:
    description:
      - Whether the tags of accounts are read, for the variable C(account_tags), which C(compose), C(groups) and
        C(keyed_groups) may use.
      - That is a call of AWS for each account. They are read in any case if O(include), O(exclude) or O(group_by) need
        them.
    type: bool
    default: false
notes:
  - The variables of a host are C(account_id), C(account_name), C(account_email), C(account_arn), C(account_state),
    C(account_joined_method), C(account_joined), C(account_ou_id), C(account_ou_path), C(account_is_management),
    C(account_tags) if tags were read, C(iam_alerting_account_name), and C(iam_alerting_assume_role) as said above.
  - Names and tags are used as they are. Ansible does not look for templates in them.
  - The permissions that it needs are C(organizations:DescribeOrganization), C(organizations:ListRoots),
    C(organizations:ListOrganizationalUnitsForParent) and C(organizations:ListAccountsForParent), and for tags
    C(organizations:ListTagsForResource).
"""

EXAMPLES = r"""
# org.aws_accounts.yml: all active accounts but the management account
plugin: trailwatch.aws.organizations

---
# Production, the security account, and of the sandboxes only those that ask for it. Nothing that is to be left alone.
plugin: trailwatch.aws.organizations
profile: organization-reader
include:
  - organizational_units: Workloads/Production
  - accounts: ["333333333333"]
  - organizational_units: Sandbox
    tags:
      alerting: ["on", "trial-*"]
exclude:
  - organizational_units: Workloads/Production/Legacy
  - tags: {alerting: "off"}
group_by: [organizational_unit, tag]

---
# The accounts that are in the root itself, in no unit
plugin: trailwatch.aws.organizations
include:
  - organizational_units: /
    descendants: false

---
# A role of your own in each account, and the management account with the credentials that list the organization
plugin: trailwatch.aws.organizations
hostname: name_and_id
account_role: iam-alerting-deployer
management_account: true

---
# Variables and groups of your own, and a cache of an hour
plugin: trailwatch.aws.organizations
read_tags: true
strict: true
compose:
  iam_alerting_heartbeat_minutes: account_tags.heartbeat | default(0) | int
  iam_alerting_tags: dict(owner=account_tags.owner | default('unknown'))
groups:
  invited: account_joined_method == 'INVITED'
keyed_groups:
  - key: account_tags.team | default('')
    prefix: team
    default_value: none
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/trailwatch
cache_timeout: 3600
"""

import difflib
import itertools
from typing import Any

try:  # noqa: SIM105
    from botocore.config import Config
except ImportError:
    pass  # Handled by AWSInventoryBase

from ansible.errors import AnsibleParserError
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.plugin_utils.inventory import AWSInventoryBase

from ansible_collections.trailwatch.aws.plugins.module_utils.account import RETRIES
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.hosts import BY_TAG, Host, Style, hosts
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.reading import denial, read, read_tags
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.selection import Selection, read_criteria
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import Organization, OrganizationError


class InventoryModule(AWSInventoryBase):
    """Inventory plugin trailwatch.aws.organizations."""

    NAME = "trailwatch.aws.organizations"
    INVENTORY_FILE_SUFFIXES = ("aws_accounts.yml", "aws_accounts.yaml")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        try:
            super().parse(inventory, loader, path)
            for host in self._hosts(path, cache):
                self._add(host)
        except DeniedError as error:
            # It tells all that the error says, which Ansible would repeat.
            raise AnsibleParserError(denial(error, self.client("sts"))) from None
        except (AnsibleAWSError, OrganizationError) as error:
            raise AnsibleParserError(str(error)) from error

    def _read_config_data(self, path: str) -> Any:
        """As everywhere, and refuse what can be seen to be wrong before AWS is asked for anything."""
        config = super()._read_config_data(path)
        self._check_names(config)
        self._selection = Selection(
            include=read_criteria("include", self.get_option("include")),
            exclude=read_criteria("exclude", self.get_option("exclude")),
            states=tuple(self.get_option("states")),
            management_account=self.get_option("management_account"),
        )
        self._style = Style(
            hostname=self.get_option("hostname"),
            group_by=tuple(self.get_option("group_by")),
            role=self.get_option("account_role"),
            management_role=self.get_option("management_role"),
        )
        return config

    def _check_names(self, config: Any) -> None:
        """Ansible ignores options that it does not know, and a misspelt one here could mean other accounts."""
        defined = self.option_definitions
        aliases = {alias for option in defined.values() for alias in option.get("aliases", [])}
        for name in config:
            if name not in defined and name not in aliases:
                near = difflib.get_close_matches(str(name), defined, n=1)
                hint = f"Nearest: {near[0]}. " if near else ""
                raise OrganizationError(
                    f"{name!r} is no option of {self.NAME}. {hint}See 'ansible-doc -t inventory {self.NAME}'."
                )

    def _hosts(self, path: str, cache: bool) -> list[Host]:
        organization, tags = self._known(path, cache)
        accounts = self._selection.of(organization, tags)
        if not accounts:
            number = len(organization.accounts)
            self.warn(f"{path} selects none of the {number} accounts of the organization {organization.id}.")
        return hosts(organization, accounts, tags, self._style)

    def _known(self, path: str, cache: bool) -> tuple[Organization, dict[str, dict[str, str]]]:
        """The organization, and the tags of the accounts for which they are needed, from the cache if it has all."""
        is_cached, known = self.get_cached_result(path, cache)
        if is_cached:
            organization = Organization.of(known["organization"])
            if known["tags"].keys() >= self._to_be_tagged(organization):
                return organization, known["tags"]
        client = self.client("organizations", config=Config(retries=RETRIES))
        organization = read(client)
        tags = read_tags(client, self._to_be_tagged(organization))
        if self.get_option("cache"):
            self._cache[self.get_cache_key(path)] = {"organization": organization.document(), "tags": tags}
        return organization, tags

    def _to_be_tagged(self, organization: Organization) -> set[str]:
        """The accounts whose tags are needed. That is a call for each, so it is none that is left out in any case."""
        if not (self.get_option("read_tags") or BY_TAG in self._style.group_by or self._selection.needs_tags()):
            return set()
        return {account.id for account in self._selection.before_tags().of(organization, {})}

    def _add(self, host: Host) -> None:
        for chain in host.groups:
            for group in chain:
                self.inventory.add_group(group)
            for outer, inner in itertools.pairwise(chain):
                self.inventory.add_child(outer, inner)
            self.inventory.add_host(host.name, group=chain[-1])
        for name, value in host.variables.items():
            self.inventory.set_variable(host.name, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), host.variables, host.name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), host.variables, host.name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), host.variables, host.name, strict=strict)
