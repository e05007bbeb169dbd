"""The page of a run in a real browser; that of the status, which is made in the same way, is looked at more closely."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.run_report.made_up import (
    EACH,
    failed,
    in_sync,
    report,
)
from tests.page.chromium import Chromium
from tests.page.table import CONTRASTS, HOSTILE, click, hosts


@pytest.fixture
def opened(browser: Chromium, tmp_path: Path) -> Iterator[Chromium]:
    """The page of an account in each state; at the end nobody may have complained on the console."""
    show(browser, tmp_path, EACH)
    yield browser
    assert browser.complaints == []


def show(browser: Chromium, folder: Path, accounts: list[dict[str, Any]]) -> None:
    browser.complaints.clear()
    (folder / "run.html").write_text(page(report(*accounts)), encoding="utf-8")
    browser.open(folder / "run.html")


def test_those_that_failed_come_first_and_columns_sort(opened: Chromium) -> None:
    assert hosts(opened) == ["research", "acquired", "archive", "staging", "production"]
    assert click(opened, "Account") == "ascending"
    assert hosts(opened) == sorted(hosts(opened))


def test_the_box_finds_a_component(opened: Chromium) -> None:
    opened.value("document.querySelector('#filter').focus()")
    opened.type("trail")
    assert hosts(opened) == ["staging"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(scheme: str, opened: Chromium) -> None:
    opened.prefer(scheme)
    contrasts = opened.value(CONTRASTS)
    assert len(contrasts) > 10
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}


def test_a_hostile_reason_is_shown_and_not_run(opened: Chromium, tmp_path: Path) -> None:
    show(opened, tmp_path, [failed("production", 1, HOSTILE)])
    assert opened.value("document.title").startswith("IAM alerting")
    assert HOSTILE in opened.value("document.querySelector('tbody').textContent")


def test_a_thousand_accounts_fit_and_filter(opened: Chromium, tmp_path: Path) -> None:
    show(opened, tmp_path, [in_sync(f"billing-{number:04}", number) for number in range(1000)])
    opened.value("document.querySelector('#filter').focus()")
    opened.type("0999")
    assert hosts(opened) == ["billing-0999"]
    assert opened.value("document.documentElement.scrollWidth") <= 1280
