# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that were entered, for what is done in several of them: a member, and the hubs that get its events."""

from __future__ import annotations

from collections.abc import Callable
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
    """The account in which events come about, and the one that alerts of them, which mostly is the same.

    Attributes:
        enter_standby: enters the account of the hub that stands by. As that may be lost, nobody does before he has to.
    """

    source: Entered
    alerting: Entered
    enter_standby: Callable[[], Entered] | None = None

    @property
    def is_one(self) -> bool:
        """Whether the account alerts for itself."""
        return self.source is self.alerting
