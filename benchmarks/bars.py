"""The bars that Trailwatch sets itself, and whether these results meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.function.measure import OURS, Figures
from benchmarks.results import FIRST, FLOOR, IN_SYNC, MEMBER, SERVED, STOCK, TRAILWATCH, Measurement, Results

STOCK_RATIO = 35
FLOOR_RATIO = 1.7
READS = 28
FIRST_RATIO = 1.0
MEMBER_RATIO = 1 / 3
SCALE_FROM, SCALE_TO, SCALE_RATIO = 100, 1000, 1.15
PARENT_MB = 400
MEDIAN_MS, MOST_MS, IMPORT_MS, PACKAGE_KIB, PEAK_MB, GROWN_MB = 0.3, 5, 25, 60, 128, 1


@dataclass(frozen=True)
class Bar:
    """One bar: what is asked, what was measured, and whether that is enough; None where it was not measured."""

    asked: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        return "not measured" if self.met is None else "met" if self.met else "NOT met"


def bars(results: Results) -> list[Bar]:
    """All bars."""
    checks: list[Callable[[Results], Bar]] = [_stock, _floor, _calls, _first, _member, _scale, _memory]
    return [*(check(results) for check in checks), *handler_bars(results.handlers[OURS])]


def handler_bars(ours: Figures) -> list[Bar]:
    """The bars of the function."""

    def bar(what: str, most: float, unit: str, measured: float) -> Bar:
        return Bar(f"handler, {what}, at most {most:g} {unit}", f"{measured:.2f} {unit}", measured <= most)

    return [
        bar("median of a record", MEDIAN_MS, "ms", ours.median_ms),
        bar("the slowest record", MOST_MS, "ms", ours.most_ms),
        bar("its own import", IMPORT_MS, "ms", ours.import_ms),
        bar("package", PACKAGE_KIB, "KiB", ours.package_kib),
        bar("most memory", PEAK_MB, "MB", ours.peak_mb),
        bar("growth of memory over 10,000 records", GROWN_MB, "MB", ours.grown_mb),
    ]


def ratios(results: Results) -> list[tuple[str, str]]:
    """Ratios of CPU-seconds an account, for every number of accounts. Stock beyond its most is taken from there."""
    found = []
    ours = results.find(TRAILWATCH, IN_SYNC)
    for one in ours:
        stock, floor = _stock_for(results, IN_SYNC, one.accounts), _at(results.find(FLOOR, IN_SYNC), one.accounts)
        if stock:
            at = f" (stock at {stock.accounts})" if stock.accounts != one.accounts else ""
            found.append((f"stock / Trailwatch, in sync, {one.accounts}{at}", f"{stock.cpu_each / one.cpu_each:.1f}"))
        if floor:
            found.append((f"Trailwatch / floor, in sync, {one.accounts}", f"{one.cpu_each / floor.cpu_each:.2f}"))
    for one in results.find(TRAILWATCH, FIRST):
        stock = _at(results.find(STOCK, FIRST), one.accounts)
        if stock:
            found.append((f"Trailwatch / stock, first deploy, {one.accounts}", f"{one.cpu_each / stock.cpu_each:.2f}"))
    found += _ratios_of_members(results)
    if len(ours) > 1:
        less, most = ours[-2:]
        name = f"Trailwatch, in sync, an account at {most.accounts} / at {less.accounts}"
        found.append((name, f"{most.cpu_each / less.cpu_each:.2f}"))
    return found


def _ratios_of_members(results: Results) -> list[tuple[str, str]]:
    found = []
    for subject, situation in ((TRAILWATCH, FIRST), (SERVED, FIRST), (TRAILWATCH, IN_SYNC)):
        for one in results.find(MEMBER, situation):
            whole = _at(results.find(subject, situation), one.accounts)
            if whole:
                found.append(
                    (f"member / {subject}, {situation}, {one.accounts}", f"{one.cpu_each / whole.cpu_each:.2f}")
                )
    return found


def _at(measurements: list[Measurement], accounts: int) -> Measurement | None:
    return next((one for one in measurements if one.accounts == accounts), None)


def _stock_for(results: Results, situation: str, accounts: int) -> Measurement | None:
    return next((one for one in reversed(results.find(STOCK, situation)) if one.accounts <= accounts), None)


def _largest(results: Results, subject: str, situation: str) -> Measurement | None:
    return next(reversed(results.find(subject, situation)), None)


def _stock(results: Results) -> Bar:
    asked = f"in sync, at least {STOCK_RATIO} times less CPU an account than stock"
    ours = _largest(results, TRAILWATCH, IN_SYNC)
    stock = _stock_for(results, IN_SYNC, ours.accounts) if ours else None
    if not ours or not stock:
        return Bar(asked, "-", None)
    ratio = stock.cpu_each / ours.cpu_each
    return Bar(asked, f"{ratio:.1f} times (stock at {stock.accounts}, we at {ours.accounts})", ratio >= STOCK_RATIO)


def _floor(results: Results) -> Bar:
    asked = f"in sync, at most {FLOOR_RATIO} times the floor's CPU"
    ours = _largest(results, TRAILWATCH, IN_SYNC)
    floor = _at(results.find(FLOOR, IN_SYNC), ours.accounts) if ours else None
    if not ours or not floor:
        return Bar(asked, "-", None)
    ratio = ours.cpu / floor.cpu
    return Bar(asked, f"{ratio:.2f} times at {ours.accounts}", ratio <= FLOOR_RATIO)


def _calls(results: Results) -> Bar:
    asked = f"in sync, at most {READS} reads an account and no write"
    ours = results.find(TRAILWATCH, IN_SYNC)
    if not ours:
        return Bar(asked, "-", None)
    reads, writes = max(one.reads_each for one in ours), max(one.writes for one in ours)
    return Bar(asked, f"{reads:.1f} reads an account, {writes:.0f} writes in all", reads <= READS and writes == 0)


def _first(results: Results) -> Bar:
    asked = "first deploy, no more CPU than stock"
    return _first_deploys(results, TRAILWATCH, STOCK, asked, FIRST_RATIO)


def _member(results: Results) -> Bar:
    asked = "first deploy of a member, at most a third of the CPU of an account with the whole alerting"
    return _first_deploys(results, MEMBER, TRAILWATCH, asked, MEMBER_RATIO)


def _first_deploys(results: Results, subject: str, other: str, asked: str, most: float) -> Bar:
    pairs = [(one, _at(results.find(other, FIRST), one.accounts)) for one in results.find(subject, FIRST)]
    both = [(one, compared) for one, compared in pairs if compared]
    if not both:
        return Bar(asked, "-", None)
    one, compared = both[-1]
    ratio = one.cpu / compared.cpu
    return Bar(asked, f"{ratio:.2f} times at {one.accounts}", ratio <= most)


def _scale(results: Results) -> Bar:
    asked = f"in sync, CPU an account at {SCALE_TO} within {SCALE_RATIO} of that at {SCALE_FROM}"
    ours = results.find(TRAILWATCH, IN_SYNC)
    less, most = _at(ours, SCALE_FROM), _at(ours, SCALE_TO)
    if not less or not most:
        return Bar(asked, "-", None)
    ratio = most.cpu_each / less.cpu_each
    return Bar(asked, f"{ratio:.2f}", ratio <= SCALE_RATIO)


def _memory(results: Results) -> Bar:
    asked = f"in sync, the started process below {PARENT_MB} MB at {SCALE_TO} accounts"
    ours = _at(results.find(TRAILWATCH, IN_SYNC), SCALE_TO)
    if not ours:
        return Bar(asked, "-", None)
    return Bar(asked, f"{ours.parent_mb:.0f} MB", ours.parent_mb < PARENT_MB)
