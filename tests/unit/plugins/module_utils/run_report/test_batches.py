# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the hosts of a run are divided."""

from __future__ import annotations

import pytest
from ansible.utils.helpers import pct_to_int
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.batches import ROUNDS, batches_of, serial_of

HOSTS = ["a", "b", "c", "d", "e", "f", "g"]
SIZES = some.lists(
    some.one_of(some.integers(1, 50), some.integers(1, 100).map(lambda size: f"{size}%")), min_size=1, max_size=4
)


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        (["100%"], ["abcdefg"]),
        ([1, "50%", "100%"], ["a", "bcd", "efg"]),
        ([3], ["abc", "def", "g"]),
        (["29%"], ["ab", "cd", "ef", "g"]),
        (["1%"], ["a", "b", "c", "d", "e", "f", "g"]),
    ],
)
def test_the_last_size_is_repeated(sizes: list[int | str], batches: list[str]) -> None:
    assert ["".join(batch) for batch in batches_of(HOSTS, sizes)] == batches


def test_a_percentage_is_rounded_as_ansible_does() -> None:
    assert len(batches_of([str(host) for host in range(100)], ["29%"])[0]) == pct_to_int("29%", 100) == 28


def test_no_hosts_are_no_batches() -> None:
    assert batches_of([], ["100%"]) == []


@given(number=some.integers(1, 300), sizes=SIZES)
def test_batches_are_those_of_ansible(number: int, sizes: list[int | str]) -> None:
    batches = batches_of([str(host) for host in range(number)], sizes)
    assert [host for batch in batches for host in batch] == [str(host) for host in range(number)]
    expected = [pct_to_int(size, number) for size in [*sizes, *[sizes[-1]] * number]][: len(batches)]
    assert [len(batch) for batch in batches[:-1]] == expected[:-1]
    assert 0 < len(batches[-1]) <= expected[-1]


@given(number=some.integers(1, 300), sizes=SIZES, forks=some.integers(1, 10))
def test_the_parts_of_a_batch_end_where_it_does(number: int, sizes: list[int | str], forks: int) -> None:
    batches = batches_of([str(host) for host in range(number)], sizes)
    parts = serial_of(batches, forks)
    assert sum(parts) == number
    assert max(parts) <= ROUNDS * forks
    ends = {sum(parts[: count + 1]) for count in range(len(parts))}
    assert {sum(map(len, batches[: count + 1])) for count in range(len(batches))} <= ends


def test_some_rounds_of_the_forks_are_run_at_a_time() -> None:
    assert serial_of([["canary"], HOSTS * 100], forks=10) == [1, 200, 200, 200, 100]
