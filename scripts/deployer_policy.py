# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployer's policies as JSON, the template of its role, and their page, made from files/permissions.yml."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.trailwatch.aws.plugins.module_utils.permissions import (
    ANY,
    Permissions,
    Place,
    Statement,
    permissions,
)

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "files/deployer"
TEMPLATE = f"{FOLDER}/role.yml"
PAGE = "docs/deployer-policy.md"

# A managed policy may have so many characters, white space not counted (IAM User Guide, "IAM and AWS STS quotas").
POLICY_MAX = 6144

# The JSON documents are for every account of the partition aws, as they stand.
ANYWHERE = Place("aws", ANY, ANY, "iam-alerting")
# IAM knows no region, and the stack may be made in any. So the partition's region is not in the template.
IN_TEMPLATE = Place("${AWS::Partition}", ANY, "${AWS::AccountId}", "${Name}")

# Those that are only made if they are asked for, and the condition of the template.
_OPTIONAL = {
    "delete-logs": "DeletesLogs",
    "deploy-organization": "MakesOrganizationTrail",
    "deploy-stack-set": "HasStackSet",
}
_GENERATED = "Made by `make permissions` from files/permissions.yml. Change that file, not this one."


def files(known: Permissions) -> dict[str, str]:
    """The text of each file that is made, by its path in the collection."""
    documents = {f"{FOLDER}/{name}.json": _json(known.document(name, ANYWHERE)) for name in known.needed_for}
    return {**documents, TEMPLATE: _yaml(template(known)), PAGE: page(known)}


def size(document: Any) -> int:
    """The characters of a policy as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def _json(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"


class _Indented(yaml.SafeDumper):
    """Writes lists as yamllint wants them: further in than what they belong to."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: Any) -> str:
    text = yaml.dump(document, Dumper=_Indented, sort_keys=False, width=100)
    return f"---\n# {_GENERATED}\n{text}"


# --- the template ----------------------------------------------------------------------------------------------------


def template(known: Permissions) -> dict[str, Any]:
    """The role and its policies as a CloudFormation template."""
    policies = {_logical(name): _managed_policy(name, known) for name in known.needed_for}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role with which Trailwatch is deployed into this account, and nothing more.",
        "Parameters": _PARAMETERS,
        "Conditions": _CONDITIONS,
        "Resources": {"Role": _ROLE, **policies},
        "Outputs": {
            "RoleArn": {
                "Description": "For iam_alerting_assume_role, which takes the role's name, too.",
                "Value": {"Fn::GetAtt": ["Role", "Arn"]},
            }
        },
    }


def _logical(policy: str) -> str:
    return f"{policy.title().replace('-', '')}Policy"


def _managed_policy(name: str, known: Permissions) -> dict[str, Any]:
    resource = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": {"Fn::Sub": "${Name}-deployer-" + name},
            "Description": f"Trailwatch: {known.needed_for[name].replace('`', '')}.",
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": _substituted(known.document(name, IN_TEMPLATE)),
        },
    }
    return {"Condition": _OPTIONAL[name], **resource} if name in _OPTIONAL else resource


