# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/costs.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scripts.costs import usage as usage_of
from scripts.costs.prices import Price, Prices, billed, by_service, cost
from scripts.costs.usage import BUSY, QUIET, Traffic
from scripts.costs.variants import (
    ALONE_OWN,
    ALONE_SERVED,
    ALONE_SILENT,
    ALONE_TWICE,
    GROUP_SECONDS,
    HUB_SERVED,
    OPTIONS,
    VARIANTS,
    Variant,
)

ACCOUNTS = (1, 10, 100, 1000)
SHOWN = 100
# What is worked out line by line.
EXAMPLES = ((1, ALONE_OWN), (50, HUB_SERVED), (1000, HUB_SERVED))
SMALLEST = 0.005  # rounds to a cent
FEWEST = 2  # a hub without a member is none

_PAGE = """\
<!-- Made by `make costs` from scripts/costs/ and the desired stack. Change these, not this page. -->
# What it costs on AWS

In US dollars a month, in us-east-1, as `make costs` works it out: the alarms, metrics, queues, keys and trails are
counted in the stacks that the role would deploy; what happens in an account is [assumed](#what-is-assumed); the prices
are [dated](#prices), and none was read on AWS's page of today. Taxes and support are left out.

{totals}

- In brackets: what is left if the free allowances, which an organization has once, are all there for this. Those of the
  first twelve months are left out.
- With a hub, one of the accounts is the hub, which watches itself, too. One account is a hub without members yet.
- The organization's trail is taken to be there anyway, and paid for by others. If it is made for this, it costs the log
  files of all accounts, as much as a trail each: the difference between the first and the third line.

## Worked out for {examples} accounts

Quantities times [prices](#prices), for quiet accounts. What is less than a cent is left out, and free allowances are
not taken off.

{worked_out}

## What dominates

- **Alarms**: {alarms} of the {alone} that a quiet standalone account costs with the organization's trail, for
  {metrics} metrics. Rules, topics, roles and queues that nobody polls cost nothing, and an alert {alert}.
- **Log files**, with a trail of its own: {quiet_files} for a quiet account, {busy_files} for a busy one. The hourly
  digest files of {regions} regions alone are {digests}.
- **A second trail**: {twice} for a busy account, as CloudTrail charges for each further copy. So `auto` uses the
  organization's trail if there is one.
- **Polling**, with a hub or with grouping: {polling} for each queue, whatever happens. The free requests are enough
  for one.

## When a hub pays off

{pays_off}
A member has no alarms, no function, no topic and no queue that is polled: one more costs {member} (quiet) or
{busy_member} (busy), for sending its events and for its alerts in the hub.

{silent}
These pay for what happens, and nothing else; but nobody is told when their alerting fails.

A trail for each account costs the same either way.

## By service

{services}

## Options

What they add to a quiet standalone account with the organization's trail:

{options}

A customer's key costs 1.00 more from the second year on, and again from the third, for the key material that is kept.
Requests to KMS are not counted: 0.03 for 10,000, and 20,000 a month are free.

## What is assumed

{assumed}

- One subscriber by mail, the role's defaults, {group_seconds} seconds where alerts are grouped, a month of {hours}
  hours.
- Log files of {event_bytes} bytes for each event, and a digest file of {digest_bytes} bytes each hour in each of
  {regions} regions. These, and the events and log files of the quiet account, are what was measured in a small account
  in August 2026 (`docs/review-2026-09-03/cost-alarms-logs.md` of github.com/vppillai/chintan). The busy account is made
  up, and so are the alerts. What is kept is counted as it is once the oldest of it, of {retention} days, expires.
- Each alert comes alone: the function runs for {run_seconds:g} s, its start included, and logs {log_bytes:,} bytes.
  With grouping it runs twice, with {requests} requests to SQS and {writes} writes to DynamoDB ([storms](storms.md)).
- Lambda polls a queue with {pollers} pollers, each of them every {poll_seconds} seconds. In the account above a queue
  had 21,590 empty answers a day, which is that.
- Nothing fails: no mails of alarms, no dead letters, no second attempts.

## Prices

A price is checked if it was read in AWS's price list or on a bill, though only as somebody quotes it. The
others are a small part of the totals, but for the key.

{prices}
"""


