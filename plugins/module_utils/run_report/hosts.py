# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of an inventory cannot be run beside the others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_ACCOUNT_ID = re.compile(r"\d{12}\Z")


def sharing(stacks: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Why a host is refused, for each that shares its stack with another one: both would change it at once.

    Args:
        stacks: by host, the account's id and the name of the stack in it. What is no account's id is left to others.
    """
    hosts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for host, (account, name) in stacks.items():
        if _ACCOUNT_ID.match(account):
            hosts[account, name].append(host)
    return {
        host: f"account_id is {account} for {_listed(which)}, which would change the same alerting at once. Take all "
        "but one out of the inventory, or give each another iam_alerting_name."
        for (account, _name), which in hosts.items()
        if len(which) > 1
        for host in which
    }


def _listed(hosts: list[str]) -> str:
    first = ", ".join(sorted(hosts)[:3])
    return f"{first} and {len(hosts) - 3} more" if len(hosts) > 3 else first
