# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to have many accounts watched, and what each of them is billed for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import CREATE, EXISTING, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import check_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import ALONE, HUB, MEMBER, Topology
from scripts.costs.prices import Usage, together
from scripts.costs.usage import Stack, Traffic, of_alerts, of_log_files, stack, standing

DEFAULTS = Path(__file__).parents[2] / "roles/iam_alerting/defaults/main.yml"
HUB_ID, ACCOUNT_ID = "999999999999", "111111111111"
GROUP_SECONDS = 300


@dataclass(frozen=True)
class Variant:
    """A topology with its trail.

    Attributes:
        name: what it is called on the page.
        hub: whether one of the accounts is the hub and all others are its members; else each has the whole alerting.
        own_trail: whether each account has a trail of its own; else the organization's serves, which others pay.
        further_copy: whether that is a further copy of the events, beside the organization's trail.
        options: settings of the account that has the function, other than the role's defaults.
    """

    name: str
    hub: bool = False
    own_trail: bool = False
    further_copy: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def usage(self, accounts: int, traffic: Traffic) -> Usage:
        """What so many accounts with such traffic are billed for in a month."""
        if not self.hub:
            return _times(accounts, self._account(self._watching, traffic, traffic.alerts))
        members = _times(accounts - 1, self._account(self._member, traffic, traffic.alerts))
        return together(self._account(self._watching, traffic, accounts * traffic.alerts), members)

    @functools.cached_property
    def _watching(self) -> Stack:
        """What the hub has, or each account if there is none."""
        if not self.hub:
            return stack(self.settings())
        return stack(self.settings(Topology(HUB, organization="o-abcdefghij"), group_seconds=GROUP_SECONDS))

    @functools.cached_property
    def _member(self) -> Stack:
        return stack(self.settings(Topology(MEMBER, hub=HUB_ID)))

    def _account(self, there: Stack, traffic: Traffic, alerts: int) -> Usage:
        return together(standing(there), of_log_files(there, traffic, self.further_copy), of_alerts(there, alerts))

    def settings(self, topology: Topology = ALONE, **options: Any) -> Settings:
        """The role's defaults for an account of that part, with the options."""
        defaults = yaml.safe_load(DEFAULTS.read_text())
        given: dict[str, Any] = {
            "name": defaults["iam_alerting_name"],
            "account_id": HUB_ID if topology.kind == HUB else ACCOUNT_ID,
            "account_name": "account",
            "region": "us-east-1",
            "actions": check_actions(defaults["iam_alerting_actions"]),
            "subscriptions": ({"protocol": "email", "endpoint": "secops@example.com"},),
            "log_retention_days": defaults["iam_alerting_log_retention_days"],
            "architecture": defaults["iam_alerting_architecture"],
            "extra_tags": {},
            "code": Package(),
            "trail": CREATE if self.own_trail else EXISTING,
            "topology": topology,
        }
        return Settings(**given | options | dict(self.options))


def _times(number: int, usage: Usage) -> Usage:
    return {name: number * quantity for name, quantity in usage.items() if number}


ALONE_OWN = Variant("standalone, a trail of its own", own_trail=True)
ALONE_SERVED = Variant("standalone, the organization's trail")
ALONE_GROUPED = Variant("standalone with grouping, the organization's trail", options={"group_seconds": GROUP_SECONDS})
ALONE_TWICE = Variant("standalone, a trail beside the organization's", own_trail=True, further_copy=True)
HUB_OWN = Variant("hub and members, a trail each", hub=True, own_trail=True)
HUB_SERVED = Variant("hub and members, the organization's trail", hub=True)
ALONE_SILENT = Variant("standalone, the organization's trail, no alarms", options={"alarms": False})

VARIANTS = (ALONE_OWN, HUB_OWN, ALONE_SERVED, ALONE_GROUPED, HUB_SERVED, ALONE_TWICE)

# What is switched on or off for one account, by the text that the page has for it.
OPTIONS: dict[str, dict[str, Any]] = {
    "`iam_alerting_alarms: false`": {"alarms": False},
    "`iam_alerting_fallback`": {"fallback": "on-call@example.com"},
    f"`iam_alerting_group_seconds: {GROUP_SECONDS}`": {"group_seconds": GROUP_SECONDS},
    "`iam_alerting_heartbeat_minutes: 15`": {"heartbeat_minutes": 15},
    "`iam_alerting_customer_key: true`, in the first year": {"customer_key": True},
}