def page(prices: Prices) -> str:
    """The page in Markdown."""
    return _PAGE.format(
        totals="\n\n".join(f"## {_title(traffic)}\n\n{_totals(prices, traffic)}" for traffic in (QUIET, BUSY)),
        examples=_listed(f"{accounts:,}" for accounts, _variant in EXAMPLES),
        worked_out="\n\n".join(_worked_out(prices, *example) for example in EXAMPLES),
        services="\n\n".join(
            f"### {_title(traffic)}, by service\n\n{_services(prices, traffic)}" for traffic in (QUIET, BUSY)
        ),
        options=_options(prices),
        assumed=_traffic(),
        prices=_prices(prices),
        pays_off=_pays_off(prices, ALONE_SERVED, "A hub costs less than standalone accounts"),
        silent=_pays_off(prices, ALONE_SILENT, "It costs less than standalone accounts without alarms"),
        **_facts(prices),
    )


def _title(traffic: Traffic) -> str:
    return f"{traffic.name.capitalize()} accounts"


def _usd(amount: float) -> str:
    return "<0.01" if 0 < amount < SMALLEST else f"{amount:,.2f}"


def _facts(prices: Prices) -> dict[str, Any]:
    """The figures in the text."""

    def of(variant: Variant, traffic: Traffic = QUIET, accounts: int = 1) -> float:
        return cost(prices, variant.usage(accounts, traffic))

    usage = ALONE_SERVED.usage(1, QUIET)
    idle = {name: quantity for name, quantity in usage.items() if name == "alarm_metric"}
    digests = ALONE_OWN.usage(1, Traffic("idle", 0, 0, 0))
    return {
        "alone": _usd(of(ALONE_SERVED)),
        "alarms": _usd(cost(prices, idle)),
        "metrics": f"{usage['alarm_metric']:g}",
        "alert": f"{(of(ALONE_SERVED) - cost(prices, idle)) / QUIET.alerts:.5f}",
        "quiet_files": _usd(of(ALONE_OWN) - of(ALONE_SERVED)),
        "busy_files": _usd(of(ALONE_OWN, BUSY) - of(ALONE_SERVED, BUSY)),
        "digests": _usd(prices["s3_put"].of(digests["s3_put"])),
        "twice": _usd(of(ALONE_TWICE, BUSY) - of(ALONE_OWN, BUSY)),
        "polling": _usd(prices["sqs_request"].of(HUB_SERVED.usage(1, Traffic("idle", 0, 0, 0))["sqs_request"])),
        "member": f"{of(HUB_SERVED, QUIET, 2) - of(HUB_SERVED, QUIET, 1):.3f}",
        "busy_member": f"{of(HUB_SERVED, BUSY, 2) - of(HUB_SERVED, BUSY, 1):.3f}",
        "group_seconds": GROUP_SECONDS,
        "hours": usage_of.HOURS,
        "regions": usage_of.REGIONS,
        "event_bytes": usage_of.EVENT_BYTES,
        "digest_bytes": usage_of.DIGEST_BYTES,
        "run_seconds": usage_of.RUN_SECONDS,
        "log_bytes": usage_of.LOG_BYTES,
        "requests": usage_of.GROUPED_REQUESTS,
        "writes": usage_of.GROUPED_WRITES,
        "pollers": usage_of.POLLERS,
        "poll_seconds": usage_of.POLL_SECONDS,
        "retention": f"{ALONE_OWN.settings().log_retention_days}",
    }


