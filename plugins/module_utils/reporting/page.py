# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML file: nothing is loaded, and nothing but its own style and script can take effect.

Names and reasons come from elsewhere: the templates escape every value, and the Content-Security-Policy of the page
admits only the style and the script of these hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
except ImportError:
    pass  # Ansible's controller has them, and nothing else writes a page

from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import moment, printable

SOURCE = Path(__file__).resolve().parents[3] / "files" / "report"


def rendered(template: str, **values: Any) -> str:
    """The page of a template that extends C(page.html.j2).

    Args:
        template: its name in files/report.
        values: what it shows, with C(title), C(generated) and C(totals) among it.
    """
    style, script = _source("page.css"), _source("page.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own files
            style_hash=_hash(style),
            script=Markup(script),  # noqa: S704
            script_hash=_hash(script),
            **values,
        )
    )


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(SOURCE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment
    return environment


def _finalized(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _source(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
