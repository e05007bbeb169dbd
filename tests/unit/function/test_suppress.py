# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events are kept quiet, and which never."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pipeline import Pipeline
from record import Record, parse
from suppress import judge
from suppression import Suppression, Verdict

OWN, OTHER = "111111111111", "222222222222"
TODAY = "2026-11-23"
PIPELINE = Pipeline("iam-alerting", OWN, "us-east-1")
Build = Callable[..., dict[str, Any]]


def session(role: str = "github-deploy", name: str = "run-42", account: str = OWN, path: str = "") -> dict[str, Any]:
    """The identity of somebody who has assumed a role."""
    issuer = {"userName": role, "accountId": account, "arn": f"arn:aws:iam::{account}:role/{path}{role}"}
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{name}"
    return {"type": "AssumedRole", "arn": arn, "accountId": account, "sessionContext": {"sessionIssuer": issuer}}


SSO_ROLE = "AWSReservedSSO_Admin_0123456789abcdef"


def suppression(name: str = "ci", expires: str = "2027-01-31", **match: Any) -> Suppression:
    patterns = {criterion: tuple([value] if isinstance(value, str) else value) for criterion, value in match.items()}
    return Suppression(name, patterns, "known automation", "platform@example.com", expires)


def verdict(record: Record, *known: Suppression, today: str = TODAY) -> Verdict:
    return judge(record, PIPELINE, known, today)


@pytest.fixture
def call(event: Build) -> Callable[..., Record]:
    """A builder of records of the role github-deploy creating a role with Terraform from 10.1.2.3."""

    def build(**fields: Any) -> Record:
        usual = {
            "userIdentity": session(),
            "eventName": "CreateRole",
            "sourceIPAddress": "10.1.2.3",
            "userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.8",
        }
        return parse(event(**{**usual, **fields}))

    return build


@pytest.mark.parametrize(
    "match",
    [
        {"role": "github-deploy"},
        {"role": "github-*"},
        {"role": "github-deplo?"},
        {"role": ["other", "github-deploy"]},
        {"actor": "github-deploy"},
        {"actor": "github-deploy/run-*"},
        {"actor": "arn:aws:sts::111111111111:assumed-role/github-deploy/*"},
        {"action": "iam:CreateRole"},
        {"action": "iam:*role"},
        {"account": OWN},
        {"account": "1111*"},
        {"source": "10.1.2.3"},
        {"source": "10.0.0.0/8"},
        {"source": ["192.0.2.0/24", "10.1.0.0/16"]},
        {"role": "github-deploy", "tool": "terraform"},
        {"role": "github-deploy", "action": "iam:Create*", "account": OWN, "source": "10.0.0.0/8", "tool": "Terra*"},
    ],
)
def test_record_holds_if_each_criterion_has_a_pattern_that_fits(
    call: Callable[..., Record], match: dict[str, Any]
) -> None:
    known = suppression(**match)
    assert verdict(call(), known) == Verdict(known)


@pytest.mark.parametrize(
    "match",
    [
        {"role": "github"},
        {"role": "GitHub-Deploy"},
        {"role": "github.deploy"},
        {"user": "*"},
        {"actor": "run-42"},
        {"action": "iam:DeleteRole"},
        {"account": OTHER},
        {"source": "10.1.2.4"},
        {"source": "192.0.2.0/24"},
        {"source": "2001:db8::/32"},
        {"role": "github-deploy", "action": "iam:DeleteRole"},
        {"role": "github-deploy", "tool": "Pulumi"},
    ],
)
def test_record_does_not_hold_if_one_criterion_has_none(call: Callable[..., Record], match: dict[str, Any]) -> None:
    assert verdict(call(), suppression(**match)) == Verdict()


