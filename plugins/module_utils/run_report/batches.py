# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the hosts of a run are divided: into the batches that somebody asked for, and these into plays of some rounds."""

from __future__ import annotations

from collections.abc import Sequence

# Until a play ends, Ansible keeps the variables of each of its tasks and hosts, and in them lists of all hosts: what
# each fork has to copy grows with the square of the hosts. The last round, in which forks idle, is one of so many.
ROUNDS = 20


def batches_of(hosts: Sequence[str], sizes: Sequence[int | str]) -> list[list[str]]:
    """The hosts of each batch, as Ansible's C(serial) would divide them.

    Args:
        hosts: in the order of the play.
        sizes: numbers of hosts, and percentages of all; the last one is repeated.
    """
    left = list(hosts)
    batches: list[list[str]] = []
    while left:
        size = _number(sizes[min(len(batches), len(sizes) - 1)], len(hosts))
        batches.append(left[:size])
        left = left[size:]
    return batches


def serial_of(batches: Sequence[Sequence[str]], forks: int) -> list[int]:
    """How many hosts are run at a time, for Ansible's C(serial): no more than a batch has, and some rounds of forks."""
    most = ROUNDS * forks
    return [min(most, len(batch) - done) for batch in batches for done in range(0, len(batch), most)]


def _number(size: int | str, of: int) -> int:
    """A size as a number; a host at least, and of a fraction of a host nothing, in the arithmetic of Ansible."""
    return max(1, int(int(size.removesuffix("%")) / 100 * of)) if isinstance(size, str) else size
