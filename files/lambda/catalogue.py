# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of actions: the file catalogue.json, which is built into the function's package."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("catalogue.json")


class Entry(NamedTuple):
    """What is known of one action. Severities are words; `ordinary` is empty where there is none."""

    severity: str
    ordinary: str = ""
    techniques: tuple[str, ...] = ()
    why: str = ""
    next: str = ""


@functools.cache
def catalogue() -> Mapping[str, Entry]:
    """The entries by action. None if the package was built without: an alert without advice is better than none."""
    return read(json.loads(_FILE.read_text(encoding="utf-8"))) if _FILE.exists() else {}


def read(document: Mapping[str, Any]) -> dict[str, Entry]:
    """The entries of a catalogue in its compact form, techniques with their names."""
    names = document["techniques"]
    return {
        action: Entry(
            severity, ordinary, tuple(f"{technique} {names[technique]}" for technique in techniques), why, step
        )
        for action, (severity, ordinary, techniques, why, step) in document["actions"].items()
    }
