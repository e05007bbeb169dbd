# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of a call as short lines `name = value`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import redact
import shape
from untrusted import as_name, as_text, cap

_LINES = 20
_COUNTED = 120
_DEPTH = 7
_NAME_LENGTH = 100
_KEY_LENGTH = 60
_VALUE_LENGTH = 200
_LISTED = 20


def lines(value: object) -> list[str]:
    """One line for each value in a call's parameters, however nested: safe to print, secrets masked, capped.

    JSON documents inside a string, also URL-encoded ones, are opened like the rest.
    """
    if not value:
        return []
    found = list(itertools.islice(_flatten(value, "", 0), _COUNTED))
    shown = [f"{cap(name, _NAME_LENGTH)} = {_shown(leaf)}" for name, leaf in found[:_LINES]]
    if len(found) <= _LINES:
        return shown
    more = len(found) - _LINES
    return [*shown, f"... and {more}{' or more' if len(found) == _COUNTED else ''} further values"]


def _flatten(value: object, name: str, depth: int) -> Iterator[tuple[str, object]]:
    """The values inside a value with their paths: paths are safe to print, values not yet."""
    value = shape.opened(value)
    if isinstance(value, (dict, list)) and value and depth == _DEPTH:
        yield name, "(nested too deep to show)"
    elif isinstance(value, dict) and value:
        yield from _flatten_object(value, name, depth)
    elif isinstance(value, list) and any(isinstance(shape.opened(item), (dict, list)) for item in value):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{name}[{index}]", depth + 1)
    elif value is not None:
        yield name or "value", value


def _flatten_object(fields: Mapping[str, Any], name: str, depth: int) -> Iterator[tuple[str, object]]:
    secret = redact.secret_keys(fields)
    for key, value in fields.items():
        path = f"{name}/{as_name(key, _KEY_LENGTH)}".removeprefix("/")
        if key in secret:
            yield path, redact.MASK
        elif redact.is_access_key_id(key) and isinstance(value, str):
            yield path, redact.shorten(value)
        else:
            yield from _flatten(value, path, depth + 1)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        items = [as_text(shape.text(item), _VALUE_LENGTH) for item in value[:_LISTED]]
        return cap(", ".join(items) or "[]", _VALUE_LENGTH)
    return as_text(shape.text(value), _VALUE_LENGTH) or '""'
