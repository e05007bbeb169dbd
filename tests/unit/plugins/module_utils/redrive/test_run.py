# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each message goes through the function once, and only what it took leaves the queue. The account is moto's."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive import run as runs
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.letter import Outcome
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.run import Run, redrive, waiting
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import MEMBER, Topology
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS as ANY

OURS = Settings(**{**ANY, "account_id": "123456789012"})
REMINDER = json.dumps({"summary": {"pk": "group", "opener": "event#1"}})
Answer = Callable[[Any], dict[str, Any]]


def answered(payload: Any, **more: str) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps(payload).encode()), **more}


def alerted(_event: Any) -> dict[str, Any]:
    return answered({"messageId": "95df"})


def failed(_event: Any) -> dict[str, Any]:
    return answered({"errorType": "KeyError", "errorMessage": "no luck"}, FunctionError="Unhandled")


class Function:
    """The function behind Invoke; C(seen) is what it was invoked with."""

    def __init__(self, answer: Answer = alerted) -> None:
        self.answer = answer
        self.seen: list[Any] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, InvocationType) == ("iam-alerting", "RequestResponse")
        self.seen.append(json.loads(Payload))
        return self.answer(self.seen[-1])


class Account:
    """An account of moto's with a dead-letter queue and the function."""

    def __init__(self) -> None:
        session = boto3.Session("key-id-of-the-unit-tests", "secret-of-the-unit-tests", region_name="us-east-1")
        self.function = Function()
        self.clients = {service: session.client(service) for service in ("sqs", "dynamodb")}
        self.clients["lambda"] = self.function
        self.sqs = self.clients["sqs"]
        self.url = self.sqs.create_queue(QueueName="iam-alerting-dlq")["QueueUrl"]
        self.naps: list[float] = []

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def redrive(self, answer: Answer = alerted, clock: Callable[[], float] = lambda: 0.0) -> Run:
        self.function.answer = answer
        account = Entered(self.clients, OURS)
        return redrive(Pair(account, account), self.url, clock, self.naps.append)

    def bodies(self) -> list[str]:
        """What can be received."""
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return sorted(found)


def event(number: int) -> str:
    detail = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "eventID": f"{number:03}"}
    return json.dumps({"detail": detail})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(runs, "_WAIT_SECONDS", 0)  # moto would really wait
    with mock_aws():
        yield Account()


def outcomes(run: Run) -> list[Outcome]:
    return [result.outcome for result in run.results]


def test_what_was_alerted_leaves_the_queue(account: Account) -> None:
    account.put(*(event(number) for number in range(23)))
    run = account.redrive()
    assert outcomes(run) == [Outcome.ALERTED] * 23
    assert sorted(map(json.dumps, account.function.seen)) == [event(number) for number in range(23)]
    assert waiting(Entered(account.clients, OURS)) == runs.Waiting(account.url, 0, 0)
    assert (run.problem, run.warnings) == ("", [])


def test_what_fails_is_tried_once_and_can_be_received_at_once(account: Account) -> None:
    bodies = [event(number) for number in range(23)]
    account.put(*bodies)
    run = account.redrive(failed)
    assert {result.reason for result in run.results} == {"the function failed: KeyError: no luck"}
    assert len(account.function.seen) == 23
    assert account.bodies() == bodies


def test_one_that_fails_leaves_the_others_alone(account: Account) -> None:
    account.put(event(1), event(2), "no event")
    run = account.redrive(lambda event: (failed if event["detail"]["eventID"] == "001" else alerted)(event))
    assert sorted(outcome.value for outcome in outcomes(run)) == ["alerted", "left", "left"]
    assert account.bodies() == sorted([event(1), "no event"])
    assert len(account.function.seen) == 2


def test_a_message_that_sqs_hands_out_twice_is_sent_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HIDDEN_SECONDS", 0)
    account.put(event(1))
    assert outcomes(account.redrive(failed)) == [Outcome.LEFT]
    assert len(account.function.seen) == 1


