# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a run in one account, from what its tasks left: a document that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import on_one_line

FAILED = "failed"
UNREACHABLE = "unreachable"
SKIPPED = "skipped"
CHANGED = "changed"
IN_SYNC = "in_sync"
# Those that need somebody come first.
STATES = (FAILED, UNREACHABLE, SKIPPED, CHANGED, IN_SYNC)

NO_RESULT = "nothing is known of it, see its tasks above"


def outcome(
    host: str,
    account_id: str,
    account_name: str,
    result: Mapping[str, Any],
    failure: str | None,
    stopped: str | None,
) -> Document:
    """What came of the account of a host.

    Args:
        host: its name in the inventory.
        account_id: as the inventory has it; empty if it is not known.
        account_name: as alerts call it.
        result: what the role registered last; empty if it never came to that.
        failure: why the account failed; None if it did not.
        stopped: why no account was begun with any more; None if the run went on to the end.
    """
    state, what = _state(result, failure, stopped)
    return {
        "host": host,
        "account_id": account_id,
        "account_name": account_name,
        "state": state,
        "what": on_one_line(what),
        "components": list(result.get("affected", ())),
        "notes": list(result.get("notes", ())),
    }


def _state(result: Mapping[str, Any], failure: str | None, stopped: str | None) -> tuple[str, str]:
    if failure is not None:
        # The reason alone if the task that failed is the one that tells of the account.
        reason = str(result["msg"]) if result.get("failed") and result.get("msg") else failure
        return (FAILED if result.get("entered", True) else UNREACHABLE), reason
    if "summary" in result:
        return (CHANGED if result.get("affected", result["changed"]) else IN_SYNC), str(result["summary"])
    return (SKIPPED, stopped) if stopped else (FAILED, NO_RESULT)