@pytest.mark.parametrize(
    ("address", "pattern"),
    [
        ("2001:db8::17", "2001:db8::/32"),
        ("2001:db8:0:0:0:0:0:17", "2001:db8::17"),
        ("cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
        ("AWS Internal", "AWS Internal"),
    ],
)
def test_source_is_an_address_of_either_kind_or_a_service(
    call: Callable[..., Record], address: str, pattern: str
) -> None:
    assert verdict(call(sourceIPAddress=address), suppression(source=pattern)).suppression


def test_a_service_is_in_no_network(call: Callable[..., Record]) -> None:
    assert not verdict(call(sourceIPAddress="AWS Internal"), suppression(source="0.0.0.0/0")).suppression


def test_user_is_an_iam_user_or_one_of_identity_center(call: Callable[..., Record]) -> None:
    known = suppression(user="alice")
    assert verdict(call(userIdentity={"type": "IAMUser", "userName": "alice", "accountId": OWN}), known).suppression
    sso = session(SSO_ROLE, "alice", path="aws-reserved/sso.amazonaws.com/")
    assert verdict(call(userIdentity=sso), known).suppression


@pytest.mark.parametrize("criterion", ["user", "actor"])
def test_who_names_a_session_after_somebody_is_not_them(call: Callable[..., Record], criterion: str) -> None:
    known = suppression(**{criterion: "alice"})
    assert not verdict(call(userIdentity=session("intruder", "alice")), known).suppression
    # Anybody may make a role with such a name, but not below the path that is reserved. Paths may contain colons.
    for path in ("", "x:role/aws-reserved/sso.amazonaws.com/", "x/aws-reserved/sso.amazonaws.com/"):
        assert not verdict(call(userIdentity=session(SSO_ROLE, "alice", path=path)), known).suppression
    # A record without the issuer, as of a sign-in to the console, does not tell the path.
    nameless = {**session(SSO_ROLE, "alice"), "sessionContext": {}}
    assert not verdict(call(userIdentity=nameless), known).suppression
    assert verdict(call(userIdentity=nameless), suppression(actor=SSO_ROLE)).suppression


@pytest.mark.parametrize("match", [{"role": "github-deploy"}, {"actor": "github-deploy*"}])
def test_role_of_the_same_name_in_another_account_is_another_one(
    call: Callable[..., Record], match: dict[str, Any]
) -> None:
    assert not verdict(call(userIdentity=session(account=OTHER)), suppression(**match)).suppression


def test_last_day_counts_and_the_day_after_does_not(call: Callable[..., Record]) -> None:
    known = suppression(role="github-deploy", expires=TODAY)
    assert verdict(call(), known).suppression == known
    assert verdict(call(), known, today="2026-11-24") == Verdict(
        None, "suppression ci fits, but expired on 2026-11-23 (owner platform@example.com)"
    )


def test_another_record_may_hold_in_place_of_an_expired_one(call: Callable[..., Record]) -> None:
    old, new = suppression("old", "2026-01-31", role="*deploy"), suppression("new", role="github-deploy")
    assert verdict(call(), old, new) == Verdict(new)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"userIdentity": {"type": "Root", "accountId": OWN}}, "what the root user does"),
        ({"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}, "a change of a trail"),
        ({"eventSource": "cloudtrail.amazonaws.com", "eventName": "PutEventSelectors"}, "a change of a trail"),
        (
            {
                "eventSource": "events.amazonaws.com",
                "eventName": "DisableRule",
                "requestParameters": {"name": "iam-alerting"},
            },
            "a change of this alerting",
        ),
    ],
)
def test_some_events_are_never_kept_quiet(call: Callable[..., Record], fields: dict[str, Any], why: str) -> None:
    assert verdict(call(**fields), suppression(account="*")) == Verdict(
        None, f"suppression ci fits, but {why} is never suppressed"
    )


def test_reading_trails_may_be_kept_quiet(call: Callable[..., Record]) -> None:
    reading = call(eventSource="cloudtrail.amazonaws.com", eventName="GetTrailStatus")
    assert verdict(reading, suppression(account="*")).suppression
