"""Writes the pictures in docs/ with the Chromium of this machine: the status page of made-up accounts, and a mail."""

from __future__ import annotations

import datetime
import html
import json
import sys
import tempfile
from pathlib import Path

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import TROUBLED, many, report
from tests.page.chromium import NAMES, Chromium, installed

STATUS_SIZE = 1280, 720
MAIL_SIZE = 960, 620
RECORD = Path("tests/unit/function/records/create_access_key_for_another_user.json")

# A mail program that shows plain text. Subject and text are the function's own; SNS appends a link to unsubscribe.
_MAIL = """\
<!doctype html><meta charset="utf-8"><title>Mail</title>
<style>
body {{ margin: 0; font: 14px sans-serif; background: #fff; color: #24292f }}
header {{ padding: 14px 20px; border-bottom: 1px solid #d0d7de; background: #f6f8fa }}
h1 {{ margin: 0 0 10px; font-size: 17px }}
p {{ margin: 3px 0; color: #57606a }}
b {{ color: #24292f }}
pre {{ margin: 0; padding: 16px 20px; font: 13px/1.45 monospace; white-space: pre-wrap; overflow-wrap: anywhere }}
</style>
<header>
<h1>{subject}</h1>
<p><b>cloudtrail-alerting</b> &lt;no-reply@sns.amazonaws.com&gt;</p>
<p>to secops@example.com</p>
</header>
<pre>{body}</pre>
"""


def mail(record: Path) -> str:
    """The page that shows the mail of a record."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    function = Function("iam-alerting", {"111111111111": "production"}, [], today)
    message = function.mail(function.alert(json.loads(record.read_text(encoding="utf-8"))))
    return _MAIL.format(subject=html.escape(message.subject), body=html.escape(message.body))


def main() -> None:
    program = installed()
    if not program:
        sys.exit(f"None of {', '.join(NAMES)} is installed.")
    with tempfile.TemporaryDirectory() as folder, Chromium(program, Path(folder)) as browser:
        file = Path(folder) / "page.html"
        file.write_text(page(report(*TROUBLED, *many(243))), encoding="utf-8")
        browser.size(*STATUS_SIZE)
        browser.open(file)
        browser.prefer("light")
        Path("docs/status.png").write_bytes(browser.screenshot())
        file.write_text(mail(RECORD), encoding="utf-8")
        browser.size(*MAIL_SIZE)
        browser.open(file)
        Path("docs/mail.png").write_bytes(browser.screenshot())


if __name__ == "__main__":
    main()
