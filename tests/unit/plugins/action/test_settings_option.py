"""The settings of an account are taken as they are documented, and the role gives all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import yaml

from ansible_collections.trailwatch.aws.plugins.doc_fragments.settings import ModuleDocFragment
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import SETTINGS

ROLE = Path(__file__).parents[4] / "roles" / "iam_alerting"


def documented() -> dict[str, dict[str, Any]]:
    options: dict[str, dict[str, Any]] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    return options["settings"]["suboptions"]


def as_specified(options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Documented options as they stand in a specification."""
    specified = {}
    for name, option in options.items():
        specified[name] = {key: value for key, value in option.items() if key not in ("description", "suboptions")}
        if "suboptions" in option:
            specified[name]["options"] = as_specified(option["suboptions"])
    return specified


def test_the_options_are_as_documented() -> None:
    assert as_specified(documented()) == SETTINGS


def test_the_role_gives_all_of_them() -> None:
    template = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__iam_alerting_settings"]
    given = jinja2.Environment(autoescape=False).parse(template).find(jinja2.nodes.Dict)
    assert given
    assert {pair.key.as_const() for pair in given.items} == SETTINGS.keys()
