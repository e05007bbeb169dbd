"""The command line of the benchmark: ``python -m benchmarks [--accounts 1,10,100]``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import profiling, report
from benchmarks.facts import facts
from benchmarks.function import measure as function
from benchmarks.measure import Bench
from benchmarks.results import Measurement, Results
from benchmarks.site import BenchError, Options, Site, started
from sandbox.replay import ReplayError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "results.json"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(word) for word in text.replace(",", " ").split()}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--accounts", type=_numbers, default=(1, 10, 100), help="numbers of accounts (default 1,10,100)")
    add("--collection", type=Path, default=ROOT, help="the checkout to measure (default: this one)")
    add("--docs", type=Path, default=ROOT / "docs", help="where benchmark.md and benchmark.svg go (default docs/)")
    add("--work", type=Path, default=ROOT / ".cache/bench", help="logs and raw results (default .cache/bench)")
    add("--forks", type=int, default=10, help="forks of Ansible, threads of the floor (default %(default)s)")
    add("--latency", type=float, default=0, metavar="MS", help="hold each answer back so long (default %(default)s)")
    add("--repeat", type=int, default=3, help="how often a cheap run is made (default %(default)s)")
    add("--repeat-below", type=float, default=90, metavar="S", help="a cheap run takes less (default %(default)s s)")
    add("--stock-max", type=int, default=10, help="stock runs for no more accounts (default %(default)s)")
    add("--deploy-max", type=int, default=100, help="more are not deployed to but seeded (default %(default)s)")
    add("--emulator", choices=["serve", "moto"], default="serve", help="serve: the sandbox (default); or moto")
    add("--profile", action="store_true", help="only tell where the CPU goes in a run with nothing to do (py-spy)")
    add("--function", action="store_true", help="only measure the Lambda function, and write nothing")
    return parser


def _options() -> Options:
    chosen = vars(_parser().parse_args())
    python = ROOT / ".venv-sandbox/bin/python" if chosen["emulator"] == "serve" else Path(sys.executable)
    chosen |= {name: chosen[name].resolve() for name in ("collection", "docs", "work")}
    fixed = os.environ.get("SANDBOX_PYTHON") if chosen["emulator"] == "serve" else None
    return Options(**chosen, sandbox_python=fixed or str(python))


def _warm_up(site: Site) -> None:
    """Let bytecode be compiled and files be read before anything is measured."""
    accounts = site.open_accounts(1)
    site.trailwatch(accounts)
    site.stock(site.open_accounts(1))


def _measure(options: Options) -> list[Measurement]:
    with started(options) as site:
        _warm_up(site)
    found: list[Measurement] = []
    for number in options.accounts:
        with started(options) as site:
            bench = Bench(site, number)
            if number <= options.stock_max:
                bench.stock()
            bench.trailwatch()
            found += bench.found
        # In a sandbox of their own, as all accounts see the organization's trail.
        if options.emulator == "serve" and number <= options.deploy_max:
            with started(options) as site:
                bench = Bench(site, number)
                bench.members()
                found += bench.found
    return found


def _profile(options: Options) -> None:
    with started(options) as site:
        accounts = site.open_accounts(options.accounts[-1])
        site.seed(accounts)
        site.confirm()
        print(profiling.in_sync(site, accounts))


def _write(options: Options, results: Results) -> None:
    results.save(options.work / RESULTS)
    options.docs.mkdir(parents=True, exist_ok=True)
    (options.docs / "benchmark.md").write_text(report.markdown(results))
    python = ROOT / ".venv-bench/bin/python"
    if not python.exists():
        print("no plot: make sets up .venv-bench for it", file=sys.stderr)
        return
    picture = options.docs / "benchmark.svg"
    command = [str(python), "-m", "benchmarks.plot", str(options.work / RESULTS), str(picture)]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> int:
    """Measure, print, write."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    try:
        if options.function:
            print(report.handlers(function.measure(options.collection, options.work)))
            return 0
        if options.profile:
            _profile(options)
            return 0
        numbers = " ".join(map(str, options.accounts))
        before = facts(options)
        handlers = function.measure(options.collection, options.work)
        results = Results(_measure(options), handlers, before, f'make bench N="{numbers}"')
    except (BenchError, ReplayError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report.text(results))
    _write(options, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
