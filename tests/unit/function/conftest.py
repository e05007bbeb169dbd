# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the function's modules where Lambda has them, at the top of the import path."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "files" / "lambda"))

Event = dict[str, Any]


@pytest.fixture
def event() -> Callable[..., Event]:
    """Return a builder of events: the record of alice creating a user, with the given fields in place of its own.

    A field given as None is left out of the record.
    """
    template = json.loads((HERE / "records" / "create_user_by_iam_user.json").read_text())

    def build(**fields: Any) -> Event:
        detail = {key: value for key, value in {**template["detail"], **fields}.items() if value is not None}
        return {**template, "detail": detail}

    return build


@pytest.fixture(scope="session")
def known() -> dict[str, Any]:
    """Return the catalogue as the function of a deployment has it."""
    import catalogue

    from ansible_collections.trailwatch.aws.plugins.module_utils import catalogue as controller

    return catalogue.read(json.loads(controller.in_package(controller.catalogue())))


@pytest.fixture
def judge(event: Callable[..., Event], known: dict[str, Any]) -> Callable[..., Any]:
    """Return what assesses a call by action, parameters and fields of its record, in account 111111111111.

    The pipeline is there by its ordinary name, and account 333333333333 is trusted.
    """
    import record
    from assess import assess
    from pipeline import Pipeline

    def judged(action: str, parameters: Any = None, **fields: Any) -> Any:
        service, name = action.split(":")
        source = {"eventSource": f"{service}.amazonaws.com", "eventName": name, "responseElements": None}
        parsed = record.parse(event(**{**source, "requestParameters": parameters, **fields}))
        pipeline = Pipeline("iam-alerting", "111111111111", "us-east-1")
        return assess(parsed, known, pipeline, frozenset({"333333333333"}))

    return judged


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    from tests.unit.function.world import table

    with table() as client:
        yield client


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, known: dict[str, Any], dynamodb: Any) -> Iterator[Any]:
    """Return what is around the function when it groups events: queue, table and topic."""
    import handler

    from tests.unit.function.world import around_the_function

    monkeypatch.setattr(handler, "catalogue", lambda: known)
    with around_the_function(monkeypatch, dynamodb) as services:
        yield services
