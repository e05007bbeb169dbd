# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prices, and what quantities cost by them."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("prices.yml")

# Quantities of a month, by the name of their price.
Usage = Mapping[str, float]


@dataclass(frozen=True)
class Price:
    """One price, as prices.yml explains it."""

    service: str
    what: str
    usd: float
    per: float
    free: float
    page: str
    as_of: datetime.date
    read_in: str
    checked: bool

    def of(self, quantity: float) -> float:
        """What so much costs, in USD, without any allowance."""
        return quantity * self.usd / self.per


Prices = Mapping[str, Price]


def together(*usages: Usage) -> dict[str, float]:
    """The sums of the quantities; what there is nothing of is left out."""
    names = dict.fromkeys(name for usage in usages for name in usage)
    sums = {name: sum(usage.get(name, 0) for usage in usages) for name in names}
    return {name: quantity for name, quantity in sums.items() if quantity}


def load(file: Path = FILE) -> dict[str, Price]:
    """All prices, by their names."""
    return {name: Price(**entry) for name, entry in yaml.safe_load(file.read_text()).items()}


def cost(prices: Prices, usage: Usage) -> float:
    """What the quantities cost in USD."""
    return sum(prices[name].of(quantity) for name, quantity in usage.items())


def by_service(prices: Prices, usage: Usage) -> Mapping[str, float]:
    """The same, by service; nothing for all others."""
    found: dict[str, float] = defaultdict(float)
    for name, quantity in usage.items():
        found[prices[name].service] += prices[name].of(quantity)
    return found


def billed(prices: Prices, usage: Usage) -> dict[str, float]:
    """What is left of the quantities when all free allowances are used up for them."""
    return {name: max(0, quantity - prices[name].free) for name, quantity in usage.items()}
