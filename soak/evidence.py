"""Collects what tells of each event: mails, the table of groups, the function's log, the queues."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sandbox.client import Sandbox
from soak.ledger import Evidence
from tests.integration.live import Account

NAME = "iam-alerting"
_EVENT = re.compile(r"^Event +(\S+)$", re.MULTILINE)
_MORE = re.compile(r"[A-Z]+ (?:[A-Z]+ )?(\d+) more ")
_COUNTS = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]


def address(account: Account) -> str:
    return f"{account.id}@example.com"


def offered(sandbox: Sandbox, account: Account, actions: tuple[str, ...]) -> list[str]:
    """The ids of the events that are to be told of."""
    return [call["eventID"] for call in sandbox.calls(account.id, writes=True) if call["eventName"] in actions]


def collect(sandbox: Sandbox, account: Account, events: list[str], letters: list[str]) -> Evidence:
    """All that there is of the events of an account, after the storm."""
    mailed, told, times = _mails(sandbox, account)
    return Evidence(
        events, mailed, _grouped(account), told, _logged(account), letters, waiting(account), times, _suspended(account)
    )


def _mails(sandbox: Sandbox, account: Account) -> tuple[list[str], Counter[str], list[float]]:
    mailed: list[str] = []
    told: Counter[str] = Counter()
    for mail in sandbox.mails(address(account)):
        (event,) = _EVENT.findall(mail.get_content())
        summary = _MORE.match(mail["Subject"])
        if summary:
            told[event] += int(summary[1])
        else:
            mailed.append(event)
    folder = sandbox.state / "mail" / address(account)
    return mailed, told, [path.stat().st_mtime for path in folder.glob("*-notification.eml")]


def _grouped(account: Account) -> dict[str, str]:
    dynamodb = account.client("dynamodb")
    if not dynamodb.list_tables()["TableNames"]:
        return {}
    pages = dynamodb.get_paginator("scan").paginate(TableName=f"{NAME}-groups")
    items = [item for page in pages for item in page["Items"] if item["sk"]["S"].startswith("event#")]
    return {_id(item["sk"]): _id(item["opener"]) for item in items if item.get("opener", {}).get("S")}


def _id(key: dict[str, str]) -> str:
    return key["S"].rpartition("#")[2]


def _logged(account: Account) -> dict[str, list[str]]:
    found = defaultdict(list)
    pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{NAME}")
    for page in pages:
        for line in page["events"]:
            entry = _entry(line["message"])
            if "eventID" in entry:
                found[entry["eventID"]].append(_fate(entry))
    return dict(found)


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _fate(entry: dict[str, Any]) -> str:
    if "suppressedBy" in entry:
        return "suppressed"
    return entry.get("disposition") or ("mailed" if entry.get("messageId") else "failed")


def _suspended(account: Account) -> bool:
    topic = f"arn:aws:sns:us-east-1:{account.id}:{NAME}"
    (subscription,) = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return not subscription["SubscriptionArn"].startswith("arn:")


def waiting(account: Account) -> int:
    """How many messages are in the queues of the account, in whatever state."""
    sqs = account.client("sqs")
    return sum(_number(sqs, url) for url in sqs.list_queues().get("QueueUrls", []))


def events_waiting(account: Account) -> int:
    """How many messages the function has yet to deal with."""
    sqs = account.client("sqs")
    urls = sqs.list_queues(QueueNamePrefix=f"{NAME}-events").get("QueueUrls", [])
    return sum(_number(sqs, url) for url in urls)


def has_failed(account: Account) -> bool:
    """Whether an event is a dead letter, or the function's log tells of an error."""
    logs = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{NAME}")["events"]
    return any("Error" in line["message"] for line in logs) or _dead(account) > 0


def told(sandbox: Sandbox, account: Account) -> int:
    """How many mails and dead letters there are so far."""
    return len(sandbox.mails(address(account))) + _dead(account)


def _dead(account: Account) -> int:
    sqs = account.client("sqs")
    return _number(sqs, sqs.get_queue_url(QueueName=f"{NAME}-dlq")["QueueUrl"])


def _number(sqs: Any, url: str) -> int:
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"].values()))


def dead_letters(account: Account) -> list[str]:
    """The ids of the events in the dead-letter queue, which all stay there."""
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAME}-dlq")["QueueUrl"]
    messages = list(_received(sqs, url))
    for message in messages:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return [json.loads(message["Body"])["detail"]["eventID"] for message in messages]


def _received(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        yield from messages
