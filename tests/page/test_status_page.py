"""The page of the status in a real browser: it works, in light and dark, and nothing that is not its own runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import (
    TROUBLED,
    healthy,
    many,
    report,
)
from tests.page.chromium import Chromium
from tests.page.table import CONTRASTS, HOSTILE, click, hosts


@pytest.fixture
def opened(browser: Chromium, tmp_path: Path) -> Iterator[Chromium]:
    """The page of some accounts; at the end nobody may have complained on the console."""
    accounts = [*TROUBLED, *many(20), healthy("ten", 10, dead_letters=10), healthy("nine", 9, dead_letters=9)]
    show(browser, tmp_path, accounts)
    yield browser
    assert browser.complaints == []


def show(browser: Chromium, folder: Path, accounts: list[dict[str, Any]]) -> None:
    browser.complaints.clear()
    (folder / "status.html").write_text(page(report(*accounts)), encoding="utf-8")
    browser.open(folder / "status.html")


def test_those_that_need_somebody_come_first(opened: Chromium) -> None:
    assert hosts(opened)[: len(TROUBLED)] == [account["host"] for account in TROUBLED]


def test_a_column_sorts_both_ways(opened: Chromium) -> None:
    assert click(opened, "Account") == "ascending"
    assert hosts(opened) == sorted(hosts(opened))
    assert click(opened, "Account") == "descending"
    assert hosts(opened) == sorted(hosts(opened), reverse=True)


def test_numbers_are_sorted_as_numbers_and_one_column_is_named(opened: Chromium) -> None:
    click(opened, "Account")
    click(opened, "Dead letters")
    click(opened, "Dead letters")
    assert hosts(opened)[:3] == ["warehouse", "ten", "nine"]
    assert opened.value("document.querySelectorAll('[aria-sort]').length") == 1


def test_a_header_works_with_the_keyboard(opened: Chromium) -> None:
    opened.value("document.querySelector('thead button').focus()")
    opened.press("Enter")
    assert hosts(opened) == sorted(hosts(opened))


def test_the_box_filters_by_all_words(opened: Chromium) -> None:
    opened.value("document.querySelector('#filter').focus()")
    opened.type("DEAF trail")
    assert hosts(opened) == ["payments"]
    assert opened.value("document.querySelector('output').textContent") == f"1 of {len(TROUBLED) + 22}"
    opened.value("document.querySelector('#filter').select()")
    opened.type("333333333333")
    assert hosts(opened) == ["research"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(scheme: str, opened: Chromium) -> None:
    opened.prefer(scheme)
    contrasts = opened.value(CONTRASTS)
    assert len(contrasts) > 10
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}


def test_both_schemes_are_there(opened: Chromium) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        opened.prefer(scheme)
        grounds.append(opened.value("getComputedStyle(document.body).backgroundColor"))
    light, dark = ([int(part) for part in re.findall(r"\d+", ground)] for ground in grounds)
    assert min(light) > 200
    assert max(dark) < 60


def test_without_javascript_it_is_a_plain_table(browser: Chromium, tmp_path: Path) -> None:
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(browser, tmp_path, TROUBLED)
        assert hosts(browser) == [account["host"] for account in TROUBLED]
        assert browser.value("document.querySelectorAll('button').length") == 0
        assert browser.value("document.querySelector('.filter').getClientRects().length") == 0
    finally:
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def test_hostile_names_are_shown_and_not_run(opened: Chromium, tmp_path: Path) -> None:
    show(opened, tmp_path, [healthy(HOSTILE, 1)])
    assert hosts(opened) == [HOSTILE]
    assert opened.value("document.title").startswith("IAM alerting")


def test_a_script_that_got_in_is_refused(browser: Chromium, tmp_path: Path) -> None:
    text = page(report(*TROUBLED)).replace("<main>", f"<main>{HOSTILE}")
    (tmp_path / "status.html").write_text(text, encoding="utf-8")
    browser.complaints.clear()
    browser.open(tmp_path / "status.html")
    assert browser.value("document.title").startswith("IAM alerting")
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_a_thousand_accounts_sort_and_filter(browser: Chromium, tmp_path: Path) -> None:
    show(browser, tmp_path, many(1000))
    click(browser, "Account")
    assert hosts(browser)[0] == "billing-01"
    assert len(hosts(browser)) == 1000
    assert browser.complaints == []


def test_it_fits_a_window_of_usual_width(opened: Chromium) -> None:
    assert opened.value("document.documentElement.scrollWidth") <= 1280
