# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code of the function: its sources, the catalogue and the suppressions in one package."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import catalogue
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package, build_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import suppressions

SOURCE = Path(__file__).resolve().parents[3] / "files" / "lambda"


def function_package(records: Sequence[Mapping[str, Any]] = ()) -> Package:
    """The package with these suppressions; one serves all accounts that have the same ones."""
    return _built(suppressions.in_package(records))


@functools.cache
def _built(records: bytes) -> Package:
    known = catalogue.in_package(catalogue.catalogue())
    return build_package(SOURCE, {catalogue.FILE_IN_PACKAGE: known, suppressions.FILE_IN_PACKAGE: records})
