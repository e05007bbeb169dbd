# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: that it is complete and consistent, and what lists of presets and removals stand for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    ActionError,
    is_read_only,
    known_names,
    parse_actions,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import (
    SEVERITIES,
    Entry,
    catalogue,
    expand_actions,
    in_package,
    read_catalogue,
)
from scripts.catalogue_page import page

ROOT = Path(__file__).resolve().parents[4]
ENTRIES = catalogue().entries


def small(**presets: list[str]) -> Any:
    fields = {"severity": "high", "techniques": ["T1098"], "why": "So.", "next": "Look."}
    return read_catalogue(
        {
            "regions": {"iam": "us-east-1"},
            "techniques": {"T1098": "Account Manipulation"},
            "presets": {name: {"description": name, "actions": actions} for name, actions in presets.items()},
            "actions": {"iam:CreateUser": fields},
        }
    )


SMALL = small(users=["iam:CreateUser", "iam:DeleteUser"], roles=["iam:CreateRole", "iam:AttachRolePolicy"])


@pytest.mark.parametrize(("action", "entry"), ENTRIES.items())
def test_entry_is_whole_and_short(action: str, entry: Entry) -> None:
    assert entry.severity in SEVERITIES
    assert not entry.ordinary or SEVERITIES.index(entry.ordinary) > SEVERITIES.index(entry.severity)
    assert 1 <= len(entry.techniques) <= 2
    assert set(entry.techniques) <= catalogue().techniques.keys()
    assert re.fullmatch(r"[^.]+\.", entry.why), "one sentence"
    assert re.fullmatch(r"[^.]+\.( [^.]+\.)?", entry.next), "one or two sentences"
    assert entry.read_only == is_read_only(Action(*action.split(":")))
    assert (entry.why + entry.next).isascii()
    assert len(entry.why) <= 110
    assert len(entry.next) <= 130


def test_every_action_is_known_to_aws() -> None:
    assert len(parse_actions(ENTRIES)) == len(ENTRIES)


def test_no_action_is_written_twice() -> None:
    keys = re.findall(r"^  ([a-z-]+:\w+):$", (ROOT / "files" / "catalogue.yml").read_text(), re.MULTILINE)
    assert sorted(keys) == sorted(ENTRIES)


def test_presets_grow() -> None:
    presets = catalogue().presets
    assert list(presets) == ["minimal", "standard", "strict"]
    assert all(ENTRIES[action].severity == "critical" for action in presets["minimal"].actions)
    assert {*presets["minimal"].actions, *presets["standard"].actions} <= {*presets["strict"].actions}
    assert "iam:CreateRole" not in presets["standard"].actions
    assert len(presets["standard"].actions) == 28


def test_every_technique_is_used() -> None:
    assert {technique for entry in ENTRIES.values() for technique in entry.techniques} == {*catalogue().techniques}


def test_page_is_what_the_catalogue_gives() -> None:
    assert (ROOT / "docs" / "catalogue.md").read_text() == page(catalogue()), "run: make catalogue"


def test_role_reports_the_standard_preset() -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "iam_alerting" / "defaults" / "main.yml").read_text())
    assert defaults["iam_alerting_actions"] == ["standard"]


def test_function_gets_it_in_compact_form() -> None:
    document = json.loads(in_package(SMALL))
    assert document == {
        "actions": {"iam:CreateUser": ["high", "", ["T1098"], "So.", "Look."]},
        "techniques": {"T1098": "Account Manipulation"},
    }
    assert b": " not in in_package(SMALL)


@pytest.mark.parametrize(
    ("entries", "expanded"),
    [
        (["users"], ["iam:CreateUser", "iam:DeleteUser"]),
        (["users", "s3:DeleteBucket"], ["iam:CreateUser", "iam:DeleteUser", "s3:DeleteBucket"]),
        (["iam:DeleteUser", "users", " users "], ["iam:DeleteUser", "iam:CreateUser"]),
        (["users", "roles", "!iam:CreateRole"], ["iam:CreateUser", "iam:DeleteUser", "iam:AttachRolePolicy"]),
        (["!iam:CreateRole", "roles"], ["iam:AttachRolePolicy"]),
        (["users", "roles", "!iam:*Policy"], ["iam:CreateUser", "iam:DeleteUser", "iam:CreateRole"]),
        (["users", "roles", "!users"], ["iam:CreateRole", "iam:AttachRolePolicy"]),
        (["iam:*Group", "iam:Tag*", "!iam:Tag*"], ["iam:*Group"]),
        (["iam:*AccessKey", "!iam:Delete*"], ["iam:CreateAccessKey", "iam:UpdateAccessKey"]),
        ([], []),
    ],
)
def test_expand(entries: list[str], expanded: list[str]) -> None:
    assert expand_actions(entries, SMALL) == expanded


def test_wildcard_loses_nothing_but_what_is_removed() -> None:
    expanded = expand_actions(["iam:*", "!iam:CreateRole"], SMALL)
    assert {text.split(":")[1] for text in expanded} == known_names("iam") - {"CreateRole"}


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        (["user"], "'user' is no preset. Nearest: 'users'. There are users, roles; actions are written as"),
        (["Users"], "'Users' names no service"),
        (["xyzzy"], "'xyzzy' is no preset. There are users, roles"),
        (["users", "!role"], "'role' is no preset. Nearest: 'roles'"),
        (["users", "!iam:CreatUser"], "'!iam:CreatUser' removes nothing.* Nearest: '!iam:CreateUser'"),
        (["users", "!iam:*Policy"], r"'!iam:\*Policy' removes nothing"),
        (["users", "!iam:DeleteUser", "!iam:DeleteUser"], "removes nothing"),
        (["!users"], "'!users' removes nothing"),
        (["users", "!CreateUser"], "'CreateUser' names no service: write it as 'iam:CreateUser'"),
        (["users", "!iam:*User"], "take out all actions"),
    ],
)
def test_lists_that_cannot_be_meant(entries: list[str], complaint: str) -> None:
    with pytest.raises(ActionError, match=complaint):
        parse_actions(expand_actions(entries, SMALL))
