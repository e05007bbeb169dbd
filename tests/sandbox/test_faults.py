"""Faults on order: they hit one account, at the call they were ordered for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.sandbox.small_pipeline import Account


def code_of(call, **params):
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


def test_break_after_the_second_write(account, sandbox):
    iam = account.client("iam")
    sandbox.fault(account.id, break_after_write=2)
    iam.list_users()
    iam.create_user(UserName="one")
    assert code_of(iam.create_user, UserName="two") == ("ExpiredToken", 403)
    assert code_of(iam.list_users) == ("ExpiredToken", 403)
    assert code_of(account.client("events").list_rules) == ("ExpiredTokenException", 403)
    with pytest.raises(ClientError, match="ExpiredToken"):
        Account(sandbox, account.id).client("iam").list_users()
    sandbox.clear_faults(account.id)
    assert sorted(user["UserName"] for user in iam.list_users()["Users"]) == ["one", "two"]


def test_break_counts_writes_since(account, sandbox):
    iam = account.client("iam")
    iam.create_user(UserName="one")
    sandbox.fault(account.id, break_after_write=2, since=sandbox.calls(account.id)[0]["eventTime"])
    assert code_of(iam.create_user, UserName="two") == ("ExpiredToken", 403)


def test_break_among_concurrent_writes_executes_exactly_so_many(account, sandbox):
    iam = account.client("iam")
    sandbox.fault(account.id, break_after_write=5)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: code_of(iam.create_user, UserName=f"user{number}"), range(12)))
    assert answers.count(None) == 4
    sandbox.clear_faults()
    assert len(iam.list_users()["Users"]) == 5


def test_other_accounts_are_not_disturbed(account, sandbox):
    other = Account(sandbox, str(int(account.id) + 5000))
    sandbox.add_accounts(other.id)
    sandbox.fault(other.id, break_after_write=0)
    account.client("iam").create_user(UserName="alice")
    with pytest.raises(ClientError, match="ExpiredToken"):
        other.client("iam").list_users()


def test_plain_error_so_many_times(account, sandbox):
    events, iam = account.client("events"), account.client("iam")
    sandbox.fault(account.id, service="events", operation="ListRules", error="AccessDeniedException", times=1)
    assert code_of(events.list_rules) == ("AccessDeniedException", 400)
    assert code_of(events.list_rules) is None
    assert code_of(iam.list_users) is None
    assert [call["errorCode"] for call in sandbox.calls(account.id) if "errorCode" in call] == ["AccessDeniedException"]


THROTTLED = {
    "iam": ("ListUsers", ("Throttling", 400)),
    "s3": ("ListBuckets", ("SlowDown", 503)),
    "lambda": ("ListFunctions", ("TooManyRequestsException", 429)),
    "events": ("ListRules", ("ThrottlingException", 400)),
    "sqs": ("ListQueues", ("RequestThrottled", 400)),
    "sns": ("ListTopics", ("Throttling", 400)),
    "dynamodb": ("ListTables", ("ThrottlingException", 400)),
}


def test_a_call_with_a_throttling_of_its_own_is_answered_by_that(account, sandbox):
    call = account.client("sns").get_sms_attributes
    sandbox.fault(account.id, kind="throttle", times=1)
    assert code_of(call) == ("Throttled", 429)


@pytest.mark.parametrize("service", THROTTLED)
def test_services_throttle_each_in_its_way(account, sandbox, service):
    operation, answer = THROTTLED[service]
    call = getattr(account.client(service), xform_name(operation))
    sandbox.fault(account.id, kind="throttle", times=1)
    assert code_of(call) == answer
    assert code_of(call) is None


def test_the_third_call_fails_once_and_its_repetition_does_not(account, sandbox):
    patient = account.client("iam", retries={"total_max_attempts": 3})
    sandbox.fault(account.id, kind="internal", skip=2, times=1)
    for name in ("one", "two", "three", "four"):
        assert patient.create_user(UserName=name)["ResponseMetadata"]["RetryAttempts"] == (name == "three")
    assert [call["errorCode"] for call in sandbox.calls(account.id) if "errorCode" in call] == [
        "ServiceFailureException"
    ]
    assert sandbox.faults(account.id)[0]["used"] == 1


def test_calls_are_counted_with_the_one_that_enters_the_account(account, sandbox):
    sandbox.fault(account.id, kind="denied", skip=1, times=1)
    assert code_of(account.client("iam").list_users) == ("AccessDenied", 403)


@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(("kind", "error"), [("reset", ConnectionClosedError), ("timeout", ReadTimeoutError)])
def test_an_answer_is_lost_with_or_without_the_call(account, sandbox, kind, error, executed):
    iam = account.client("iam", read_timeout=1)
    sandbox.fault(account.id, kind=kind, executed=executed, operation="CreateUser", times=1)
    with pytest.raises(error):
        iam.create_user(UserName="one")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == (["one"] if executed else [])


def test_an_order_that_makes_no_sense_is_refused(account, sandbox):
    with pytest.raises(ValueError, match="one of the kinds throttle, internal, denied, reset, timeout"):
        sandbox.fault(account.id, kind="flood")
