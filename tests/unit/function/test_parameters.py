# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the parameters of a call are listed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import parameters
import pytest

POLICY = {"Statement": [{"Effect": "Allow", "Action": ["iam:*", "s3:Get*"], "Resource": "*"}]}
POLICY_LINES = [
    "policyDocument/Statement[0]/Effect = Allow",
    "policyDocument/Statement[0]/Action = iam:*, s3:Get*",
    "policyDocument/Statement[0]/Resource = *",
]


@pytest.mark.parametrize(
    "document", [POLICY, json.dumps(POLICY), json.dumps(POLICY, indent=2), quote(json.dumps(POLICY))]
)
def test_policy_document_reads_the_same_however_it_is_recorded(document: Any) -> None:
    assert parameters.lines({"policyDocument": document}) == POLICY_LINES


def test_secret_inside_a_document_inside_a_string_is_masked() -> None:
    assert parameters.lines({"settings": json.dumps({"db": {"password": "hunter2"}})}) == [
        "settings/db/password = (masked)"
    ]


def test_whole_structure_under_a_secret_name_is_masked() -> None:
    assert parameters.lines({"credentials": {"a": ["hunter2"]}}) == ["credentials = (masked)"]


def test_access_key_id_is_shortened_also_in_odd_spelling() -> None:
    assert parameters.lines({"AccessKeyID": "akiaexample000000007"}) == ["AccessKeyID = akia...0007"]


@pytest.mark.parametrize("nothing", [None, "", {}, [], {"a": None}])
def test_no_parameters_make_no_lines(nothing: Any) -> None:
    assert parameters.lines(nothing) == []


def test_text_instead_of_parameters_is_shown() -> None:
    assert parameters.lines("userName=alice") == ["value = userName=alice"]


def test_empty_values_are_told_apart() -> None:
    assert parameters.lines({"a": "", "b": {}, "c": [], "d": False, "e": 0}) == [
        'a = ""',
        "b = {}",
        "c = []",
        "d = false",
        "e = 0",
    ]


def test_many_parameters_are_counted_not_listed() -> None:
    shown = parameters.lines({f"p{number}": number for number in range(30)})
    assert len(shown) == 21
    assert shown[-1] == "... and 10 further values"


def test_endless_parameters_are_not_even_counted() -> None:
    assert parameters.lines([{"a": 1}] * 9000)[-1] == "... and 100 or more further values"


def test_deep_nesting_ends() -> None:
    nested: Any = "x"
    for _depth in range(900):
        nested = {"a": nested}
    assert parameters.lines(nested) == ["a/a/a/a/a/a/a = (nested too deep to show)"]


def test_parameter_name_cannot_start_a_line_or_make_a_link() -> None:
    assert parameters.lines({"x\nResult": {"evil": {"com": "1"}}, "evil.com": "2"}) == [
        "x Result/evil/com = 1",
        "evil[.]com = 2",
    ]
