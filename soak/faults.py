"""The sweeps over deploy and teardown, one after the other in the same accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soak import verdict
from soak.cases import Call, Case, cases_of
from soak.site import Site
from soak.sweep import Deploy, Subject, Sweep, Teardown
from soak.verdict import Result, Verdict
from tests.integration.live import Account


@dataclass(frozen=True)
class Options:
    """Which kinds of faults, and every which call."""

    kinds: Sequence[str]
    every: int


def run(site: Site, options: Options) -> bool:
    """Sweep, print the tables; whether all is as it should be."""
    deploys, teardowns = Sweep(site, Deploy()), Sweep(site, Teardown())
    whole = site.open_account()
    cases = _cases(options, deploys.calls(whole))
    print(f"Deploy: {len(cases)} cases", flush=True)
    opened: list[Account] = []

    def fresh(number: int) -> list[Account]:
        accounts = [site.open_account() for _ in range(number)]
        opened.extend(accounts)
        return accounts

    results = deploys.run(cases, fresh)
    sound = _report("deploy", results)
    calls = teardowns.calls(whole)
    cases = _cases(options, calls)
    print(f"Teardown: {len(cases)} cases", flush=True)

    def deployed(number: int) -> list[Account]:
        while len(opened) < number:
            opened.append(site.open_account())
        accounts = [opened.pop() for _ in range(number)]
        if accounts:
            deploys.play([Subject(account, ()) for account in accounts])
        return accounts

    return _report("teardown", teardowns.run(cases, deployed)) and sound


def _cases(options: Options, calls: Sequence[Call]) -> list[Case]:
    # Of each kind other calls, so that a sample has as many calls as can be.
    return [
        case
        for number, kind in enumerate(options.kinds)
        for case in cases_of(kind, calls)[number % options.every :: options.every]
    ]


def _report(playbook: str, results: Sequence[Result]) -> bool:
    print(f"\n{playbook}:\n{verdict.table(results)}\n")
    for kind in (Verdict.CONVERGED, Verdict.UNREACHED, Verdict.NEITHER):
        for line in verdict.told(results, kind):
            print(f"{kind.value}: {line}")
    return not any(result.verdict is Verdict.NEITHER for result in results)
