"""What is run for a number of accounts, in which order, and how often."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.process import Usage
from benchmarks.reads import Call, Record, as_asked, distinct, reads_by_account
from benchmarks.results import (
    DRIFTED,
    FIRST,
    FLOOR,
    IN_SYNC,
    MEMBER,
    SERVED,
    STATUS,
    STOCK,
    TRAILWATCH,
    Measurement,
    Sample,
    medians,
)
from benchmarks.site import Site, changed

MOST_DRIFTED = 10

Deploy = Callable[[Sequence[str]], Usage]


@dataclass
class Bench:
    """The measurements in one sandbox with so many accounts."""

    site: Site
    number: int
    found: list[Measurement] = field(default_factory=list)

    def trailwatch(self) -> None:
        """First deployment, runs with nothing to do, the floor of those, runs after a drift of ten accounts, status."""
        site = self.site
        accounts = self._first_deploy(TRAILWATCH, site.trailwatch, site.options.deploy_max)
        self._repeated(TRAILWATCH, IN_SYNC, lambda: self._in_sync(lambda: site.trailwatch(accounts)))
        seen = distinct(site.sandbox.calls())
        calls = reads_by_account(seen, accounts)
        self._repeated(FLOOR, IN_SYNC, lambda: self._floor(calls, seen))
        self._repeated(TRAILWATCH, DRIFTED, lambda: self._drifted(accounts))
        self._repeated(TRAILWATCH, STATUS, lambda: self._sample(lambda: site.status(accounts)))

    def stock(self) -> None:
        """First deployment and runs with nothing to do."""
        accounts = self._first_deploy(STOCK, self.site.stock, self.number)
        self._repeated(STOCK, IN_SYNC, lambda: self._in_sync(lambda: self.site.stock(accounts)))

    def members(self) -> None:
        """First deployments of members of a hub, runs with nothing to do. The organization's trail is there."""
        site, hub = self.site, self.site.open_accounts(1)[0]
        used: list[list[str]] = []

        def once() -> Sample:
            used.append(site.open_accounts(self.number))
            site.hub(hub, used[-1])
            return self._sample(lambda: site.members(hub, used[-1]))

        site.make_organization_trail()
        self._repeated(MEMBER, FIRST, once)
        self._repeated(MEMBER, IN_SYNC, lambda: self._in_sync(lambda: site.members(hub, used[-1])))
        if self.number <= site.options.stock_max:
            self._first_deploy(SERVED, site.trailwatch, self.number)

    def _first_deploy(self, subject: str, deploy: Deploy, most: int) -> list[str]:
        """The accounts of the last first deployment; where it would take too long, of a seeding."""
        used: list[list[str]] = []

        def once() -> Sample:
            used.append(self.site.open_accounts(self.number))
            return self._sample(lambda: deploy(used[-1]))

        if self.number <= most:
            self._repeated(subject, FIRST, once)
        else:
            used.append(self.site.open_accounts(self.number))
            self.site.seed(used[-1])
        self.site.confirm()
        return used[-1]

    def _repeated(self, subject: str, situation: str, once: Callable[[], Sample]) -> None:
        options = self.site.options
        samples = [once()]
        if samples[0].usage.wall < options.repeat_below:
            samples += [once() for _ in range(options.repeat - 1)]
        measurement = medians(subject, situation, self.number, samples)
        self.found.append(measurement)
        print(
            f"  {self.number} x {subject}, {situation}: {measurement.cpu_each:.3f} CPU-s an account"
            f", {measurement.wall:.1f} s{', ' if measurement.problem else ''}{measurement.problem}",
            file=sys.stderr,
            flush=True,
        )

    def _sample(self, run: Callable[[], Usage]) -> Sample:
        self.site.sandbox.clear_calls()
        usage = run()
        records = distinct(self.site.sandbox.calls())
        return Sample(usage, len(records), sum(not record["readOnly"] for record in records))

    def _in_sync(self, run: Callable[[], Usage]) -> Sample:
        sample = self._sample(run)
        wrong = sum(number > 0 for number in changed(sample.usage))
        problem = f"reports changes in {wrong} accounts though there was nothing to do" if wrong else ""
        return replace(sample, problem=problem)

    def _floor(self, calls: dict[str, list[Call]], seen: list[Record]) -> Sample:
        sample = self._sample(lambda: self.site.floor(calls))
        made, expected = as_asked(distinct(self.site.sandbox.calls())), as_asked(seen)
        different = ((made - expected) + (expected - made)).total()
        return replace(sample, problem=f"{different} calls are not those of Trailwatch" if different else "")

    def _drifted(self, accounts: Sequence[str]) -> Sample:
        drifted = accounts[:MOST_DRIFTED]
        self.site.stop_trails(drifted)
        sample = self._sample(lambda: self.site.trailwatch(accounts))
        mended = sum(number > 0 for number in changed(sample.usage))
        problem = f"reports changes in {mended} accounts, not {len(drifted)}" if mended != len(drifted) else ""
        return replace(sample, problem=problem)
