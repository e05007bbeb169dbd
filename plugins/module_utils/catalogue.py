# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of actions in C(files/catalogue.yml): what is known of each, and the presets made from them.

A list of actions may name presets (C(standard)) beside actions (C(iam:CreateUser)) and wildcards (C(iam:*Policy)),
and may take some of them out again (C(!iam:CreateRole), C(!iam:*Policy), C(!minimal)).
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    ActionError,
    known_names,
    parse_format,
)

SEVERITIES = ("critical", "high", "medium", "low")
FILE_IN_PACKAGE = "catalogue.json"

_PATH = Path(__file__).resolve().parents[2] / "files" / "catalogue.yml"


@dataclass(frozen=True)
class Entry:
    """What is known of one action. C(ordinary) is the severity where the record shows nothing dangerous, or empty."""

    severity: str
    ordinary: str
    techniques: tuple[str, ...]
    why: str
    next: str
    read_only: bool
    region: str


@dataclass(frozen=True)
class Preset:
    """A named list of actions."""

    description: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Entries by action, presets by name, names of ATT&CK techniques by id."""

    entries: Mapping[str, Entry]
    presets: Mapping[str, Preset]
    techniques: Mapping[str, str]


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that comes with the collection."""
    return read_catalogue(yaml_load(_PATH.read_text(encoding="utf-8")))


def read_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """The catalogue that a document in the form of C(files/catalogue.yml) holds."""
    entries = {action: _entry(action, fields, document["regions"]) for action, fields in document["actions"].items()}
    presets = {name: _preset(fields, entries) for name, fields in document["presets"].items()}
    return Catalogue(entries, presets, document["techniques"])


def expand_actions(entries: Sequence[str], known: Catalogue) -> list[str]:
    """The actions that a list of presets, actions, wildcards and removals stands for, each once.

    Removals count wherever they stand in the list. A wildcard from which one takes something is written out as the
    actions that are known today.

    Raises:
        ActionError: a preset is unknown, a removal removes nothing, or nothing is left.
    """
    wanted: dict[str, None] = {}
    for entry in entries:
        if not entry.startswith("!"):
            wanted |= dict.fromkeys(_meant(entry, known))
    for entry in entries:
        if entry.startswith("!"):
            wanted = dict.fromkeys(_without(list(wanted), entry, _meant(entry[1:].strip(), known)))
    if entries and not wanted:
        raise ActionError("The removals take out all actions of the list, so nothing would ever be reported.")
    return list(wanted)


def in_package(known: Catalogue) -> bytes:
    """What the function needs of the catalogue, as the contents of a file beside its modules."""
    actions = {
        action: [entry.severity, entry.ordinary, list(entry.techniques), entry.why, entry.next]
        for action, entry in known.entries.items()
    }
    document = {"actions": actions, "techniques": dict(known.techniques)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _entry(action: str, fields: Mapping[str, Any], regions: Mapping[str, str]) -> Entry:
    return Entry(
        severity=fields["severity"],
        ordinary=fields.get("ordinary", ""),
        techniques=tuple(fields["techniques"]),
        why=fields["why"],
        next=fields["next"],
        read_only=fields.get("read_only", False),
        region=regions[action.split(":", 1)[0]],
    )


def _preset(fields: Mapping[str, Any], entries: Mapping[str, Entry]) -> Preset:
    actions = fields.get("actions") or [
        action for action, entry in entries.items() if entry.severity in fields["severities"]
    ]
    return Preset(fields["description"], tuple(actions))


def _meant(entry: str, known: Catalogue) -> Sequence[str]:
    """The actions of a preset, or the entry itself if it is an action."""
    name = entry.strip()
    if name in known.presets:
        return known.presets[name].actions
    if ":" in name or name[:1].isupper():  # CreateUser is an action without its service: actions.py says what to write
        return [name]
    near = difflib.get_close_matches(name.lower(), known.presets, n=1)
    hint = f"Nearest: '{near[0]}'. " if near else ""
    raise ActionError(
        f"'{name}' is no preset. {hint}There are {', '.join(known.presets)}; actions are written as service:Action, "
        "such as 'iam:CreateUser'."
    )


def _without(wanted: Sequence[str], entry: str, removed: Sequence[str]) -> list[str]:
    """The wanted actions but the removed ones. Raises ActionError if there were none of them."""
    takers = parse_format(removed)
    kept = [name for action in wanted for name in _rest(action, takers)]
    if kept == list(wanted):
        near = difflib.get_close_matches(entry[1:].strip(), wanted, n=1)
        hint = f" Nearest: '!{near[0]}'." if near else ""
        raise ActionError(f"'{entry}' removes nothing: no action of the list is meant by it.{hint}")
    return kept


def _rest(text: str, takers: Sequence[Action]) -> list[str]:
    """What is left of an action, or of a wildcard, when the takers have taken theirs."""
    action = parse_format([text])[0]
    if any(taker.covers(action) for taker in takers):
        return []
    if not action.is_wildcard:
        return [text]
    names = [Action(action.service, name) for name in sorted(known_names(action.service))]
    meant = [name for name in names if action.covers(name)]
    kept = [str(name) for name in meant if not any(taker.covers(name) for taker in takers)]
    return [text] if len(kept) == len(meant) else kept
