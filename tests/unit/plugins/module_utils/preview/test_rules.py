# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events get to the function: what the pattern matches (moto judges that), as states and regions allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import build_pattern, render
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import LeftOut, Rules

Build = Callable[..., dict[str, Any]]
API_CALL = "AWS API Call via CloudTrail"
SERVICES = ["iam", "sts", "signin"]
DETAIL_TYPES = [API_CALL, "AWS Service Event via CloudTrail", "AWS Console Sign In via CloudTrail", "Other"]
GLOBS = st.text("aB*", min_size=1, max_size=4).map(lambda text: text.replace("**", "*").replace("**", "*"))
ACTIONS = st.lists(st.builds(Action, st.sampled_from(SERVICES), GLOBS), min_size=1, max_size=6)


def event(action: str, region: str = "us-east-1", detail_type: str = API_CALL, **fields: Any) -> dict[str, Any]:
    service, name = action.split(":")
    detail = {"eventSource": f"{service}.amazonaws.com", "eventName": name, **fields}
    return {"source": f"aws.{service}", "detail-type": detail_type, "region": region, "detail": detail}


@given(ACTIONS, st.sampled_from(SERVICES), st.text("aB", max_size=4), st.sampled_from(DETAIL_TYPES), st.booleans())
@settings(deadline=None, database=None, max_examples=300)
def test_taken_is_what_the_pattern_matches(
    actions: list[Action], service: str, name: str, detail_type: str, forged: bool
) -> None:
    sent = event(f"{service}:{name}", detail_type=detail_type)
    if forged:  # anybody may put events on a bus, but not with a source of AWS
        sent["source"] = service
    matched = EventPattern.load(render(build_pattern(actions))).matches_event(sent)
    assert (Rules(map(str, actions)).left_out(sent) is None) == matched


def test_listed_in_any_of_many_rules() -> None:
    actions = [f"iam:SomeActionWithALongName{number:03}" for number in range(200)]
    rules = Rules(actions)
    assert {rules.left_out(event(action)) for action in actions} == {None}
    assert rules.left_out(event("iam:Other")) is LeftOut.NOT_LISTED


@pytest.mark.parametrize(
    ("forwarding", "expected"), [((), LeftOut.ELSEWHERE), (["eu-west-1"], None), (["us-west-2"], LeftOut.ELSEWHERE)]
)
def test_events_of_other_regions_come_if_those_forward(forwarding: list[str], expected: LeftOut | None) -> None:
    sent = event("cloudtrail:StopLogging", region="eu-west-1")
    assert Rules(["cloudtrail:StopLogging"], forwarding).left_out(sent) is expected
    assert Rules(["cloudtrail:StopLogging"], ["all"]).left_out(sent) is None


def test_a_read_only_event_needs_a_rule_that_takes_such() -> None:
    query = event("logs:StartQuery", readOnly=True, managementEvent=True)
    assert Rules(["logs:StartQuery"]).left_out(query) is LeftOut.READ_ONLY
    assert Rules(["logs:StartQuery", "iam:GetUser"]).left_out(query) is None
    assert Rules(["logs:StartQuery"]).left_out(event("logs:StartQuery", readOnly=True, managementEvent=False)) is None


def test_a_read_only_event_of_a_known_read_is_taken() -> None:
    assert Rules(["sts:AssumeRole"]).left_out(event("sts:AssumeRole", readOnly=True)) is None


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ("us-east-1", None),
        ("eu-central-1", LeftOut.ELSEWHERE),
        ("cn-north-1", None),
        ("cn-northwest-1", LeftOut.ELSEWHERE),
        ("a-region-of-tomorrow", None),
    ],
)
def test_the_rule_is_in_the_region_of_iam(region: str, reason: LeftOut | None) -> None:
    assert Rules(["cloudtrail:StopLogging"]).left_out(event("cloudtrail:StopLogging", region)) is reason
