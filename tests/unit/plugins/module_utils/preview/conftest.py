# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records to preview, and the function that looks at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function

RECORDS = Path(__file__).parents[3] / "function" / "records"
TODAY = "2026-03-20"


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """Return a builder of records: alice creating a user, with the given fields in place of its own."""
    template = json.loads((RECORDS / "create_user_by_iam_user.json").read_text())["detail"]
    return lambda **fields: {**template, **fields}


@pytest.fixture
def function_of() -> Callable[..., Function]:
    """Return a builder of functions with the given suppressions."""

    def build(*suppressions: Mapping[str, Any]) -> Function:
        return Function("iam-alerting", {"111111111111": "production"}, suppressions, TODAY)

    return build


@pytest.fixture
def suppression() -> Callable[..., dict[str, Any]]:
    """Return a builder of suppressions in force that fit what alice does."""
    common = {"match": {"user": ["alice"]}, "reason": "Onboarding.", "owner": "it", "expires": "2026-12-31"}
    return lambda name, **fields: {**common, "name": name, **fields}
