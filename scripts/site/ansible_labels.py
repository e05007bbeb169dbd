# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Sphinx extension that finds the labels of Ansible's own documentation, as intersphinx would if it might ask for it.

antsibull-docs names labels of other collections' plugins and of Ansible itself. One that is not known here stays a
warning.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ANSIBLE = "https://docs.ansible.com/ansible/latest"

_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_PLUGIN = re.compile(r"ansible_collections\.(?P<namespace>amazon|ansible)\.(?P<name>aws|builtin)\.(?P<plugin>\w+)\Z")


def url(kind: str, label: str) -> str:
    """Where a label or an environment variable is documented; nothing if that is not known."""
    if kind == "envvar" and label.startswith("ANSIBLE_"):
        return f"{ANSIBLE}/reference_appendices/config.html#envvar-{label}"
    if kind == "ref" and label in _PAGES:
        return f"{ANSIBLE}/{_PAGES[label]}"
    if kind == "ref" and (found := _PLUGIN.match(label)):
        return f"{ANSIBLE}/collections/{found['namespace']}/{found['name']}/{found['plugin']}.html"
    return ""


def _find(_app: Sphinx, _env: BuildEnvironment, node: pending_xref, text: nodes.Element) -> nodes.reference | None:
    target = url(node["reftype"], node["reftarget"])
    return nodes.reference("", "", text, refuri=target, internal=False) if target else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", _find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
