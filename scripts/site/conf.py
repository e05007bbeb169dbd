# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's settings for `make site`. The source is a copy of the repository, so that links hold there and on GitHub."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # where the extension is

_galaxy = yaml.safe_load((HERE.parents[1] / "galaxy.yml").read_text(encoding="utf-8"))

project = "Trailwatch"
author = _galaxy["authors"][0]
copyright = author
version = release = _galaxy["version"]
extensions = ["myst_parser", "sphinx_antsibull_ext", "ansible_labels", "repository_links"]
repository_url = _galaxy["repository"]

root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "roles/*/README.md", "reference/*.rst"]
myst_heading_anchors = 6  # as GitHub makes them

highlight_language = "none"
nitpicky = True

html_theme = "sphinx_ansible_theme"
html_title = f"Trailwatch {release}"
html_theme_options = {
    "topbar_links": {"Repository": repository_url, "Ansible documentation": "https://docs.ansible.com"},
    "documentation_home_url": f"{root_doc}.html",
    "navigation_depth": 2,
    "titles_only": True,
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

linkcheck_anchors = False
linkcheck_timeout = 20
linkcheck_retries = 2
