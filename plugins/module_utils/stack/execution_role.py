# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that the function runs as, with no permission that it does not use."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call, policies_differ
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed, refuse_foreign, tags_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings

ATTRIBUTES = (
    "Description",
    "AssumeRolePolicyDocument",
    "PolicyDocument",
    "OtherInlinePolicies",
    "AttachedPolicies",
    "PermissionsBoundary",
    "Tags",
)


def desired(settings: Settings) -> dict[str, Any]:
    """The role of the function: for Lambda alone; publishes, logs, and hands on what failed."""
    return {
        "RoleName": names.role_name(settings),
        "Arn": names.role_arn(settings),
        **_of_function(settings),
        "PolicyName": names.role_name(settings),
        # Not looked at here: it belongs to the event source mapping, and stays until queue and table are gone.
        "GroupingPolicy": {
            "PolicyName": names.grouping_policy_name(settings),
            "State": settings.state_of_grouping,
            "Resources": [names.event_queue_arn(settings), names.table_arn(settings)],
        },
        # Whoever adds permissions, or takes some by a boundary, makes it another role.
        "OtherInlinePolicies": [],
        "AttachedPolicies": [],
        "PermissionsBoundary": "",
        "Tags": settings.tags,
    }


def _of_function(settings: Settings) -> dict[str, Any]:
    statements = {
        "PublishAlerts": ("sns:Publish", names.topic_arn(settings)),
        "KeepWhatFailed": ("sqs:SendMessage", names.queue_arn(settings)),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], f"{names.log_group_arn(settings)}:*"),
    }
    policy = [
        {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
        for sid, (action, resource) in statements.items()
    ]
    return role(f"Runs the function {settings.name} of Trailwatch.", trust("lambda.amazonaws.com"), policy)


def trust(service: str) -> dict[str, Any]:
    """The statement by which a service may assume a role."""
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


def role(description: str, trusted: dict[str, Any], policy: list[dict[str, Any]]) -> dict[str, Any]:
    """What is a role's own: what it is for, whom it trusts, what it may do."""
    return {
        "Description": description,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trusted]},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": policy},
    }


def live(account: Account, desired: Document) -> Document | None:
    """The role with its permissions as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    then = "it will then be Lambda's alone, with no permissions but those of the function"
    return read(account, desired, _own_policies(account, desired), then)


def read(account: Account, desired: Document, own: set[str], then: str) -> Document | None:
    """As C(live), of any role of the stack.

    Args:
        own: the inline policies that are no others.
        then: what would become of somebody else's role.
    """
    iam, name = account.clients["iam"], desired["RoleName"]
    role = described(account, name)
    if role is None:
        return None
    inline = call(f"list the policies of role {name}", iam.list_role_policies, RoleName=name)["PolicyNames"]
    attached = call(f"list the policies attached to role {name}", iam.list_attached_role_policies, RoleName=name)
    trust, tags = role["AssumeRolePolicyDocument"], tags_of(role.get("Tags", []))
    unlike = "its trust policy is another" if policies_differ(trust, desired["AssumeRolePolicyDocument"]) else ""
    refuse_foreign(f"role {name}", tags, desired["Tags"], unlike, then)
    return {
        "Description": role.get("Description", ""),
        "AssumeRolePolicyDocument": trust,
        "PolicyDocument": _document(iam, name, desired["PolicyName"]) if desired["PolicyName"] in inline else {},
        "OtherInlinePolicies": sorted(set(inline) - own),
        "AttachedPolicies": sorted(policy["PolicyArn"] for policy in attached["AttachedPolicies"]),
        "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "Tags": tags,
    }


def described(account: Account, name: str) -> Document | None:
    """A role as IAM describes it, None if there is none. Read once for all who ask."""

    def get() -> Document | None:
        iam = account.clients["iam"]
        try:
            role: Document = call(f"read role {name}", iam.get_role, RoleName=name)["Role"]
        except is_ansible_aws_error_code("NoSuchEntity"):
            return None
        return role

    found: Document | None = account.once(f"role {name}", get)
    return found


def _own_policies(account: Account, desired: Document) -> set[str]:
    """The policies that are no others: that of grouping only while it is on, or not yet cleared away."""
    grouping = desired["GroupingPolicy"]
    used = grouping["State"] == PRESENT or any(arn in account.tagged for arn in grouping["Resources"])
    return {desired["PolicyName"], *([grouping["PolicyName"]] if used else [])}


def _document(iam: Any, role: str, policy: str) -> Document:
    purpose = f"read policy {policy} of role {role}"
    document: Document = call(purpose, iam.get_role_policy, RoleName=role, PolicyName=policy)["PolicyDocument"]
    return document


def difference(live: Document | None, desired: Document) -> Change:
    """What of the role and its permissions differs."""
    return changed(live, desired, ATTRIBUTES)