def _substituted(value: Any) -> Any:
    """The value with CloudFormation's C(Fn::Sub) wherever a parameter is to be put in."""
    if isinstance(value, dict):
        return {key: _substituted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    return {"Fn::Sub": value} if "${" in value else value


_PARAMETERS: dict[str, dict[str, Any]] = {
    "TrustedPrincipal": {
        "Type": "String",
        "Description": "Who deploys: the ARN of a role, or the id of an account all of whose principals may be let in.",
        "AllowedPattern": r"^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/.+))$",
    },
    "ExternalId": {
        "Type": "String",
        "Default": "",
        "Description": "What has to be said to be let in, as iam_alerting_external_id; empty for nothing.",
        "AllowedPattern": r"^([\w+=,.@:/-]{2,1224})?$",
    },
    "OrganizationId": {
        "Type": "String",
        "Default": "",
        "Description": "The organization that whoever deploys has to belong to; empty for any.",
        "AllowedPattern": r"^(o-[a-z0-9]{10,32})?$",
    },
    "Name": {
        "Type": "String",
        "Default": "iam-alerting",
        "Description": "iam_alerting_name: only resources that are named by it can be made and deleted.",
        "AllowedPattern": r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "MinLength": 3,
        "MaxLength": 34,
    },
    "SessionTags": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether sessions may have tags (iam_alerting_session_tags).",
    },
    "SourceIdentity": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether sessions may tell who is behind them (iam_alerting_source_identity).",
    },
    "MaxSessionDuration": {
        "Type": "Number",
        "Default": 3600,
        "MinValue": 3600,
        "MaxValue": 43200,
        "Description": "The longest session of the role, in seconds.",
    },
    "DeleteLogs": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether a teardown may delete the bucket with all log files (iam_alerting_delete_logs).",
    },
    "StackSet": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether it may put out the members' stack set (iam_alerting_member_organizational_units).",
    },
    "OrganizationTrail": {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
        "Description": "Whether the organization's trail may be made from here (iam_alerting_trail).",
    },
}

_CONDITIONS = {
    "HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]},
    "HasOrganization": {"Fn::Not": [{"Fn::Equals": [{"Ref": "OrganizationId"}, ""]}]},
    "HasCondition": {"Fn::Or": [{"Condition": "HasExternalId"}, {"Condition": "HasOrganization"}]},
    "HasSessionTags": {"Fn::Equals": [{"Ref": "SessionTags"}, "true"]},
    "HasSourceIdentity": {"Fn::Equals": [{"Ref": "SourceIdentity"}, "true"]},
    "DeletesLogs": {"Fn::Equals": [{"Ref": "DeleteLogs"}, "true"]},
    "HasStackSet": {"Fn::Equals": [{"Ref": "StackSet"}, "true"]},
    "MakesOrganizationTrail": {"Fn::Equals": [{"Ref": "OrganizationTrail"}, "true"]},
}


def _if_given(condition: str, value: Any) -> dict[str, Any]:
    return {"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]}


_ASKED_FOR = {
    "sts:ExternalId": _if_given("HasExternalId", {"Ref": "ExternalId"}),
    "aws:PrincipalOrgID": _if_given("HasOrganization", {"Ref": "OrganizationId"}),
}

_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": {"Fn::Sub": "${Name}-deployer"},
        "Description": "Deploys, proves and removes Trailwatch in this account.",
        "MaxSessionDuration": {"Ref": "MaxSessionDuration"},
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": {"Ref": "TrustedPrincipal"}},
                    "Action": [
                        "sts:AssumeRole",
                        _if_given("HasSessionTags", "sts:TagSession"),
                        _if_given("HasSourceIdentity", "sts:SetSourceIdentity"),
                    ],
                    "Condition": _if_given("HasCondition", {"StringEquals": _ASKED_FOR}),
                }
            ],
        },
        "Tags": [{"Key": "trailwatch", "Value": {"Ref": "Name"}}],
    },
}


# --- the page --------------------------------------------------------------------------------------------------------