def pays_off_from(prices: Prices, alone: Variant, hub: Variant, traffic: Traffic) -> int | None:
    """The least number of accounts for which the hub costs less; None if it does for no number on the page."""
    for accounts in range(FEWEST, max(ACCOUNTS) + 1):
        if cost(prices, hub.usage(accounts, traffic)) < cost(prices, alone.usage(accounts, traffic)):
            return accounts
    return None


def _pays_off(prices: Prices, alone: Variant, than: str) -> str:
    found = [(traffic.name, pays_off_from(prices, alone, HUB_SERVED, traffic)) for traffic in (QUIET, BUSY)]
    told = [
        f"from {number} {name} ones on" if number else f"for no number of {name} ones up to {max(ACCOUNTS):,}"
        for name, number in found
    ]
    return f"{than} {' and '.join(told)}."


def _totals(prices: Prices, traffic: Traffic) -> str:
    head = ["", *(f"{number:,} account{'s' if number > 1 else ''}" for number in ACCOUNTS)]
    return _table(head, ([one.name, *(_total(prices, one, n, traffic) for n in ACCOUNTS)] for one in VARIANTS))


def _total(prices: Prices, variant: Variant, accounts: int, traffic: Traffic) -> str:
    usage = variant.usage(accounts, traffic)
    return f"{_usd(cost(prices, usage))} ({_usd(cost(prices, billed(prices, usage)))})"


def _worked_out(prices: Prices, accounts: int, variant: Variant) -> str:
    """Every line of the bill of so many quiet accounts."""
    usage = variant.usage(accounts, QUIET)
    lines = ((prices[name], quantity) for name, quantity in usage.items())
    rows = [
        [f"{price.service}: {price.what}", f"{quantity:,.{0 if quantity >= 10 else 2}f}", _each(price), _usd(amount)]
        for price, quantity in lines
        if (amount := price.of(quantity)) >= SMALLEST
    ]
    total = ["**together**", "", "", f"**{_usd(cost(prices, usage))}**"]
    head = ["what", "how much", "USD", "a month"]
    title = f"### {accounts:,} account{'s' if accounts > 1 else ''}: {variant.name}"
    return f"{title}\n\n{_table(head, [*rows, total])}"


def _each(price: Price) -> str:
    return f"{_unit_price(price)} for {price.per:,}"


def _unit_price(price: Price) -> str:
    return f"{price.usd:.10f}".rstrip("0").rstrip(".") if price.usd < 0.001 else f"{price.usd:g}"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}"


def _services(prices: Prices, traffic: Traffic) -> str:
    found = [by_service(prices, variant.usage(SHOWN, traffic)) for variant in VARIANTS]
    services = sorted(set().union(*found), key=lambda service: -max(each[service] for each in found))
    head = [f"{SHOWN} accounts", *(variant.name for variant in VARIANTS)]
    return _table(head, ([service, *(_usd(each[service]) for each in found)] for service in services))


def _options(prices: Prices) -> str:
    base = cost(prices, ALONE_SERVED.usage(1, QUIET))
    rows = (
        (text, cost(prices, Variant("", options=options).usage(1, QUIET)) - base) for text, options in OPTIONS.items()
    )
    return _table(["option", "a month"], ([text, f"{amount:+,.2f}"] for text, amount in rows))


def _traffic() -> str:
    rows = ([one.name, f"{one.events:,}", f"{one.log_files:,}", f"{one.alerts:,}"] for one in (QUIET, BUSY))
    return _table(["account", "management events a month", "log files", "events that alert"], rows)


def _prices(prices: Prices) -> str:
    rows = (
        [
            f"[{price.service}]({price.page})",
            price.what,
            _unit_price(price),
            f"{price.per:,}",
            f"{price.free:,}",
            f"{price.as_of}",
            "yes" if price.checked else "**no**",
            price.read_in,
        ]
        for price in prices.values()
    )
    return _table(["service", "what", "USD", "for", "free a month", "as of", "checked", "read in"], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    rule = ["---", *("--:" if cells[0][:1] in "0123456789-+" else "---" for cells in zip(*lines[1:], strict=True))][1:]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])
