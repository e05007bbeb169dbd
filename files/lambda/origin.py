# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call came from: the tool behind a user agent, and the event's page in the AWS console."""

from __future__ import annotations

import re

from record import Record

# What a user agent contains, and the tool that says so. The first that fits counts.
_TOOLS = (
    ("terraform", "Terraform"),
    ("opentofu", "OpenTofu"),
    ("pulumi", "Pulumi"),
    ("ansible", "Ansible"),
    ("cloudformation.amazonaws.com", "CloudFormation"),
    ("cloudshell", "AWS CloudShell"),
    ("aws-cli/", "AWS CLI"),
    ("awspowershell", "AWS Tools for PowerShell"),
    ("console.amazonaws.com", "AWS console"),
    ("signin.amazonaws.com", "AWS console"),
    ("aws-internal/", "AWS console or an AWS service"),
    ("mozilla/", "a browser"),
    ("boto3/", "Python SDK (boto3)"),
    ("botocore/", "Python SDK (botocore)"),
    ("aws-sdk-", "AWS SDK"),
    (".amazonaws.com", "an AWS service"),
)
_CONSOLES = {
    "cn": "console.amazonaws.cn",
    "us-gov": "console.amazonaws-us-gov.com",
    "eusc-de": "console.amazonaws-eusc.eu",
    "us-iso": "",
    "us-isob": "",
    "us-isof": "",
    "eu-isoe": "",
}
_REGION = re.compile(r"(?P<area>us-(?:gov|isob|isof|iso)|eu-isoe|eusc-de|[a-z]{2})-[a-z]+-[0-9]{1,2}")
EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def tool(record: Record) -> str:
    """What the call was probably made with; empty where nothing tells. The caller chooses the user agent."""
    agent = record.userAgent.lower()
    if record.from_console and "cloudshell" not in agent:
        return "AWS console"
    if not agent:
        return "an AWS service" if record.sourceIPAddress.endswith(".amazonaws.com") else ""
    return next((name for mark, name in _TOOLS if mark in agent), "")


def event_link(record: Record) -> str:
    """The event's page in the AWS console of its partition; empty where no page can be known."""
    region = _REGION.fullmatch(record.awsRegion)
    if not region or not EVENT_ID.fullmatch(record.eventID):
        return ""
    domain = _CONSOLES.get(region.group("area"), "console.aws.amazon.com")
    if not domain:
        return ""
    return f"https://{region.group()}.{domain}/cloudtrailv2/home?region={region.group()}#/events/{record.eventID}"
