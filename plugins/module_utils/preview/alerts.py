# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes of each of a few events: the mail, and whether it would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import Rules


def previewed(event: Mapping[str, Any], rules: Rules, function: Function) -> dict[str, Any]:
    """What comes of an event, as data: its mail, also if it would not be sent, and what decides on that.

    C(left_out) says why no rule takes it, C(suppression) is what keeps it quiet; both are empty if it would be sent.
    """
    alert = function.alert(event)
    refused = rules.left_out(event)
    suppression = alert.verdict.suppression
    mail = function.mail(alert)
    return {
        **function.about(alert),
        "mailed": not refused and not suppression,
        "left_out": refused.value if refused else "",
        "suppression": {name: getattr(suppression, name) for name in ("name", "reason", "owner", "expires")}
        if suppression
        else {},
        "note": alert.verdict.note,
        "subject": mail.subject,
        "body": mail.body,
    }
