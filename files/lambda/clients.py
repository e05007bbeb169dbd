# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of AWS's services that do not wait long."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def client(service: str, region: str) -> Any:
    """A new client. It takes its time to make, so keep it."""
    return boto3.client(service, region_name=region, config=_PATIENCE)
