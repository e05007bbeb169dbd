# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heartbeat: what a rule sends every so many minutes, so that it is noticed when nothing comes any more."""

from __future__ import annotations

from typing import Any

import metrics

# The rule sends this and nothing else; no event of AWS looks like it.
DOCUMENT = {"trailwatch": "heartbeat"}


def beat(pipeline: str, now: float) -> dict[str, Any]:
    """What is logged of a heartbeat, which counts it for the metric Heartbeats. Nobody is told of one."""
    return metrics.count("Heartbeats", 1, {"Pipeline": pipeline}, now)
