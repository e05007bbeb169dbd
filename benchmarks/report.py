"""The results as text for a terminal and as docs/benchmark.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from benchmarks.bars import Bar, bars, handler_bars, ratios
from benchmarks.function.measure import OURS, Figures
from benchmarks.results import DRIFTED, FIRST, IN_SYNC, STATUS, Measurement, Results

_SITUATIONS = (FIRST, IN_SYNC, DRIFTED, STATUS)
_COLUMNS = (
    "accounts",
    "situation",
    "subject",
    "wall s",
    "CPU s",
    "wall s each",
    "CPU s each",
    "calls each",
    "writes each",
    "parent MB",
    "tree MB",
    "runs",
)
_HANDLER_COLUMNS = (
    "handler",
    "ms a record, median",
    "p99",
    "slowest",
    "import ms",
    "package KiB",
    "peak MB",
    "grown MB",
)
_HANDLERS = """\
## The function

The Lambda function over the fixtures of its tests and one record of 256 KB, beside [a naive one of fifteen
lines](../benchmarks/function/naive.py) that parses, formats and publishes. Times are CPU, without boto3's; slowest is
the slowest of all runs of all records. Import is beside boto3 and without bytecode, as in Lambda, where the function's
folder cannot be written to; the naive one makes its client then. Memory is with boto3's client, answered in process,
over 10,000 records.
"""
_INTRODUCTION = """\
# Benchmark

Written by `make bench`; the figures change with the machine, the ratios hardly.

Three ways to keep the same pipeline in every account, run side by side against a local AWS:

- **stock**: [plain tasks](../benchmarks/stock/deploy.yml) of amazon.aws and community.aws, as a careful user would
  write them; the package of the function is built once beforehand;
- **Trailwatch**: `playbooks/deploy.yml` of this collection;
- **floor**: [one plain Python process](../benchmarks/floor.py) that signs in to each account and makes with boto3 the
  reads that Trailwatch was seen to make in the run with nothing to do, and compares nothing.

*First deploy* begins with empty accounts, *in sync* finds nothing to do, for *ten drifted* the trail was stopped by
hand in ten accounts, or in all if there are less, and *status* is `playbooks/status.yml`.

A **member** sends its events to a hub, which was deployed to before and is not measured with it. An organization's
trail serves the members, so that they make neither trail nor bucket, while the other accounts make both; **Trailwatch,
no trail** is the whole alerting where that trail serves, too.

CPU is user and system time of the started process with all its children, without the local AWS, which shares the
processors, and so lengthens the wall time: on AWS, waiting takes the place of that. *Each* is per account. Calls are
those that the local AWS recorded, signing in included. *Parent MB* is the most resident memory of the started process,
*tree MB* that of all processes together with shared pages counted once, looked at twice a second. Above its most, stock
is not run: what is compared is its cost per account. Above {deploy_max} accounts there is no first deploy: the accounts
are filled by repeating the requests that deployed to one. Members are then left out.
"""


def text(results: Results) -> str:
    """All results, for a terminal."""
    facts = "\n".join(f"{label}: {value}" for label, value in results.facts.items())
    tables = [_table(results), _handler_table(results.handlers), _ratio_table(results), _bar_table(bars(results))]
    parts = [facts, *map(_plain, tables)]
    return "\n\n".join([*parts, *_problems(results)])


def markdown(results: Results) -> str:
    """docs/benchmark.md."""
    facts = "\n".join(f"- {label}: {value}" for label, value in results.facts.items())
    parts = [
        _INTRODUCTION.format(deploy_max=results.facts["Most deployed to"]).rstrip(),
        "![CPU-seconds an account](benchmark.svg)",
        f"## Bars\n\n{_pipes(_bar_table(bars(results)))}",
        f"## Ratios of CPU-seconds an account\n\n{_pipes(_ratio_table(results))}",
        f"## Figures\n\n{_pipes(_table(results))}",
        f"{_HANDLERS}\n{_pipes(_handler_table(results.handlers))}",
        *_problems(results),
        f"## How it was measured\n\n{facts}\n- Command: `{results.command}`",
    ]
    return "\n\n".join(parts) + "\n"


def _table(results: Results) -> list[Sequence[str]]:
    ordered = sorted(results.measurements, key=lambda one: (one.accounts, _SITUATIONS.index(one.situation)))
    return [_COLUMNS, *map(_row, ordered)]


def _row(one: Measurement) -> Sequence[str]:
    return (
        str(one.accounts),
        one.situation,
        one.subject,
        f"{one.wall:.1f}",
        f"{one.cpu:.1f}",
        f"{one.wall_each:.2f}",
        f"{one.cpu_each:.3f}",
        f"{one.calls / one.accounts:.1f}",
        f"{one.writes_each:.1f}",
        f"{one.parent_mb:.0f}",
        f"{one.tree_mb:.0f}",
        str(one.runs),
    )


def _ratio_table(results: Results) -> list[Sequence[str]]:
    return [("ratio", ""), *ratios(results)]


def handlers(figures: dict[str, Figures]) -> str:
    """The figures of the function alone, for a terminal."""
    return "\n\n".join(map(_plain, (_handler_table(figures), _bar_table(handler_bars(figures[OURS])))))


def _handler_table(figures: dict[str, Figures]) -> list[Sequence[str]]:
    return [_HANDLER_COLUMNS, *((name, *(f"{value:.2f}" for value in astuple(one))) for name, one in figures.items())]


def _bar_table(found: Sequence[Bar]) -> list[Sequence[str]]:
    return [("bar", "measured", ""), *((bar.asked, bar.measured, bar.verdict) for bar in found)]


def _problems(results: Results) -> list[str]:
    found = [one for one in results.measurements if one.problem]
    return [f"Note: {one.subject}, {one.situation}, {one.accounts} accounts: {one.problem}." for one in found]


def _plain(rows: list[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _pipes(rows: list[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
