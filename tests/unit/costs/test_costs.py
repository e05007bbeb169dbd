"""What the alerting costs: the quantities of a stack, the arithmetic, and that the page is what the command writes."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.costs.page import page, pays_off_from
from scripts.costs.prices import billed, by_service, cost, load
from scripts.costs.usage import Traffic, of_alerts, of_log_files, standing
from scripts.costs.variants import (
    ALONE_OWN,
    ALONE_SERVED,
    ALONE_TWICE,
    HUB_SERVED,
    OPTIONS,
    VARIANTS,
    Variant,
)

ROOT = Path(__file__).resolve().parents[3]
PRICES = load()
IDLE = Traffic("idle", events=0, log_files=0, alerts=0)
SOME = Traffic("some", events=1_000_000, log_files=10_000, alerts=100)


def total(variant: Variant, accounts: int = 1, traffic: Traffic = IDLE) -> float:
    return cost(PRICES, variant.usage(accounts, traffic))


def test_the_page_is_what_the_command_writes() -> None:
    assert (ROOT / "docs/costs.md").read_text() == page(PRICES), "make costs"


@pytest.mark.parametrize(("name", "price"), PRICES.items())
def test_each_price_has_its_page_and_day(name: str, price: Any) -> None:
    assert price.usd > 0
    assert price.per >= 1
    assert price.free >= 0
    assert price.page.startswith("https://aws.amazon.com/")
    assert datetime.date(2025, 1, 1) < price.as_of <= datetime.date.today()
    assert price.read_in


def test_there_is_no_price_that_nothing_is_billed_by() -> None:
    busy = Variant("", own_trail=True, further_copy=True, options={"heartbeat_minutes": 15, "customer_key": True})
    assert busy.usage(1, SOME).keys() | HUB_SERVED.usage(2, SOME).keys() == PRICES.keys()


def test_a_standalone_account_by_hand() -> None:
    usage = ALONE_OWN.usage(1, SOME)
    # Six alarms: 1 + 1 + 1 + 2 + 1 + 3 metrics at 0.10.
    assert usage["alarm_metric"] == 9
    # 10,000 log files and 17 regions x 730 hours = 12,410 digest files at 0.005 for 1,000.
    assert usage["s3_put"] == 22_410
    # 1,000,000 x 300 + 12,410 x 800 bytes = 309,928,000 a month, for (365 + 30) days of 365/12 = 12.986 months.
    assert usage["s3_stored_gb"] == pytest.approx(309_928_000 / 1_073_741_824 * 12.98630)
    # 100 runs of a second in 128 MB.
    assert usage["lambda_gb_second"] == pytest.approx(12.5)
    by_hand = {
        "CloudWatch alarms": 0.9,
        "S3": 0.11205 + 3.748427 * 0.023,
        "SNS": 100 * 0.0000005 + 100 * 0.00002,
        "Lambda": 100 * 0.0000002 + 12.5 * 0.0000166667,
        # 200,000 bytes taken in at 0.50 and kept for 12 months at 0.03.
        "CloudWatch metrics and logs": 200_000 / 1_073_741_824 * (0.5 + 12 * 0.03),
    }
    found = by_service(PRICES, usage)
    assert {name: found[name] for name in by_hand} == pytest.approx(by_hand, rel=1e-5)
    assert total(ALONE_OWN, traffic=SOME) == pytest.approx(sum(by_hand.values()), rel=1e-5)
    assert total(ALONE_OWN, 10, SOME) == pytest.approx(10 * sum(by_hand.values()), rel=1e-5)


def test_a_hub_by_hand() -> None:
    # 10 metrics of alarms, as grouping has one more; 5 pollers x 3 a minute x 43,800 minutes.
    assert total(HUB_SERVED) == pytest.approx(10 * 0.10 + 657_000 * 0.0000004)
    usage = HUB_SERVED.usage(3, SOME)
    assert usage["alarm_metric"] == 10
    # The alerts of all three run in the hub, those of two come from elsewhere.
    assert usage["sns_mail"] == 300
    assert usage["cross_account_event"] == 200
    assert usage["sqs_request"] == 657_000 + 300 * 6
    assert usage["dynamodb_write"] == 300 * 4


def test_a_member_that_nothing_happens_in_costs_nothing() -> None:
    assert total(HUB_SERVED, 1000) == total(HUB_SERVED, 1)


def test_where_the_organizations_trail_serves_no_log_file_is_paid_for() -> None:
    assert not {name for name in ALONE_SERVED.usage(1, SOME) if name.startswith(("s3", "cloudtrail"))}


def test_a_further_copy_is_charged() -> None:
    assert total(ALONE_TWICE, traffic=SOME) - total(ALONE_OWN, traffic=SOME) == pytest.approx(20.0)


def test_free_allowances_are_had_once_for_all_accounts() -> None:
    assert billed(PRICES, ALONE_SERVED.usage(1, IDLE))["alarm_metric"] == 0
    assert billed(PRICES, ALONE_SERVED.usage(3, IDLE))["alarm_metric"] == 3 * 9 - 10


@pytest.mark.parametrize(
    ("option", "amount"),
    [
        ("`iam_alerting_alarms: false`", -0.90),
        ("`iam_alerting_fallback`", 0.0),
        ("`iam_alerting_group_seconds: 300`", 0.10 + 0.2628),
        # An alarm, a metric, and 2,920 runs.
        ("`iam_alerting_heartbeat_minutes: 15`", 0.10 + 0.30 + 2920 * (0.0000002 + 0.125 * 0.0000166667) + 0.004677),
        ("`iam_alerting_customer_key: true`, in the first year", 1.0),
    ],
)
def test_options(option: str, amount: float) -> None:
    assert total(Variant("", options=OPTIONS[option])) - total(ALONE_SERVED) == pytest.approx(amount, abs=1e-6)


def test_a_hub_pays_off_from_the_first_member_on() -> None:
    assert total(HUB_SERVED, 1) > total(ALONE_SERVED, 1)
    assert pays_off_from(PRICES, ALONE_SERVED, HUB_SERVED, IDLE) == 2
    assert pays_off_from(PRICES, HUB_SERVED, ALONE_SERVED, IDLE) is None


def test_quantities_follow_the_stack_and_not_its_name() -> None:
    nothing: dict[str, Any] = {}
    assert standing(nothing) == of_log_files(nothing, SOME, further_copy=True) == {}
    assert of_alerts(nothing, 7) == {"cross_account_event": 7}
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
