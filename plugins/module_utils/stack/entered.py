# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that were entered, for what is done in two of them: a member, and the hub that alerts for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings


@dataclass(frozen=True)
class Entered:
    """An account that was entered.

    Attributes:
        clients: a client for each service.
        settings: those of its stack; of a hub that a member knows, as much as the names of its resources take.
    """

    clients: Any
    settings: Settings


@dataclass(frozen=True)
class Pair:
    """The account in which events come about, and the one that alerts of them, which mostly is the same."""

    source: Entered
    alerting: Entered

    @property
    def is_one(self) -> bool:
        """Whether the account alerts for itself."""
        return self.source is self.alerting
