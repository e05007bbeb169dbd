# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log group of the function, made before it so that Lambda does not make one that is kept for ever."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


def desired(settings: Settings) -> dict[str, Any]:
    """The log group, kept as long as the trail's log files."""
    return {
        "logGroupName": names.log_group_name(settings),
        "retentionInDays": settings.log_retention_days,
        "tags": settings.tags,
    }
