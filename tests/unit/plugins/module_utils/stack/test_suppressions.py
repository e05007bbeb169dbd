"""Which suppression records are accepted, and what the user is told of the rest."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import (
    check_suppressions,
    expired,
    in_package,
)

RECORD: dict[str, Any] = {
    "name": "ci",
    "match": {"role": "github-deploy"},
    "reason": "The pipeline makes roles.",
    "owner": "platform@example.com",
    "expires": "2027-01-31",
}


def test_patterns_become_lists_and_the_record_is_else_as_it_was() -> None:
    assert check_suppressions([RECORD]) == ({**RECORD, "match": {"role": ["github-deploy"]}},)


def test_a_day_that_yaml_made_a_date_of_is_taken() -> None:
    (checked,) = check_suppressions([{**RECORD, "expires": datetime.date(2027, 1, 31)}])
    assert checked["expires"] == "2027-01-31"


def test_an_account_may_have_come_as_a_number() -> None:
    (checked,) = check_suppressions([{**RECORD, "match": {"account": 111111111111}}])
    assert checked["match"] == {"account": ["111111111111"]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "no spaces"}, r"iam_alerting_suppressions\[0\].name is 'no spaces'"),
        ({"reason": " "}, r"\(ci\).reason is ' '. Say why"),
        ({"owner": ""}, r"\(ci\).owner is ''. Say whom to ask"),
        ({"expires": "next year"}, r"\(ci\).expires is 'next year'.* 2027-01-31"),
        ({"expires": "2027-02-30"}, r"\(ci\).expires is '2027-02-30'"),
        ({"expires": datetime.datetime(2027, 1, 31, 12, 0)}, r"\(ci\).expires is datetime"),
        ({"match": {}}, r"\(ci\).match is {}. Give a dictionary with some of actor, role"),
        ({"match": {"rolle": "x"}}, r"\(ci\).match is {'rolle': 'x'}"),
        ({"match": {"role": []}}, r"\(ci\).match.role is empty"),
        ({"match": {"role": "*"}}, r"\(ci\).match.role has '\*'"),
        ({"match": {"role": [7]}}, r"\(ci\).match.role has 7"),
        ({"match": {"account": 12345}}, r"\(ci\).match.account has 12345.* twelve digits, quoted"),
        ({"match": {"action": "iam:CreateUsr"}}, r"\(ci\).match.action: .*iam:CreateUser"),
        ({"match": {"source": "10.0.0.0/40"}}, r"\(ci\).match.source has '10.0.0.0/40', which is no network"),
        ({"match": {"tool": "Terraform"}}, r"\(ci\).match goes by the tool, which anybody can pretend"),
        ({"match": {"tool": "Terraform", "account": "111111111111"}}, "Name actor, role, user, source as well"),
        ({"severity": "low"}, r"Give a dictionary with name, match, reason, owner, expires, and nothing else"),
    ],
)
def test_the_refusal_names_the_record_the_value_and_the_way_out(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        check_suppressions([{**RECORD, **fields}])


@pytest.mark.parametrize("field", ["reason", "owner", "expires"])
def test_a_record_that_nobody_has_signed_for_is_refused(field: str) -> None:
    with pytest.raises(SettingsError, match="Give a dictionary with name, match, reason, owner, expires"):
        check_suppressions([{key: value for key, value in RECORD.items() if key != field}])


def test_two_records_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two records named 'ci'"):
        check_suppressions([RECORD, RECORD])


def test_expired_ones_are_named_with_their_owner() -> None:
    assert expired([RECORD], "2027-01-31") == []
    assert expired([RECORD], "2027-02-01") == ["ci on 2027-01-31 (owner platform@example.com)"]


def test_the_same_records_give_the_same_file() -> None:
    turned = dict(reversed(RECORD.items()))
    assert in_package(check_suppressions([RECORD])) == in_package(check_suppressions([turned]))
    assert json.loads(in_package(check_suppressions([RECORD])))[0]["name"] == "ci"
