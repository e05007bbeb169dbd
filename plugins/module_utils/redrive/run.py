# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the messages of the dead-letter queue through the function, each once."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import queue as sqs_queue
from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive import letter as letters
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.letter import Kind, Letter, Outcome, Result
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair

# No further message is begun after so long; the credentials of an assumed role end after an hour.
LONGEST_SECONDS = 45 * 60
# Longer than a run, so that none of its messages comes twice; so long they stay hidden if it is killed.
HIDDEN_SECONDS = 60 * 60
# The function mails 8 alerts a second at most while it groups them, and SNS suspends who gets more than 10.
INTERVAL_SECONDS = 0.5

_BATCH = 10  # Amazon SQS API Reference, "ReceiveMessage"
# To wait at all makes SQS ask all of its servers, so that "none" means none.
_WAIT_SECONDS = 1


@dataclass(frozen=True)
class Waiting:
    """The queue before a run: how many messages can be received, and how many somebody else has just received.

    Both are SQS's approximations.
    """

    url: str
    visible: int
    hidden: int


@dataclass
class Run:
    """What came of a run so far; C(problem) is what ended it early, C(warnings) what could not be tidied up."""

    results: list[Result] = field(default_factory=list)
    problem: str = ""
    warnings: list[str] = field(default_factory=list)


def waiting(source: Entered) -> Waiting:
    """The dead-letter queue as it is.

    Raises:
        AnsibleAWSError: there is none, or it cannot be read.
    """
    name = names.queue_name(source.settings)
    live = sqs_queue.describe(source.clients["sqs"], {"QueueName": name})
    if live is None:
        raise AnsibleAWSError(message=f"There is no queue {name}. Deploy first")
    visible, hidden, _delayed = (live.get(count, 0) for count in sqs_queue.COUNTS)
    return Waiting(live["QueueUrl"], visible, hidden)


def redrive(
    pair: Pair,
    url: str,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """Send each message of the queue through the function. What it took is deleted, the rest can be received again.

    What only a hub that stands by has missed comes into its queue: of that, the other hub has told.

    A call that AWS refuses ends the run, as it would be refused for the next message, too.

    Args:
        pair: the account of the queue, that of the function, which for a member is the hub's, and who stands by.
        url: of the queue.
    """
    settings = pair.source.settings
    held, run = Held(pair.source.clients["sqs"], names.queue_name(settings), url), Run()
    function, standby = Function(pair.alerting), Standby(pair)
    ends = clock() + LONGEST_SECONDS
    try:
        for message in held.messages():
            began = clock()
            if began >= ends:
                run.problem = f"no more messages were begun after {LONGEST_SECONDS // 60} minutes; redrive again"
                break
            letter = letters.read(message, names.event_queue_arn(settings))
            run.results.append((standby if standby.has_missed(letter) else function).take(letter))
            if run.results[-1].outcome is not Outcome.LEFT:
                held.delete(run.results[-1].letter)
            sleep(max(0.0, began + INTERVAL_SECONDS - clock()))
    except AnsibleAWSError as error:
        run.problem = str(error)
    finally:
        run.warnings += held.release()
    return run


class Held:
    """The messages that a run has received and not deleted: nobody else sees them until they are released."""

    def __init__(self, sqs: Any, name: str, url: str) -> None:
        self._sqs, self._name, self._url = sqs, name, url
        self._receipts: dict[str, str] = {}
        self._seen: set[str] = set()

    def messages(self) -> Iterator[Document]:
        """Each message of the queue once, until nothing new comes."""
        while fresh := [message for message in self._receive() if message["MessageId"] not in self._seen]:
            self._seen |= {message["MessageId"] for message in fresh}
            yield from fresh

    def _receive(self) -> list[Document]:
        answer = call(
            f"receive messages from queue {self._name}",
            self._sqs.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageAttributeNames=[letters.TARGET],
        )
        messages: list[Document] = answer.get("Messages", [])
        self._receipts |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        return messages

    def delete(self, letter: Letter) -> None:
        """Take a message that is done out of the queue."""
        call(
            f"delete {letter.title}, which is done, from queue {self._name}",
            self._sqs.delete_message,
            QueueUrl=self._url,
            ReceiptHandle=self._receipts[letter.message_id],
        )
        del self._receipts[letter.message_id]

    def release(self) -> list[str]:
        """Let the messages be received again at once; answers what failed."""
        receipts = list(self._receipts.values())
        failed = [self._shown(receipts[first : first + _BATCH]) for first in range(0, len(receipts), _BATCH)]
        minutes = HIDDEN_SECONDS // 60
        return [f"{problem}. The messages come back within {minutes} minutes." for problem in failed if problem]

    def _shown(self, receipts: list[str]) -> str:
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
            for number, receipt in enumerate(receipts)
        ]
        try:
            answer = call(
                f"release messages of queue {self._name}",
                self._sqs.change_message_visibility_batch,
                QueueUrl=self._url,
                Entries=entries,
            )
        except AnsibleAWSError as error:
            return str(error)
        codes = sorted({entry["Code"] for entry in answer.get("Failed", [])})
        return f"Failed to release messages of queue {self._name}: {', '.join(codes)}" if codes else ""


