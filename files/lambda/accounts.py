# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that the function knows of by files in its package."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any


@functools.cache
def members() -> dict[str, str]:
    """The names, by their ids, of the accounts that send their events here."""
    return dict(_read("members.json"))


@functools.cache
def trusted_accounts() -> frozenset[str]:
    """The ids of the accounts that roles may trust."""
    return frozenset(_read("trusted_accounts.json"))


def _read(name: str) -> Any:
    """What the file holds; nothing if the package was built without."""
    file = Path(__file__).with_name(name)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else ()
