"""Writes the pictures of the status page of made-up accounts into docs/, with the Chromium of this machine."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import TROUBLED, many, report
from tests.page.chromium import NAMES, Chromium, installed

WIDTH, HEIGHT = 1280, 720


def main() -> None:
    program = installed()
    if not program:
        sys.exit(f"None of {', '.join(NAMES)} is installed.")
    with tempfile.TemporaryDirectory() as folder, Chromium(program, Path(folder)) as browser:
        file = Path(folder) / "status.html"
        file.write_text(page(report(*TROUBLED, *many(243))), encoding="utf-8")
        browser.size(WIDTH, HEIGHT)
        browser.open(file)
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            Path(f"docs/status-{scheme}.png").write_bytes(browser.screenshot())


if __name__ == "__main__":
    main()
