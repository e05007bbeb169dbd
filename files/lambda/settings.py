# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from account to account: the function's environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_LONGEST_WINDOW = 900  # seconds; SQS delays no message longer


class Settings(NamedTuple):
    """The topic to publish to, and what people call the account.

    `group_seconds` is how long events are grouped (0: each has its mail); `https_format` is what subscribers by https
    get, `finding` or `amazon-q`; `time_zone` is the IANA name of the zone in which mails tell the time beside UTC, or
    empty; `key_arn` is the ARN of the alerting's own key, `trail_arn` that of its trail if it is the organization's, or
    empty.
    """

    topic_arn: str
    account_name: str = ""
    group_seconds: int = 0
    https_format: str = "finding"
    time_zone: str = ""
    key_arn: str = ""
    trail_arn: str = ""

    @property
    def region(self) -> str:
        """The region of the topic."""
        return self.topic_arn.split(":")[3]


def read(environment: Mapping[str, str]) -> Settings:
    """The settings from TOPIC_ARN and, all optional, ACCOUNT_NAME, GROUP_SECONDS, HTTPS_FORMAT, TIME_ZONE, KEY_ARN and
    TRAIL_ARN.

    Raises RuntimeError if one cannot be used.
    """
    arn = environment.get("TOPIC_ARN", "")
    if not arn.startswith("arn:") or arn.count(":") != 5:
        raise RuntimeError(f"the environment variable TOPIC_ARN must hold the ARN of an SNS topic, not {arn!r}")
    return Settings(
        arn,
        environment.get("ACCOUNT_NAME", ""),
        _group_seconds(environment.get("GROUP_SECONDS", "0")),
        environment.get("HTTPS_FORMAT", "finding"),
        environment.get("TIME_ZONE", ""),
        environment.get("KEY_ARN", ""),
        environment.get("TRAIL_ARN", ""),
    )


def _group_seconds(value: str) -> int:
    if value.isascii() and value.isdigit() and int(value) <= _LONGEST_WINDOW:
        return int(value)
    raise RuntimeError(
        f"the environment variable GROUP_SECONDS must be a number from 0 to {_LONGEST_WINDOW}, not {value!r}"
    )
