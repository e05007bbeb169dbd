# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/catalogue.md, made from files/catalogue.yml: `make catalogue` writes it."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import (
    SEVERITIES,
    Catalogue,
    Entry,
    catalogue,
)

_HEAD = """\
<!-- Made by `make catalogue` from files/catalogue.yml. Change that file, not this one. -->
# Catalogue of actions

What Trailwatch knows of the actions that it reports: each alert takes its severity, its ATT&CK technique and its advice
from here. Any other action can be reported too; its alert then has the severity *medium* and no advice.

A severity with another one in brackets is that of the alert where the record does not tell what was done; the one in
brackets, where it tells and nothing in it is known to be dangerous. What the record says can raise every severity:
[what decides](severity.md).
"""


def page(known: Catalogue) -> str:
    """The page in Markdown."""
    parts = [_HEAD, "## Presets\n", _presets(known)]
    for severity in SEVERITIES:
        chosen = {action: entry for action, entry in known.entries.items() if entry.severity == severity}
        parts += [f"## {severity.capitalize()}\n", _table(known, chosen)]
    return "\n".join([*parts, "## Where the events appear\n", _regions(known)])


def _presets(known: Catalogue) -> str:
    rows = ((f"`{name}`", str(len(preset.actions)), preset.description) for name, preset in known.presets.items())
    return _rows(("preset", "actions", "what it is"), rows)


def _table(known: Catalogue, entries: dict[str, Entry]) -> str:
    rows = (
        (
            f"`{action}`" + (" (read-only)" if entry.read_only else ""),
            entry.severity + (f" ({entry.ordinary})" if entry.ordinary else ""),
            ", ".join(f"{technique} {known.techniques[technique]}" for technique in entry.techniques),
            ", ".join(name for name, preset in known.presets.items() if action in preset.actions) or "none",
            f"{entry.why} {entry.next}",
        )
        for action, entry in sorted(entries.items())
    )
    return _rows(("action", "severity", "ATT&CK", "presets", "why it matters, and what to do next"), rows)


def _regions(known: Catalogue) -> str:
    regions = {action.split(":")[0]: entry.region for action, entry in known.entries.items()}
    return _rows(("service", "region of its events"), ((f"`{name}`", regions[name]) for name in sorted(regions)))


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(head), tuple("---" for column in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(page(catalogue()), end="")
