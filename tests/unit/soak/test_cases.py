"""Which call is failed in which way."""

from __future__ import annotations

from soak.cases import KILLED_EVERY, KINDS, LOST_BY, PER_ACCOUNT, TRANSIENT, Call, Case, by_account, calls_of, cases_of


def record(name: str, source: str = "iam", *, read: bool = False) -> dict[str, object]:
    return {"eventSource": f"{source}.amazonaws.com", "eventName": name, "readOnly": read}


RECORDS = [record("GetRole", read=True), record("CreateRole"), record("GetRole", read=True), record("PutRolePolicy")]
READ, CREATE, READ_AGAIN, PUT = CALLS = calls_of(RECORDS)


def test_calls_are_told_apart_by_how_many_of_their_operation_came_before() -> None:
    assert Call("iam", "GetRole", 0, False) == READ
    assert Call("iam", "GetRole", 1, False) == READ_AGAIN
    assert Call("iam", "PutRolePolicy", 0, True) == PUT
    assert str(READ_AGAIN) == "iam:GetRole 2"


def test_operations_are_found_in_error_messages_by_their_name_in_the_api() -> None:
    names = {name: Call("any", name, 0, True).api_name for name in ("CreateFunction20150331", "GetPolicy20150331v2")}
    assert names == {"CreateFunction20150331": "CreateFunction", "GetPolicy20150331v2": "GetPolicy"}
    assert Call("s3", "PutBucketPublicAccessBlock", 0, True).api_name == "PutPublicAccessBlock"


def test_each_call_fails_in_each_transient_way() -> None:
    for kind in (*TRANSIENT, "denied"):
        cases = cases_of(kind, CALLS)
        assert [case.call for case in cases] == CALLS
        assert {(case.kind, case.way) for case in cases} == {(kind, kind)}
        assert not any(case.order["executed"] for case in cases)


def test_answers_are_lost_of_writes_only_and_in_all_ways_in_turn() -> None:
    writes = [Call("iam", "PutRolePolicy", number, True) for number in range(2 * len(LOST_BY))]
    cases = cases_of("lost", [READ, *writes])
    assert [case.call for case in cases] == writes
    assert [case.way for case in cases] == [*LOST_BY, *LOST_BY]
    assert all(case.order["executed"] for case in cases)


def test_a_run_is_killed_after_some_of_the_writes_while_it_waits_for_the_answer() -> None:
    writes = [Call("iam", "PutRolePolicy", number, True) for number in range(2 * KILLED_EVERY)]
    cases = cases_of("killed", writes)
    assert [case.call.skip for case in cases] == [0, KILLED_EVERY]
    assert all(case.waits and case.order["executed"] for case in cases)


def test_the_order_fails_that_call_once() -> None:
    order = Case(READ_AGAIN, "throttle", "throttle").order
    assert order == {
        "service": "iam",
        "operation": "GetRole",
        "skip": 1,
        "times": 1,
        "kind": "throttle",
        "executed": False,
    }


def test_every_case_has_a_place_in_exactly_one_account_and_few_share_one() -> None:
    many = [Call("iam", "GetRole", number, True) for number in range(100)]
    for kind in KINDS:
        cases = cases_of(kind, many)
        accounts = by_account(cases)
        assert sorted(case.call.skip for account in accounts for case in account) == [case.call.skip for case in cases]
        assert max(map(len, accounts)) <= PER_ACCOUNT.get(kind, 1)
    assert by_account([]) == []
