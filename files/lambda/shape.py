# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading JSON whose shape cannot be relied on.

CloudTrail records come with fields absent, null, empty or of another type than documented.
These readers answer with something empty instead of raising, so that a formatter can say what is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

# What JSON may begin with, white space included, and a URL-encoded document. Empty text does, too.
_MAY_OPEN = "{[% \t\r\n"


def mapping(value: object) -> Mapping[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def dig(value: object, *keys: str) -> Any:
    """What is found by following `keys` through nested objects; None where the path ends early."""
    for key in keys:
        value = mapping(value).get(key)
    return value


def text(value: object) -> str:
    """A JSON scalar as text; the empty string for null, objects and arrays."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    return ""


def first_text(*values: object) -> str:
    """The first of the values that reads as text that is not empty."""
    return next((found for found in map(text, values) if found), "")


def is_true(value: object) -> bool:
    """Whether the value is true, written as a boolean or as text."""
    return text(value).lower() == "true"


def opened(value: object) -> object:
    """The object or array that a string holds as JSON, also URL-encoded; any other value as it is."""
    if not isinstance(value, str) or value[:1] not in _MAY_OPEN:
        return value
    document = unquote(value) if value[:3].upper() in ("%7B", "%5B") else value
    if not document.lstrip().startswith(("{", "[")):
        return value
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, (dict, list)) else value


def _number(value: float) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return "(a very large number)"
