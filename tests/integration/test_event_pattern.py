# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The patterns, judged by a matcher that agrees with AWS's own: events:TestEventPattern and PutRule of the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import known_names, parse_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import allocate, build_pattern, render
from tests.integration.live import Account

API_CALL = "AWS API Call via CloudTrail"
LISTS = [
    ["iam:CreateUser"],
    ["iam:CreateUser", "sts:AssumeRoot"],
    ["iam:*"],
    ["iam:Create*", "iam:*AccessKey"],
    ["iam:Attach*Policy", "iam:*User*"],
    ["iam:*", "sts:Get*", "signin:ConsoleLogin"],
    ["signin:*", "sso:*Federate", "sso-directory:AddMemberToGroup", "organizations:LeaveOrganization"],
    ["iam:CreateUser", "signin:ConsoleLogin", "sso:CreateAccountAssignment", "rolesanywhere:Create*"],
    [f"iam:{name}" for name in sorted(known_names("iam")) if not name.startswith(("Get", "List"))],
]
EVENTS = [
    *[("iam", name) for name in ("CreateUser", "CreateUserX", "createUser", "DeleteAccessKey", "AttachUserPolicy")],
    *[("iam", name) for name in ("AttachPolicyX", "GetUser", "UserX", "TagRole", "AssumeRoot")],
    *[("sts", name) for name in ("AssumeRoot", "GetFederationToken", "CreateUser", "AssumeRole")],
    *[("signin", name) for name in ("ConsoleLogin", "CheckMfa", "CreateUser")],
    *[("sso", "Federate"), ("sso", "CreateAccountAssignment"), ("sso-directory", "AddMemberToGroup")],
    *[("organizations", "LeaveOrganization"), ("rolesanywhere", "CreateProfile"), ("kms", "CreateUser")],
]


@pytest.fixture(scope="module")
def events(open_account: Callable[[], Account]) -> Any:
    return open_account().client("events")


def event(service: str, name: str, source: str = "", detail_type: str = API_CALL) -> str:
    return json.dumps(
        {
            "id": "7bf73129-1428-4cd3-a780-95db273d1602",
            "account": "111111111111",
            "time": "2026-11-23T06:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "source": source or f"aws.{service}",
            "detail-type": detail_type,
            "detail": {"eventSource": f"{service}.amazonaws.com", "eventName": name},
        }
    )


def matches(events: Any, pattern: str, an_event: str) -> bool:
    return bool(events.test_event_pattern(EventPattern=pattern, Event=an_event)["Result"])


@pytest.mark.parametrize("limit", [700, 2048])
@pytest.mark.parametrize("texts", LISTS, ids=lambda texts: ",".join(texts)[:60])
def test_an_event_matches_if_and_only_if_its_action_is_listed(events: Any, texts: list[str], limit: int) -> None:
    patterns = [render(build_pattern(shard)) for shard in allocate(parse_actions(texts), {}, limit).values()]
    for service, name in EVENTS:
        wanted = any(fnmatchcase(f"{service}:{name}", text) for text in texts)
        matched = [pattern for pattern in patterns if matches(events, pattern, event(service, name))]
        assert (len(matched) > 0) == wanted, (service, name)


@pytest.mark.parametrize("texts", LISTS[:-1], ids=lambda texts: ",".join(texts)[:60])
def test_an_event_that_aws_did_not_send_never_matches(events: Any, texts: list[str]) -> None:
    pattern = render(build_pattern(parse_actions(texts)))
    for service, name in EVENTS:
        assert not matches(events, pattern, event(service, name, source="my.app"))
        assert not matches(events, pattern, event(service, name, detail_type="Made up"))


@pytest.mark.parametrize(
    "detail_type",
    [
        API_CALL,
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "AWS Service Event via CloudTrail",
    ],
)
def test_sign_in_matches_in_every_form(events: Any, detail_type: str) -> None:
    pattern = render(build_pattern(parse_actions(["signin:ConsoleLogin", "iam:CreateUser"])))
    assert matches(events, pattern, event("signin", "ConsoleLogin", detail_type=detail_type))


@pytest.mark.parametrize("texts", LISTS, ids=lambda texts: ",".join(texts)[:60])
def test_a_rule_takes_the_pattern(events: Any, texts: list[str]) -> None:
    for number, shard in allocate(parse_actions(texts), {}, 2048).items():
        pattern = render(build_pattern(shard))
        events.put_rule(Name=f"rule-{number}", EventPattern=pattern)
        assert json.loads(events.describe_rule(Name=f"rule-{number}")["EventPattern"]) == json.loads(pattern)
