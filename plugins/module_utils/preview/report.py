# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found out, as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WIDTH = 100
_ACTION_WIDTH = 36
_ACTOR_WIDTH = 24
_LABEL = 13
_SHOWN_LEFT_OUT = 15
_SHOWN_BROKEN = 10
_HEADINGS = ("SEVERITY", "ACTION", "ACTOR", "EVENTS", "MAILED", "SUPPRESSED", "LEFT OUT")
_TEXTS = 3  # of the columns; the others are numbers
_LEFT_OUT = {
    "not_listed": "not on the list",
    "other_kind": "of a source or detail-type that no rule takes",
    "elsewhere": "in regions whose events do not get to the rule",
    "read_only": "read-only, which the rule does not take",
}


def alert_text(alert: Mapping[str, Any], heading: str) -> str:
    """What comes of one event, and its mail, under a heading."""
    facts = [
        ("Sent", _sent(alert)),
        ("Severity", f"{alert['severity'].upper()}, decided by rule {alert['rule']}"),
        ("Note", alert["note"]),
    ]
    lines = [f"=== {heading} ===", *(_fact(label, said) for label, said in facts if said)]
    return "\n".join([*lines, "", f"Subject: {alert['subject']}", "", alert["body"]])


def _sent(alert: Mapping[str, Any]) -> str:
    if alert["left_out"]:
        return f"no. {alert['left_out']}"
    by = alert["suppression"]
    if by:
        return f"no. Suppressed by {by['name']} until {by['expires']} (owner {by['owner']}): {by['reason']}"
    return "yes"


def summary_text(summary: Mapping[str, Any]) -> str:
    """What comes of many events: a table, and what it adds up to."""
    blocks = [
        _extent(summary),
        _table(summary["rows"]),
        _totals(summary),
        _suppressions(summary),
        _broken(summary["broken"]),
    ]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block))) + "\n"


def _extent(summary: Mapping[str, Any]) -> Iterator[str]:
    span = f", {summary['first']} to {summary['last']}" if summary["first"] else ""
    yield f"{_count(summary['records'], 'record')} in {_count(summary['files'], 'file')}{span}"
    if summary["accounts"]:
        first = ", ".join(account or "unknown" for account in summary["accounts"][:5])
        more = len(summary["accounts"]) - 5
        yield f"of {_count(len(summary['accounts']), 'account')}: {first}{f' and {more:,} more' if more > 0 else ''}"


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rows that got to the function, and the worst of those that did not."""
    taken = [row for row in rows if row["mailed"] or row["suppressed"]]
    others = [row for row in rows if not row["mailed"] and not row["suppressed"]]
    shown = [*taken, *others[:_SHOWN_LEFT_OUT]]
    if not shown:
        return
    cells = [_HEADINGS, *map(_cells, shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_aligned(each, widths) for each in cells]
    yield lines[0]
    for row, line in zip(taken, lines[1:], strict=False):
        yield line
        if row["suppressed"]:
            yield f"{'':{widths[0]}}  by {', '.join(f'{name} ({n:,})' for name, n in row['suppressed'].items())}"
    if others:
        yield ""
        yield "In the catalogue, but none of these gets to the function:"
        yield from lines[1 + len(taken) :]
    if len(others) > _SHOWN_LEFT_OUT:
        yield f"... and {len(others) - _SHOWN_LEFT_OUT:,} more such rows"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    suppressed = sum(row["suppressed"].values())
    numbers = (row["events"], row["mailed"], suppressed, row["left_out"])
    action, actor = _cut(row["action"], _ACTION_WIDTH), _cut(row["actor"], _ACTOR_WIDTH)
    return (row["severity"], action, actor, *(f"{number:,}" for number in numbers))


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [f"{cell:<{width}}" for cell, width in zip(cells[:_TEXTS], widths[:_TEXTS], strict=True)]
    numbers = [f"{cell:>{width}}" for cell, width in zip(cells[_TEXTS:], widths[_TEXTS:], strict=True)]
    return "  ".join([*texts, *numbers])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _totals(summary: Mapping[str, Any]) -> Iterator[str]:
    left_out = summary["left_out"]
    yield _fact(
        "Events",
        f"{summary['mailed']:,} mailed, {summary['suppressed']:,} suppressed, {sum(left_out.values()):,} left out",
    )
    for number, (label, count) in enumerate(left_out.items()):
        yield _fact("" if number else "Left out", f"{count:,} {_LEFT_OUT[label]}")
    if summary["days"]:
        busiest = max(summary["days"], key=summary["days"].__getitem__)
        average = sum(summary["days"].values()) / summary["days_covered"]
        yield _fact("Mails a day", f"{average:,.1f} on average, {summary['days'][busiest]:,} at most ({busiest})")
    if summary["mailed"]:
        yield _fact("Grouping", _grouping(summary["group_seconds"], summary["grouped"]))


def _grouping(group_seconds: int, grouped: Mapping[str, int]) -> str:
    setting = f"iam_alerting_group_seconds={grouped['seconds']}"
    mails = _count(grouped["mails"], "mail")
    return f"{mails} are left by {setting}" if group_seconds else f"with {setting} it would be {mails}"


def _suppressions(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["suppressions"]:
        yield "Suppressions"
    for each in summary["suppressions"]:
        yield f"  {each['name']}: {_held(each)} (owner {each['owner']})"
    for note, count in summary["notes"].items():
        yield f"  {_count(count, 'mail')} with the note: {note}"


def _held(suppression: Mapping[str, Any]) -> str:
    if suppression["expired"]:
        return f"EXPIRED on {suppression['expires']}, keeps nothing quiet"
    if not suppression["events"]:
        return f"STALE, kept no event quiet; until {suppression['expires']}"
    return f"kept {_count(suppression['events'], 'event')} quiet; until {suppression['expires']}"


def _broken(broken: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if broken:
        yield f"{_count(len(broken), 'file')} could not be used:"
    for each in broken[:_SHOWN_BROKEN]:
        yield from textwrap.wrap(
            f"{each['file']}: {each['problem']}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if len(broken) > _SHOWN_BROKEN:
        yield f"  ... and {len(broken) - _SHOWN_BROKEN:,} more"


def _fact(label: str, said: str) -> str:
    return f"{label:<{_LABEL}}{said}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
