# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that roles may trust: the file trusted_accounts.json in the function's package."""

from __future__ import annotations

import functools
import json
from pathlib import Path

_FILE = Path(__file__).with_name("trusted_accounts.json")


@functools.cache
def trusted_accounts() -> frozenset[str]:
    """The ids of the accounts. None if the package was built without."""
    return frozenset(json.loads(_FILE.read_text(encoding="utf-8"))) if _FILE.exists() else frozenset()
