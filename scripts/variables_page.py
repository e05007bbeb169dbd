# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/variables.md, made from the role's argument specs: `make variables` writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SPECS = Path(__file__).parents[1] / "roles/iam_alerting/meta/argument_specs.yml"

_HEAD = """\
<!-- Made by `make variables` from roles/iam_alerting/meta/argument_specs.yml. Change that file, not this one. -->
# Variables

What can be said of an account, in the inventory, with `-e`, or where the role is used. Values that AWS could never
accept are refused before the first call, with variable, value and the way out. How a run goes through many accounts,
and where its report goes, are [variables of the run](rollout.md); what of the status is shown and written stands in
[the role's README](../roles/iam_alerting/README.md#status).
"""
# Ansible's markup for code: an option, a value, a plugin, anything else that is typed as it stands.
_CODE = re.compile(r"\b[CVOMPI]\(([^)#]+)(?:#\w+)?\)")


def page(entry_points: Mapping[str, Any]) -> str:
    """The page in Markdown: a table for each entry point, of the variables that those before it do not have."""
    told: set[str] = set()
    parts = [_HEAD]
    for name, spec in entry_points.items():
        options = {option: value for option, value in spec["options"].items() if option not in told}
        told |= options.keys()
        if options:
            heading = "Of the alerting" if name == "main" else f"Of {name}"
            parts += [f"## {heading}\n", f"{_text(spec['short_description'])}.\n", _table(options)]
    return "\n".join(parts)


def _table(options: Mapping[str, Any]) -> str:
    rows = [("variable", "type", "default", "what it is"), ("---",) * 4]
    rows += [(f"`{name}`", _type(option), _default(option), _description(option)) for name, option in options.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _type(option: Mapping[str, Any]) -> str:
    return f"list of {option['elements']}" if option["type"] == "list" else str(option["type"])


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    default = option.get("default")
    if default is None or default == "":
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _description(option: Mapping[str, Any]) -> str:
    told = option["description"]
    text = told if isinstance(told, str) else " ".join(told)
    if "choices" in option:
        text += f" One of {', '.join(f'V({choice})' for choice in option['choices'])}."
    return _text(text).replace("|", "\\|")


def _text(text: str) -> str:
    return _CODE.sub(r"`\1`", text)


if __name__ == "__main__":
    print(page(yaml.safe_load(SPECS.read_text(encoding="utf-8"))["argument_specs"]), end="")
