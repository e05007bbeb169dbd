# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization whose trail is to be ours: its ids, and whether this account may make a trail for it.

What CloudTrail asks for is in its User Guide, "Prepare for creating a trail for your organization"; whom Organizations
answers, in its API Reference, "API operations by account".
"""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DENIED, says_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Organization, Settings

_SERVICE = "cloudtrail.amazonaws.com"
NONE = "this account is in no organization. Take iam_alerting_trail: create or auto for a trail of its own"


def read(clients: Any) -> Organization | None:
    """The organization of the account, which any account of it may read; None if it is in none.

    Raises:
        AnsibleAWSError: the read failed.
    """
    found = _described(clients)
    return Organization(found["Id"], found["MasterAccountId"]) if found else None


def _described(clients: Any) -> Document | None:
    try:
        answer = call("read the organization of the account", clients["organizations"].describe_organization)
    except is_ansible_aws_error_code("AWSOrganizationsNotInUseException"):
        return None
    organization: Document = answer["Organization"]
    return organization


def why_no_trail(clients: Any, settings: Settings) -> str:
    """Why CloudTrail would refuse this account to make a trail for its organization, and the way out; empty if not.

    Raises:
        AnsibleAWSError: a read failed.
    """
    found = _described(clients)
    if found is None:
        return NONE
    management = found["MasterAccountId"]
    if settings.account_id != management and not _is_delegated(clients, settings.account_id):
        return (
            f"account {settings.account_id} is neither the management account of organization {found['Id']}, which is "
            f"{management}, nor a delegated administrator of CloudTrail. Set it for such an account, or let the "
            f"management account run: aws cloudtrail register-organization-delegated-admin --member-account-id "
            f"{settings.account_id}"
        )
    if found.get("FeatureSet") != "ALL":
        return (
            f"organization {found['Id']} does not have all features. Let its management account {management} run: "
            "aws organizations enable-all-features"
        )
    if not _is_trusted(clients):
        return (
            f"organization {found['Id']} does not trust CloudTrail. Let its management account {management} run: aws "
            f"organizations enable-aws-service-access --service-principal {_SERVICE}"
        )
    return ""


def _is_delegated(clients: Any, account_id: str) -> bool:
    """Organizations denies the answer to all accounts but the management account and delegated administrators."""
    purpose = "list the delegated administrators of CloudTrail"
    try:
        answer = call_all(purpose, clients["organizations"], "list_delegated_administrators", ServicePrincipal=_SERVICE)
    except is_ansible_aws_error_code([*DENIED]) as error:
        if says_permission(error.exception):
            raise
        return False
    return any(each["Id"] == account_id for each in answer["DelegatedAdministrators"])


def _is_trusted(clients: Any) -> bool:
    purpose = "list the services that the organization trusts"
    answer = call_all(purpose, clients["organizations"], "list_aws_service_access_for_organization")
    return any(each["ServicePrincipal"] == _SERVICE for each in answer["EnabledServicePrincipals"])
