"""The role of the template for deployers, in an account."""

from __future__ import annotations

from pathlib import Path

import boto3

from sandbox.client import Sandbox
from tests.integration.live import Account

NAME = "iam-alerting"
ROLE = f"{NAME}-deployer"
TEMPLATE = Path(__file__).parents[2] / "files" / "deployer" / "role.yml"
EXTERNAL_ID = "trailwatch-7f3a"


def make_role(account: Account, sandbox: Sandbox, **parameters: str) -> None:
    given = {"TrustedPrincipal": sandbox.management_account, **parameters}
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(
        StackName="trailwatch-deployer",
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="trailwatch-deployer", WaiterConfig={"Delay": 1})


def caller(sandbox: Sandbox) -> boto3.session.Session:
    """Whoever deploys: the management account."""
    return boto3.session.Session(sandbox.management_account, "any", region_name="us-east-1")


def organization_id(sandbox: Sandbox) -> str:
    organizations = caller(sandbox).client("organizations", endpoint_url=sandbox.endpoint)
    return str(organizations.describe_organization()["Organization"]["Id"])
