# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an event is one that somebody has signed for not to be told of."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

import origin
from pipeline import Pipeline, touched_part
from record import Record
from suppression import Suppression, Verdict

# What hides an intruder's tracks. Deploying and removing Trailwatch makes such calls, too, and is told of.
_TRAIL = re.compile("cloudtrail:(Delete|Deregister|Disable|Put|Remove|Stop|Update)", re.IGNORECASE)


def judge(record: Record, pipeline: Pipeline, known: Iterable[Suppression], today: str) -> Verdict:
    """Whether an event is kept quiet on the day `today` (YYYY-MM-DD): by the first record that fits and is in force.

    Never kept quiet is what the root user does, and what changes a trail or this pipeline.
    """
    note = ""
    for suppression in known:
        if not _holds(suppression, record):
            continue
        untouchable = _untouchable(record, pipeline)
        if untouchable:
            return Verdict(None, f"suppression {suppression.name} fits, but {untouchable} is never suppressed")
        if today <= suppression.expires:
            return Verdict(suppression)
        note = f"suppression {suppression.name} fits, but expired on {suppression.expires} (owner {suppression.owner})"
    return Verdict(None, note)


def _untouchable(record: Record, pipeline: Pipeline) -> str:
    if record.actor.type == "Root":
        return "what the root user does"
    if _TRAIL.match(record.action):
        return "a change of a trail"
    return "a change of this alerting" if touched_part(record, pipeline) else ""


def _holds(suppression: Suppression, record: Record) -> bool:
    return all(
        any(_FITS[criterion](record, pattern) for pattern in patterns)
        for criterion, patterns in suppression.match.items()
    )


def _actor(record: Record, pattern: str) -> bool:
    if pattern.startswith("arn:"):
        return _like(record.actor.arn, pattern)
    name, group = record.actor.name, record.actor.group
    # A name that does not begin with the group's is one that nobody vouches for: a session's, with no role before it.
    return _is_own(record) and (_like(group, pattern) or (name.startswith(group) and _like(name, pattern)))


def _is_own(record: Record) -> bool:
    """Whether the actor's name means something: in another account, anybody can have it."""
    return record.actor.accountId in ("", record.account)


def _source(record: Record, pattern: str) -> bool:
    """Whether the call came from an address, a network in CIDR notation, or a service's domain name."""
    network = _network(pattern)
    if network is None:
        return _like(record.sourceIPAddress, pattern)
    address = _network(record.sourceIPAddress)
    return address is not None and address.version == network.version and address.subnet_of(network)


@functools.cache
def _network(text: str) -> Any:
    """The network, or the address as one; None for other text."""
    import ipaddress  # not needed by most, and it takes its time to load

    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _like(value: str, pattern: str) -> bool:
    return bool(value) and _expression(pattern).fullmatch(value) is not None


@functools.cache
def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern, in which * stands for any characters and ? for one, as a regular expression."""
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(mark) or re.escape(mark) for mark in pattern), re.DOTALL)


_FITS: Any = {
    "actor": _actor,
    "role": lambda record, pattern: _is_own(record) and _like(record.actor.role, pattern),
    "user": lambda record, pattern: _is_own(record) and _like(record.actor.user, pattern),
    "action": lambda record, pattern: _like(record.action.lower(), pattern.lower()),
    "account": lambda record, pattern: _like(record.account, pattern),
    "source": _source,
    "tool": lambda record, pattern: _like(origin.tool(record).lower(), pattern.lower()),
}