def test_a_reminder_goes_to_the_function_while_there_is_a_table(account: Account) -> None:
    account.clients["dynamodb"].create_table(
        TableName="iam-alerting-groups",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.put(REMINDER)
    run = account.redrive(lambda _event: answered({"batchItemFailures": []}))
    assert outcomes(run) == [Outcome.REMINDED]
    (record,) = account.function.seen[0]["Records"]
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:iam-alerting-events"
    assert account.bodies() == []


def test_a_reminder_without_a_table_is_deleted_unread(account: Account) -> None:
    account.put(REMINDER)
    assert outcomes(account.redrive()) == [Outcome.VOID]
    assert account.function.seen == []
    assert account.bodies() == []


def refused(_event: Any) -> dict[str, Any]:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Invoke")


def test_a_refused_call_ends_the_run_and_all_is_still_in_the_queue(account: Account) -> None:
    bodies = [event(number) for number in range(3)]
    account.put(*bodies)
    run = account.redrive(refused)
    assert run.problem.startswith("Failed to invoke function iam-alerting: ")
    assert "AccessDeniedException" in run.problem
    assert run.results == []
    assert len(account.function.seen) == 1
    assert account.bodies() == bodies


def test_what_cannot_be_deleted_is_not_sent_a_second_time_and_ends_the_run(account: Account) -> None:
    account.put(event(1), event(2))
    held = Stubber(account.sqs)
    message = {"MessageId": "m-1", "ReceiptHandle": "r-1", "Body": event(1)}
    held.add_response("receive_message", {"Messages": [message]})
    held.add_client_error("delete_message", "AccessDenied")
    held.add_response("change_message_visibility_batch", {"Successful": [{"Id": "0"}], "Failed": []})
    with held:
        run = account.redrive()
    assert outcomes(run) == [Outcome.ALERTED]
    assert run.problem.startswith("Failed to delete iam:CreateUser 001, which is done, from queue iam-alerting-dlq")


def test_what_cannot_be_released_is_told(account: Account) -> None:
    message = {"MessageId": "m-1", "ReceiptHandle": "r-1", "Body": "no event"}
    refusals: list[tuple[str, dict[str, Any]]] = [
        ("InternalError", {"Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}], "Successful": []}),
        ("AccessDenied", {}),
    ]
    for code, answer in refusals:
        held = Stubber(account.sqs)
        held.add_response("receive_message", {"Messages": [message]})
        held.add_response("receive_message", {})
        if answer:
            held.add_response("change_message_visibility_batch", answer)
        else:
            held.add_client_error("change_message_visibility_batch", code)
        with held:
            (warning,) = account.redrive().warnings
        assert code in warning
        assert warning.endswith("The messages come back within 60 minutes.")


def test_no_message_is_begun_when_the_credentials_are_about_to_end(account: Account) -> None:
    account.put(event(1), event(2))
    times = iter([0.0, 0.0, 1.0])
    run = account.redrive(clock=lambda: next(times, 2701.0))
    assert len(run.results) == 1
    assert run.problem == "no more messages were begun after 45 minutes; redrive again"
    assert len(account.bodies()) == 1


def test_no_more_than_two_mails_a_second(account: Account) -> None:
    account.put(event(1), event(2))
    account.redrive()
    assert account.naps == [0.5, 0.5]


def test_without_a_queue_deploying_is_told(account: Account) -> None:
    account.sqs.delete_queue(QueueUrl=account.url)
    with pytest.raises(AnsibleAWSError, match="There is no queue iam-alerting-dlq. Deploy first"):
        waiting(Entered(account.clients, OURS))


def test_waiting_tells_what_others_hold(account: Account) -> None:
    account.put(event(1), event(2), event(3))
    account.sqs.receive_message(QueueUrl=account.url)
    assert waiting(Entered(account.clients, OURS)) == runs.Waiting(account.url, 2, 1)


STANDBY_ID, LOST_ID = "888888888888", "777777777777"
OF_TWO_HUBS = dataclasses.replace(OURS, topology=Topology(MEMBER, hub="999999999999", standby=STANDBY_ID))


def put_for(account: Account, hub: str, number: int) -> None:
    """A letter that EventBridge could not deliver to the queue of a hub."""
    said = {"DataType": "String", "StringValue": f"arn:aws:sqs:us-east-1:{hub}:iam-alerting-events"}
    attributes = {"TARGET_ARN": said}
    account.sqs.send_message(QueueUrl=account.url, MessageBody=event(number), MessageAttributes=attributes)


def entering(account: Account) -> tuple[Callable[[], Entered], str]:
    """How the hub that stands by is entered, and the queue that it has there."""
    url = account.sqs.create_queue(QueueName="iam-alerting-events")["QueueUrl"]
    return lambda: Entered({"sqs": account.sqs}, OURS), url


def of_two_hubs(account: Account, enter: Callable[[], Entered]) -> Run:
    pair = Pair(Entered(account.clients, OF_TWO_HUBS), Entered(account.clients, OURS), enter)
    return redrive(pair, account.url, lambda: 0.0, account.naps.append)


def test_each_letter_goes_to_the_hub_that_missed_it(account: Account) -> None:
    enter, kept = entering(account)
    for number, hub in enumerate(("999999999999", STANDBY_ID, LOST_ID)):
        put_for(account, hub, number)
    run = of_two_hubs(account, enter)
    assert sorted(outcome.value for outcome in outcomes(run)) == ["alerted", "alerted", "kept"]
    assert sorted(seen["detail"]["eventID"] for seen in account.function.seen) == ["000", "002"]
    assert [message["Body"] for message in account.sqs.receive_message(QueueUrl=kept)["Messages"]] == [event(1)]
    assert account.bodies() == []


def test_the_hub_that_stands_by_is_entered_only_for_its_letters(account: Account) -> None:
    put_for(account, "999999999999", 1)

    def refuse() -> Entered:
        raise AssertionError("entered")

    assert outcomes(of_two_hubs(account, refuse)) == [Outcome.ALERTED]


def test_a_hub_that_is_lost_keeps_back_its_own_letters_alone_and_is_tried_once(account: Account) -> None:
    tried = []

    def lost() -> Entered:
        tried.append(1)
        raise AccountError("The account 888888888888 cannot be entered")

    for number, hub in enumerate((STANDBY_ID, STANDBY_ID, "999999999999")):
        put_for(account, hub, number)
    run = of_two_hubs(account, lost)
    assert sorted(outcome.value for outcome in outcomes(run)) == ["alerted", "left", "left"]
    assert {result.reason for result in run.results} == {"", "The account 888888888888 cannot be entered"}
    assert account.bodies() == [event(0), event(1)]
    assert len(tried) == 1
