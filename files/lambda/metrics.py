# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics by CloudWatch's embedded metric format: a line of the log that is JSON and says which of it are metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "Trailwatch"

# What a rule sends every so many minutes and nothing else does, so that it is noticed when nothing comes any more.
HEARTBEAT = {"trailwatch": "heartbeat"}


def count(name: str, value: int, dimensions: Mapping[str, str], now: float) -> dict[str, Any]:
    """What to add to a line of the log, so that it counts `value` for the metric at the time `now` (in seconds).

    See "Specification: Embedded metric format" in the CloudWatch User Guide.
    """
    metric = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"}],
    }
    return {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [metric]}, **dimensions, name: value}


def heartbeat(pipeline: str, now: float) -> dict[str, Any]:
    """What is logged of a heartbeat, which counts it for the metric Heartbeats. Nobody is told of one."""
    return count("Heartbeats", 1, {"Pipeline": pipeline}, now)
