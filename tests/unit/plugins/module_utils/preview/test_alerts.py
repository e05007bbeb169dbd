# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One event: its mail, and what decides whether it is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.preview import function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.alerts import previewed
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.report import alert_text
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import Rules
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.sources import read_events

Build = Callable[..., Any]
RECORDS = Path(__file__).parents[3] / "function" / "records"
GOLDEN = RECORDS.parent / "golden"
ALL = Rules(["iam:*", "signin:*", "cloudtrail:*"])


# The golden mails are those of a pipeline in this account.
OWN = sorted(path.stem for path in RECORDS.glob("*.json") if '"recipientAccountId": "111111111111"' in path.read_text())


@pytest.mark.parametrize("name", OWN)
def test_the_mail_is_the_functions_own(name: str) -> None:
    (event,) = read_events(RECORDS / f"{name}.json")
    found = previewed(event, ALL, Function("iam-alerting", {"111111111111": "production"}, (), "2026-03-20"))
    assert f"Subject: {found['subject']}\n\n{found['body']}" == (GOLDEN / f"{name}.txt").read_text()
    assert alert_text(found, name).endswith((GOLDEN / f"{name}.txt").read_text())


def alice(function_of: Build, *suppressions: Any, rules: Rules = ALL) -> dict[str, Any]:
    (event,) = read_events(RECORDS / "create_user_by_iam_user.json")
    return previewed(event, rules, function_of(*suppressions))


def test_what_is_mailed(function_of: Build) -> None:
    found = alice(function_of)
    assert found["mailed"]
    assert (found["severity"], found["rule"], found["account"]) == ("critical", "catalogue", "111111111111")
    assert (found["left_out"], found["suppression"], found["note"]) == ("", {}, "")
    assert "\nSent         yes\nSeverity     CRITICAL, decided by rule catalogue\n" in alert_text(found, "a")


def test_what_is_not_on_the_list(function_of: Build) -> None:
    found = alice(function_of, rules=Rules(["iam:DeleteUser"]))
    assert not found["mailed"]
    assert "Sent         no. Its action is not on the list (iam_alerting_actions)." in alert_text(found, "a")
    assert found["subject"] in alert_text(found, "a")


def test_what_is_suppressed(function_of: Build, suppression: Build) -> None:
    found = alice(function_of, suppression("onboarding"))
    assert not found["mailed"]
    said = "Sent         no. Suppressed by onboarding until 2026-12-31 (owner it): Onboarding."
    assert said in alert_text(found, "a")


def test_what_an_expired_suppression_fits(function_of: Build, suppression: Build) -> None:
    found = alice(function_of, suppression("onboarding", expires="2026-03-19"))
    assert found["mailed"]
    said = "Note         suppression onboarding fits, but expired on 2026-03-19 (owner it)"
    assert said in alert_text(found, "a")


def test_what_is_never_suppressed(function_of: Build, suppression: Build) -> None:
    (event,) = read_events(RECORDS / "console_login_by_root.json")
    found = previewed(event, ALL, function_of(suppression("roots", match={"action": ["*"]})))
    assert found["mailed"]
    assert "what the root user does is never suppressed" in alert_text(found, "a")


def test_an_account_that_the_inventory_does_not_know_has_no_name(function_of: Build, record: Build) -> None:
    event = {"detail": record(recipientAccountId="999999999999")}
    assert " in 999999999999" in previewed(event, ALL, function_of())["subject"]


def test_the_import_path_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_elses = object()
    monkeypatch.setitem(sys.modules, "record", somebody_elses)
    monkeypatch.delitem(sys.modules, "policy", raising=False)
    path = list(sys.path)
    function.modules.cache_clear()
    assert function.modules().record.parse
    assert sys.path == path
    assert sys.modules["record"] is somebody_elses
    assert "policy" not in sys.modules
