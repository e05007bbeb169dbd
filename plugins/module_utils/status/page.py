# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML file: nothing is loaded, and nothing but its own style and script can take effect.

Names and reasons come from elsewhere: the template escapes every value, and the Content-Security-Policy of the page
admits only the style and the script of these hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, StrictUndefined, Template
    from markupsafe import Markup
except ImportError:
    pass  # Ansible's controller has them, and nothing else writes the page

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import DISABLED
from ansible_collections.trailwatch.aws.plugins.module_utils.status.account import HEALTHY, KINDS
from ansible_collections.trailwatch.aws.plugins.module_utils.status.words import (
    OF_ACCOUNT,
    OF_ACCOUNTS,
    moment,
    printable,
    title,
    what_of,
)

SOURCE = Path(__file__).resolve().parents[3] / "files" / "status"
STATES = (*KINDS, HEALTHY)
UNKNOWN = "-"


def page(report: Document) -> str:
    """The page of a report."""
    totals = report["totals"]
    style, script = _source("page.css"), _source("page.js")
    return _template().render(
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=_hash(style),
        script=Markup(script),  # noqa: S704
        script_hash=_hash(script),
        generated=report["generated"],
        number=totals["accounts"],
        totals=[(state, totals[state], OF_ACCOUNTS[state]) for state in STATES if totals[state]],
        accounts=[_shown(account) for account in report["accounts"]],
    )


@functools.cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_finalized, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["moment"] = moment
    environment.filters["what_of"] = what_of
    return environment.from_string(_source("page.html.j2"))


def _finalized(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _source(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(account: Document) -> Document:
    """The account with what is said of its parts."""
    return {
        **account,
        "title": title(account),
        "rank": STATES.index(account["status"]),
        "status_text": OF_ACCOUNT[account["status"]],
        "trail_text": _trail(account["trail"]),
        "rules_text": _rules(account["rules"]),
        "function_text": _function(account["function"]),
        "subscribers_text": _subscribers(account["subscribers"]),
    }


def _trail(trail: Document | None) -> str:
    if trail is None:
        return UNKNOWN
    state = ("logging" if trail["logging"] else "stopped") if trail["exists"] else "none"
    return state if trail["own"] else f"{state} ({trail['name']})"


def _rules(rules: Sequence[Document] | None) -> str:
    if rules is None:
        return UNKNOWN
    return f"{sum(rule['state'] != DISABLED for rule in rules)} of {len(rules)}" if rules else "none"


def _function(function: Document | None) -> str:
    if function is None:
        return UNKNOWN
    if not function["exists"]:
        return "none"
    code = "as desired" if function["code_as_desired"] else "other code"
    return f"{function['state'] or 'state unknown'}, {code}"


def _subscribers(subscribers: Sequence[Document] | None) -> str:
    if subscribers is None:
        return UNKNOWN
    states = [each["state"] for each in subscribers]
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "none"
