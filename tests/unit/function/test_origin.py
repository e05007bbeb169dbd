# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the mail says that a call came from, and where it points the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import origin
import pytest
import record

Build = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("aws-cli/2.31.1 Python/3.13", "AWS CLI"),
        ("aws-cli/2.31.1 exec-env/CloudShell", "AWS CloudShell"),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.9 aws-sdk-go-v2/1.30", "Terraform"),
        ("APN/1.0 Ansible/2.19 Boto3/1.40", "Ansible"),
        ("Boto3/1.40 Botocore/1.40", "Python SDK (boto3)"),
        ("aws-sdk-js/3.600", "AWS SDK"),
        ("console.amazonaws.com", "AWS console"),
        ("cloudformation.amazonaws.com", "CloudFormation"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "a browser"),
        ("curl/8", ""),
        (None, ""),
    ],
)
def test_tool_is_guessed_from_the_user_agent(event: Build, user_agent: Any, tool: str) -> None:
    assert origin.tool(record.parse(event(userAgent=user_agent))) == tool


@pytest.mark.parametrize("flag", ["true", True])
def test_console_session_counts_more_than_the_user_agent(event: Build, flag: Any) -> None:
    assert origin.tool(record.parse(event(userAgent="Boto3/1.40", sessionCredentialFromConsole=flag))) == "AWS console"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("ap-southeast-2", "ap-southeast-2.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_link_leads_to_the_console_of_the_partition(event: Build, region: str, host: str) -> None:
    link = origin.event_link(record.parse(event(awsRegion=region, eventID="a-1")))
    assert link == f"https://{host}/cloudtrailv2/home?region={region}#/events/a-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"awsRegion": "us-iso-east-1"},
        {"awsRegion": "evil.example.com/us-east-1"},
        {"awsRegion": "global"},
        {"eventID": None},
        {"eventID": "a/../../evil"},
    ],
)
def test_no_link_rather_than_a_wrong_one(event: Build, fields: dict[str, Any]) -> None:
    assert origin.event_link(record.parse(event(**fields))) == ""
