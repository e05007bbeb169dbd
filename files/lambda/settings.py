# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from account to account: the function's environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Settings(NamedTuple):
    """The topic to publish to, and what people call the account."""

    topic_arn: str
    account_name: str = ""

    @property
    def region(self) -> str:
        """The region of the topic."""
        return self.topic_arn.split(":")[3]


def read(environment: Mapping[str, str]) -> Settings:
    """The settings from TOPIC_ARN and ACCOUNT_NAME (optional). Raises RuntimeError if one cannot be used."""
    arn = environment.get("TOPIC_ARN", "")
    if not arn.startswith("arn:") or arn.count(":") != 5:
        raise RuntimeError(f"the environment variable TOPIC_ARN must hold the ARN of an SNS topic, not {arn!r}")
    return Settings(arn, environment.get("ACCOUNT_NAME", ""))
