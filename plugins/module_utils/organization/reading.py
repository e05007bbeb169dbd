# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask AWS for an organization, with as few calls as there are.

The accounts are listed unit by unit: two calls for each unit, and one for each further 20 accounts or units in it. To
list them all at once does not tell where each is, and ListParents would be a call for each account. Tags are such a
call, so they are asked for by themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import (
    ROOT_PATH,
    Account,
    Organization,
    OrganizationError,
    Unit,
)

# Organizations lets few calls through in a second, for all callers of the organization together (Organizations User
# Guide, "Quotas and service limits", throttling limits). More at a time would only be refused and repeated.
AT_A_TIME = 4


def read(client: Any) -> Organization:
    """The organization that the client's account belongs to.

    Raises:
        OrganizationError: the account is in none.
        AnsibleAWSError: AWS refused a call or could not be reached.
    """
    about = _organization(client)
    (root,) = call_all("find the root of the organization", client, "list_roots")["Roots"]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        units = _units(client, pool, Unit(root["Id"], "", ROOT_PATH))
        found = pool.map(functools.partial(_accounts, client), units)
        accounts = sorted((account for some in found for account in some), key=lambda account: account.id)
    return Organization(about["Id"], about["MasterAccountId"], {unit.id: unit for unit in units}, tuple(accounts))


def read_tags(client: Any, accounts: Iterable[str]) -> dict[str, dict[str, str]]:
    """The tags of these accounts, by account.

    Raises:
        AnsibleAWSError: AWS refused a call or could not be reached.
    """
    ids = list(accounts)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(ids, pool.map(functools.partial(_tags, client), ids), strict=True))


def denial(error: DeniedError, sts: Any) -> str:
    """Who lacks which permission, and whom Organizations answers at all."""
    identity = call("find out whose credentials these are", sts.get_caller_identity)
    return (
        f"{error.told(identity['Arn'], identity['Account'])} Organizations answers only the management account, and "
        "members that are a delegated administrator or that the organization's resource policy lets: give credentials "
        "of such an account by profile or assume_role_arn, with the permissions that docs/inventory.md lists."
    )


def _organization(client: Any) -> dict[str, Any]:
    try:
        organization: dict[str, Any] = call("find the organization", client.describe_organization)["Organization"]
    except is_ansible_aws_error_code("AWSOrganizationsNotInUseException") as error:
        raise OrganizationError(
            "The account of your credentials is in no organization. Give credentials of the management account by "
            "profile or assume_role_arn, or list the accounts in an inventory of your own, as accounts.ini does."
        ) from error
    return organization


def _units(client: Any, pool: Executor, root: Unit) -> list[Unit]:
    """The root and all units below it, level by level."""
    level, units = [root], [root]
    while level:
        level = [child for some in pool.map(functools.partial(_children, client), level) for child in some]
        units += level
    return units


def _children(client: Any, parent: Unit) -> list[Unit]:
    purpose = f"list the organizational units of {parent.path}"
    children = call_all(purpose, client, "list_organizational_units_for_parent", ParentId=parent.id)
    before = f"{parent.path}/" if parent.parent else ""
    return [Unit(unit["Id"], parent.id, before + unit["Name"]) for unit in children["OrganizationalUnits"]]


def _accounts(client: Any, unit: Unit) -> list[Account]:
    purpose = f"list the accounts of {unit.path}"
    accounts = call_all(purpose, client, "list_accounts_for_parent", ParentId=unit.id)["Accounts"]
    return [_account(account, unit) for account in accounts]


def _account(account: dict[str, Any], unit: Unit) -> Account:
    joined = account.get("JoinedTimestamp")
    return Account(
        id=account["Id"],
        name=account.get("Name", ""),
        email=account.get("Email", ""),
        arn=account.get("Arn", ""),
        state=_state(account),
        joined_method=account.get("JoinedMethod", ""),
        joined=joined.astimezone(UTC).isoformat() if joined else "",
        unit=unit.id,
    )


def _state(account: dict[str, Any]) -> str:
    """State took the place of Status, which AWS retired in September 2026 (Organizations API Reference, "Account")."""
    state: str = account.get("State") or account.get("Status", "")
    if not state:
        # Else all accounts would be missing, as none is known to be active.
        raise OrganizationError(
            f"The state of account {account['Id']} is not known, as this botocore is older than the field State. "
            "Update boto3 and botocore."
        )
    return state


def _tags(client: Any, account: str) -> dict[str, str]:
    tags = call_all(f"list the tags of account {account}", client, "list_tags_for_resource", ResourceId=account)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}
