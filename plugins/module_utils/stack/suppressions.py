# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records in C(iam_alerting_suppressions), checked: which events are kept quiet, why, by whose word, how long."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import ActionError, parse_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError

FILE_IN_PACKAGE = "suppressions.json"

FIELDS = ("name", "match", "reason", "owner", "expires")
CRITERIA = ("actor", "role", "user", "action", "account", "source", "tool")
# Whoever makes a call chooses its user agent, and so the tool that it seems to be made with.
VOUCHED = ("actor", "role", "user", "source")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ACCOUNT = re.compile(r"[0-9*?]{1,12}")
_TEXT_MAX = 500


def check_suppressions(records: Sequence[object]) -> tuple[dict[str, Any], ...]:
    """The records in the form in which the function takes them: patterns as lists, the day of expiry as YYYY-MM-DD.

    Raises:
        SettingsError: a record lacks a field, or has one that is unknown or cannot be used.
    """
    checked = tuple(_record(f"iam_alerting_suppressions[{number}]", record) for number, record in enumerate(records))
    names = [record["name"] for record in checked]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"iam_alerting_suppressions has two records named {name!r}. Give each its own name.")
    return checked


def expired(records: Iterable[Mapping[str, Any]], today: str) -> list[str]:
    """Those that no longer hold on the day C(today) (YYYY-MM-DD), with their owners."""
    return [
        f"{record['name']} on {record['expires']} (owner {record['owner']})"
        for record in records
        if record["expires"] < today
    ]


def in_package(records: Sequence[Mapping[str, Any]]) -> bytes:
    """The records as the file in the function's package."""
    return json.dumps(records, sort_keys=True, separators=(",", ":")).encode("ascii")


def _record(where: str, record: object) -> dict[str, Any]:
    if not isinstance(record, Mapping) or set(record) != set(FIELDS):
        raise SettingsError(f"{where} is {record!r}. Give a dictionary with {', '.join(FIELDS)}, and nothing else.")
    name = record["name"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SettingsError(f"{where}.name is {name!r}. Use up to 64 letters, digits, hyphens and underscores.")
    where = f"{where} ({name})"
    return {
        "name": name,
        "match": _match(where, record["match"]),
        "reason": _text(f"{where}.reason", record["reason"], "why nobody needs to hear of it"),
        "owner": _text(f"{where}.owner", record["owner"], "whom to ask"),
        "expires": _day(f"{where}.expires", record["expires"]),
    }


def _text(where: str, value: object, wanted: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT_MAX:
        raise SettingsError(f"{where} is {value!r}. Say {wanted}, in at most {_TEXT_MAX} characters.")
    return " ".join(value.split())


def _day(where: str, value: object) -> str:
    """The last day on which a record holds. YAML makes a date of one that is not quoted."""
    day = value.isoformat() if isinstance(value, datetime.date) else value
    try:
        return datetime.datetime.strptime(str(day), "%Y-%m-%d").date().isoformat()
    except ValueError as error:
        raise SettingsError(f"{where} is {value!r}. Give the last day on which it holds, as 2027-01-31.") from error


def _match(where: str, match: object) -> dict[str, list[str]]:
    if not isinstance(match, Mapping) or not match or not set(match) <= set(CRITERIA):
        raise SettingsError(f"{where}.match is {match!r}. Give a dictionary with some of {', '.join(CRITERIA)}.")
    if "tool" in match and not match.keys() & set(VOUCHED):
        raise SettingsError(
            f"{where}.match goes by the tool, which anybody can pretend to use. Name {', '.join(VOUCHED)} as well."
        )
    return {name: _patterns(f"{where}.match.{name}", name, match[name]) for name in CRITERIA if name in match}


def _patterns(where: str, criterion: str, value: object) -> list[str]:
    patterns = list(value) if isinstance(value, (list, tuple)) else [value]
    if not patterns:
        raise SettingsError(f"{where} is empty, so the record would never hold. Name something, or leave it out.")
    return [_CHECKS.get(criterion, _pattern)(where, pattern) for pattern in patterns]


def _pattern(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip("*? "):
        raise SettingsError(f"{where} has {value!r}. Give a name, in which * stands for any characters and ? for one.")
    return value


def _account(where: str, value: object) -> str:
    if not _ACCOUNT.fullmatch(str(value)) or (str(value).isdigit() and len(str(value)) != 12):
        raise SettingsError(f"{where} has {value!r}. Give twelve digits, quoted, or digits with * and ?.")
    return str(value)


def _action(where: str, value: object) -> str:
    try:
        parse_actions([str(value)])
    except ActionError as error:
        raise SettingsError(f"{where}: {error}") from error
    return str(value)


def _source(where: str, value: object) -> str:
    pattern = _pattern(where, value)
    if "/" in pattern:
        try:
            ipaddress.ip_network(pattern, strict=False)
        except ValueError as error:
            raise SettingsError(f"{where} has {value!r}, which is no network: {error}. Use 10.0.0.0/8.") from error
    return pattern


_CHECKS = {"account": _account, "action": _action, "source": _source}
