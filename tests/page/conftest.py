"""The browser that all pages are looked at with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.page.chromium import NAMES, Chromium, installed


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = installed()
    if not program:
        pytest.skip(f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium-headless-shell")
    with Chromium(program, tmp_path_factory.mktemp("profile")) as running:
        running.size(1280, 800)
        yield running
