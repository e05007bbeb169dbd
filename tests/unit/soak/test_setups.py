"""The accounts of the storm."""

from __future__ import annotations

from collections import Counter

import pytest

from soak.setups import ACTIONS, SETUPS, SPACED_EVENTS, Setup, setups, shares


def test_most_accounts_group_and_every_way_is_there() -> None:
    chosen = setups(20)
    names = Counter(setup.name for setup in chosen)
    assert names.keys() == {setup.name for setup in SETUPS}
    assert names["grouped"] == 10


@pytest.mark.parametrize(("accounts", "events"), [(20, 5000), (10, 500), (10, 37), (3, 3)])
def test_all_events_are_shared_out_and_few_go_where_nothing_holds_mails_back(accounts: int, events: int) -> None:
    chosen = setups(accounts)
    numbers = shares(chosen, events)
    assert sum(numbers) == events
    assert all(number <= SPACED_EVENTS for setup, number in zip(chosen, numbers, strict=True) if setup.spaced)


@pytest.mark.parametrize(
    ("closed", "touching"), [("", []), ("topic", ["PutRolePolicy"]), ("queue", ["SetQueueAttributes"])]
)
def test_what_closes_something_and_opens_it_is_to_be_told_of_too(closed: str, touching: list[str]) -> None:
    setup = Setup("some", closed=closed)
    assert setup.told_of == (*ACTIONS, *touching)
    assert setup.touches == 2 * len(touching)
