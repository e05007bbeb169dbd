# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that send their events here, with their names: the file members.json in the function's package."""

from __future__ import annotations

import functools
import json
from pathlib import Path

_FILE = Path(__file__).with_name("members.json")


@functools.cache
def members() -> dict[str, str]:
    """The names of the accounts by their ids. None if the package was built without."""
    return dict(json.loads(_FILE.read_text(encoding="utf-8"))) if _FILE.exists() else {}
