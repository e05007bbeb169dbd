"""The picture of docs/benchmark.md, drawn in an environment of its own: ``python -m benchmarks.plot RESULTS SVG``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "trailwatch"  # the same picture for the same figures
mpl.rcParams["svg.fonttype"] = "none"

import matplotlib.pyplot as plt  # noqa: E402 - the backend is chosen first

from benchmarks.results import (  # noqa: E402
    DRIFTED,
    FIRST,
    FLOOR,
    IN_SYNC,
    MEMBER,
    STATUS,
    STOCK,
    TRAILWATCH,
    Results,
)

_COLOURS = {STOCK: "#b0763a", TRAILWATCH: "#1f5f8b", FLOOR: "#9aa5ad", MEMBER: "#6fa8c9"}
_WIDTH = 0.22


def draw(results: Results, path: Path) -> None:
    """CPU-seconds an account in each situation, by number of accounts: as high everywhere is linear growth."""
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    _panel(axes[0], results, IN_SYNC, (STOCK, TRAILWATCH, MEMBER, FLOOR))
    _panel(axes[1], results, FIRST, (STOCK, TRAILWATCH, MEMBER))
    _panel(axes[2], results, DRIFTED, (TRAILWATCH,))
    _panel(axes[3], results, STATUS, (TRAILWATCH,))
    axes[0].set_ylabel("CPU-seconds an account")
    axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None})


def _panel(axes: Any, results: Results, situation: str, subjects: tuple[str, ...]) -> None:
    numbers = sorted({one.accounts for subject in subjects for one in results.find(subject, situation)})
    for place, subject in enumerate(subjects):
        found = {one.accounts: one.cpu_each for one in results.find(subject, situation)}
        shown = [number for number in numbers if number in found]
        left = [numbers.index(number) + (place - (len(subjects) - 1) / 2) * _WIDTH for number in shown]
        bars = axes.bar(left, [found[number] for number in shown], _WIDTH, label=subject, color=_COLOURS[subject])
        axes.bar_label(bars, fmt="%.3g", fontsize=7, padding=1)
    axes.margins(y=0.15)
    axes.set_xticks(range(len(numbers)), [str(number) for number in numbers])
    axes.set_xlabel("accounts")
    axes.set_title(situation, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    draw(Results.load(Path(sys.argv[1])), Path(sys.argv[2]))
