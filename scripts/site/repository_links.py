# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Sphinx extension for Markdown that is read on GitHub, too, and so knows nothing of Sphinx.

Links to files of the repository that are no pages of the site lead to the repository, and have to be there. The list of
pages in docs/README.md, with its headings, is the site's navigation.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

OVERVIEW = "docs/README.md"
# The reference that is made from the plugins' and the role's documentation is in the site only.
GENERATED = {"Reference": "All modules, plugins and role options </reference/index>"}

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)#]+)\.md\)", re.MULTILINE)


class RepositoryLinks(SphinxTransform):
    """Turns links to files and folders that are no pages into links to the repository."""

    default_priority = 500

    def apply(self, **_: object) -> None:
        for node in list(
            self.document.findall(lambda node: isinstance(node, (addnodes.download_reference, addnodes.pending_xref)))
        ):
            if node.get("reftype") == "myst" and (path := self._in_repository(node)):
                kind = "tree" if (Path(self.env.srcdir) / path).is_dir() else "blob"
                url = f"{self.config.repository_url}/{kind}/main/{path}"
                node.replace_self(nodes.reference("", "", *node.children, refuri=url))

    def _in_repository(self, node: nodes.Element) -> str:
        """The path in the repository of what a link names, if that is there and no page; else nothing."""
        target = node["reftarget"]
        if node.get("refdomain") == "doc":
            return "" if target in self.env.found_docs else f"{target}.md"
        folder = os.path.dirname(self.env.doc2path(self.env.docname, base=False))
        path = os.path.normpath(os.path.join(folder, target.partition("#")[0]))
        there = not path.startswith("..") and not target.startswith("#") and (Path(self.env.srcdir) / path).exists()
        return path if there else ""


def navigation(overview: str) -> str:
    """The overview, then the pages that it lists, as the tables of contents of MyST, one for each heading."""
    folder = os.path.dirname(OVERVIEW)
    parts = _HEADING.split(overview)[1:]
    tables = [_table("Trailwatch", [f"All pages </{OVERVIEW}>"])]
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        pages = [f"{title} </{os.path.normpath(os.path.join(folder, path))}>" for title, path in _ENTRY.findall(text)]
        pages += [GENERATED[heading]] if heading in GENERATED else []
        tables.append(_table(heading, pages))
    return "\n\n".join(tables)


def _table(caption: str, pages: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])


def _add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == app.config.root_doc:
        overview = (Path(app.srcdir) / OVERVIEW).read_text(encoding="utf-8")
        source[0] += f"\n{navigation(overview)}\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("repository_url", "", "env", [str])
    app.add_transform(RepositoryLinks)
    app.connect("source-read", _add_navigation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
