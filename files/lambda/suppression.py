# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suppressions, which keep events quiet: the file suppressions.json in the function's package."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("suppressions.json")


class Suppression(NamedTuple):
    """A record that holds for an event if each of its criteria has a pattern that fits.

    `match` has the patterns by criterion: actor, role, user, action, account, source, tool. `expires` is the last day
    on which it holds, in UTC, as YYYY-MM-DD.
    """

    name: str
    match: Mapping[str, tuple[str, ...]]
    reason: str
    owner: str
    expires: str


class Verdict(NamedTuple):
    """The suppression that keeps an event quiet, or none; `note` says why one that fits does not."""

    suppression: Suppression | None = None
    note: str = ""


@functools.cache
def suppressions() -> tuple[Suppression, ...]:
    """The records of this pipeline. None if the package was built without."""
    return read(json.loads(_FILE.read_text(encoding="utf-8"))) if _FILE.exists() else ()


def read(documents: Iterable[Mapping[str, Any]]) -> tuple[Suppression, ...]:
    """The records from their JSON form, a list of objects with the fields of Suppression."""
    return tuple(
        Suppression(**{**document, "match": {name: tuple(patterns) for name, patterns in document["match"].items()}})
        for document in documents
    )