_HEAD = f"""\
<!-- {_GENERATED} -->
# Permissions of the deploying role

In place of an administrator, the role that is assumed in each account (`iam_alerting_assume_role`) can be one that may
do nothing but this. What it may write is confined to resources that are named by `iam_alerting_name`; the tables say
where not, and why. In the tests, which run in the sandbox, it suffices for every playbook from deploy to teardown, and
each action in it is used there, but for those that say why they are not.

## Make the role

[`{TEMPLATE}`](../{TEMPLATE}) is a CloudFormation template of the role `<name>-deployer` with the policies below, for
every partition. In one account:

```
aws cloudformation deploy --stack-name trailwatch-deployer --template-file {TEMPLATE} \\
    --capabilities CAPABILITY_NAMED_IAM \\
    --parameter-overrides TrustedPrincipal=arn:aws:iam::999999999999:role/security-automation
```

In all accounts of an organization, as a service-managed StackSet (which leaves out the management account), in **one
region**, since IAM has none and the names would meet:

```
aws cloudformation create-stack-set --stack-set-name trailwatch-deployer --template-body file://{TEMPLATE} \\
    --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED \\
    --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \\
    --parameters ParameterKey=TrustedPrincipal,ParameterValue=arn:aws:iam::999999999999:role/security-automation
aws cloudformation create-stack-instances --stack-set-name trailwatch-deployer --regions us-east-1 \\
    --deployment-targets OrganizationalUnitIds=<root or OU>
```

Then deploy with `iam_alerting_assume_role=iam-alerting-deployer`. Who assumes it needs `sts:AssumeRole` on
`arn:aws:iam::*:role/iam-alerting-deployer`. Tags of the stack come to the role and its policies.

"""

_AFTER_PARAMETERS = """
Without CloudFormation: make managed policies of the JSON below, which is for the name `iam-alerting` and the partition
`aws` (else replace them), and attach them to a role of yours. If that is not called `<name>-deployer`, put its ARN into
`KnowItself`: else missing permissions are told when AWS denies a call, and not all of them before the first write.

## What it can do all the same

- It writes the permissions of the function's role, and the function's code. So whoever holds it can do, through the
  function, whatever no permissions boundary and no service control policy forbids that role. Let only those assume it
  whom you would trust with the account.
- It can end any subscription of SNS in the account, and list some things of others, as the tables say.
- With `deploy-key` it can give any key of the account the tag that makes it ours, if its policy leaves that to IAM:
  KMS does not tell a key that is being made from others. Without `iam_alerting_customer_key`, leave that policy out.
"""


def page(known: Permissions) -> str:
    """The page in Markdown."""
    parameters = _rows(
        ("parameter", "default", "what it is"),
        (
            (f"`{name}`", f"`{spec['Default']}`" if spec.get("Default") != "" else "none", spec["Description"])
            if "Default" in spec
            else (f"`{name}`", "required", spec["Description"])
            for name, spec in _PARAMETERS.items()
        ),
    )
    policies = (_policy(name, known) for name in known.needed_for)
    return "\n".join([_HEAD + parameters + _AFTER_PARAMETERS, *policies])


def _policy(name: str, known: Permissions) -> str:
    document = known.document(name, ANYWHERE)
    rows = (
        (_listed(statement.components), _listed(statement.actions), _where(statement), _remarks(statement))
        for statement in known.of(name)
    )
    return f"""\
## `{name}`

Needed for {known.needed_for[name]}. [JSON](../{FOLDER}/{name}.json), {size(document)} of {POLICY_MAX} characters.

{_rows(("for", "actions", "resource", "remarks"), rows)}
<details><summary>The policy</summary>

```json
{_json(document)}```

</details>
"""


def _where(statement: Statement) -> str:
    place = Place("aws", "<region>", "<account>", "<name>")
    return "<br>".join(f"`{resource.format_map(vars(place))}`" for resource in statement.resources)


def _remarks(statement: Statement) -> str:
    conditions = (
        f"`{key}` is `{value.format_map(vars(Place('aws', '<region>', '<account>', '<name>')))}`"
        for keys in statement.condition.values()
        for key, value in keys.items()
    )
    unseen = (f"`{action}`: {reason}" for action, reason in statement.unseen.items())
    why = [f"`*`: {statement.why}"] if statement.why else []
    return "; ".join([*why, *conditions, *unseen])


def _listed(actions: Iterable[str]) -> str:
    return ", ".join(f"`{action}`" for action in actions)


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(head), tuple("---" for column in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write(texts: Mapping[str, str]) -> None:
    """Write the files."""
    for path, text in texts.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(files(permissions()))