class Standby:
    """The hub that stands by, if there is one: it tells of nothing, and keeps in its queue what it would tell of."""

    def __init__(self, pair: Pair) -> None:
        self._account_id, self._enter = pair.source.settings.standby_hub, pair.enter_standby

    def has_missed(self, letter: Letter) -> bool:
        """Whether it is this hub that the letter was for."""
        return bool(letter.account_id) and letter.account_id == self._account_id

    def take(self, letter: Letter) -> Result:
        """What comes of a letter. It is left if the hub cannot be entered, which may be lost."""
        if isinstance(self._entered, str):
            return letters.left(letter, self._entered)
        sqs, name = self._entered.clients["sqs"], names.event_queue_name(self._entered.settings)
        url = call(f"find queue {name}", sqs.get_queue_url, QueueName=name)["QueueUrl"]
        call(f"send {letter.title} to queue {name}", sqs.send_message, QueueUrl=url, MessageBody=letter.payload)
        return letters.kept(letter)

    @functools.cached_property
    def _entered(self) -> Entered | str:
        """The account, or why it cannot be entered."""
        try:
            return self._enter() if self._enter else "it is not known how to enter the hub that stands by"
        except AccountError as error:
            return str(error)


class Function:
    """The function of an account, invoked so that its answer is known."""

    def __init__(self, alerting: Entered) -> None:
        self._lambda, self._dynamodb = alerting.clients["lambda"], alerting.clients["dynamodb"]
        self._name, self._table = alerting.settings.name, names.table_name(alerting.settings)

    def take(self, letter: Letter) -> Result:
        """What comes of a message.

        Raises:
            AnsibleAWSError: AWS refused the call, so that the function has not run.
        """
        if letter.kind is Kind.UNREADABLE:
            return letters.unreadable(letter)
        if letter.kind is Kind.HEARTBEAT:
            return letters.over(letter)
        if letter.kind is Kind.REMINDER and not self._groups:
            return letters.void(letter)
        answer = call(
            f"invoke function {self._name}",
            self._lambda.invoke,
            FunctionName=self._name,
            InvocationType="RequestResponse",
            Payload=letter.payload.encode(),
        )
        payload = answer["Payload"].read().decode(errors="replace")
        return letters.judged(letter, payload, answer.get("FunctionError", ""))

    @functools.cached_property
    def _groups(self) -> bool:
        """Whether there are windows that a reminder could be about: they are in the table."""
        try:
            call(f"look for table {self._table}", self._dynamodb.describe_table, TableName=self._table)
        except is_ansible_aws_error_code("ResourceNotFoundException"):
            return False
        return True
