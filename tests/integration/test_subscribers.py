"""Each kind of subscriber gets what it can read: people the mail, programs the finding, a chat its notification."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account
from tests.webhook import Webhook

ADDRESS = "subscribers@example.com"
TRUSTED = "999999999999"


def until(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 20
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


class Subscribers:
    """An account with a subscriber of each kind that the sandbox delivers to; each alert is looked at by all."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, account: Account, plain: Webhook, secure: Webhook
    ) -> None:
        self.sandbox, self.playbooks, self.account, self.plain, self.secure = sandbox, playbooks, account, plain, secure
        self.queue_url = self._queue()

    def _queue(self) -> str:
        arn = f"arn:aws:sqs:us-east-1:{self.account.id}:siem"
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]})
        return str(self.account.client("sqs").create_queue(QueueName="siem", Attributes={"Policy": policy})["QueueUrl"])

    def deploy(self, **variables: Any) -> None:
        subscribers = [
            ADDRESS,
            {
                "protocol": "sqs",
                "endpoint": f"arn:aws:sqs:us-east-1:{self.account.id}:siem",
                "raw_message_delivery": True,
            },
            {"protocol": "http", "endpoint": self.plain.url},
            {"protocol": "https", "endpoint": self.secure.url},
        ]
        host = {"account_id": self.account.id, "iam_alerting_subscribers": subscribers, **variables}
        run = self.playbooks.run("deploy", {"subscribers": host})
        assert run.status == 0, run.output
        self.sandbox.confirm(ADDRESS)
        topic = {"TopicArn": f"arn:aws:sns:us-east-1:{self.account.id}:iam-alerting"}
        sns = self.account.client("sns")
        until(
            lambda: sns.get_topic_attributes(**topic)["Attributes"]["SubscriptionsConfirmed"] == "4",
            "not all subscribers have confirmed",
        )

    def received(self, call: str) -> Mapping[str, str]:
        """What the alert of a call brings to each of them, as text. There are others, of what deploying changes."""
        mail = until(lambda: self._mail(call), f"no mail of {call}")
        message = until(lambda: self._message(call), f"no message of {call} on the queue")
        posted = [
            until(functools.partial(self._posted, hook, call), f"nothing of {call} was posted to {hook.url}")
            for hook in (self.plain, self.secure)
        ]
        return {"email": mail, "sqs": message, "http": posted[0], "https": posted[1]}

    def _mail(self, call: str) -> str:
        mails = [mail for mail in self.sandbox.mails(ADDRESS) if call in mail["Subject"]]
        return str(mails[0].get_content()) if mails else ""

    def _message(self, call: str) -> str:
        sqs = self.account.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue_url).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            if call in message["Body"]:
                return str(message["Body"])
        return ""

    def _posted(self, hook: Webhook, call: str) -> str:
        messages = [json.loads(body)["Message"] for body in hook.notifications]
        return next((str(message) for message in messages if call in message), "")


@pytest.fixture(scope="module")
def subscribers(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Subscribers]:
    with Webhook() as plain, Webhook(tmp_path_factory.mktemp("certificate")) as secure:
        yield Subscribers(sandbox, playbooks, open_account(), plain, secure)


def test_programs_get_the_finding_and_people_the_mail(subscribers: Subscribers) -> None:
    subscribers.deploy(iam_alerting_time_zone="Asia/Tokyo")
    subscribers.account.client("iam").create_user(UserName="mallory")
    received = subscribers.received("CreateUser")
    assert "called iam:CreateUser on user mallory" in " ".join(received["email"].split())
    assert " in Asia/Tokyo)" in received["email"]
    finding = json.loads(received["sqs"])
    assert (finding["class_name"], finding["severity"]) == ("Detection Finding", "Critical")
    assert finding["api"]["operation"] == "CreateUser"
    assert finding["cloud"]["account"] == {
        "uid": subscribers.account.id,
        "name": "subscribers",
        "type_id": 10,
        "type": "AWS Account",
    }
    assert received["http"] == received["https"] == received["sqs"]


def test_chat_gets_its_notification_and_trusted_accounts_are_known(subscribers: Subscribers) -> None:
    subscribers.deploy(iam_alerting_https_format="amazon-q", iam_alerting_trusted_accounts=[TRUSTED])
    statement = {"Effect": "Allow", "Principal": {"AWS": TRUSTED}, "Action": "sts:AssumeRole"}
    subscribers.account.client("iam").update_assume_role_policy(
        RoleName="OrganizationAccountAccessRole",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    received = subscribers.received("UpdateAssumeRolePolicy")
    reason = f"Account {TRUSTED}, one of your trusted accounts, may become the role."
    assert f"HIGH: {reason}" in received["email"]
    assert " in Asia/Tokyo)" not in received["email"]
    for protocol in ("sqs", "http"):
        assert json.loads(received[protocol])["finding_info"]["desc"] == reason
    notification = json.loads(received["https"])
    assert (notification["version"], notification["source"]) == ("1.0", "custom")
    assert notification["content"]["title"].startswith("HIGH iam:UpdateAssumeRolePolicy by ")
    assert notification["metadata"]["eventType"] == "trust-in-trusted-account"


class Filtered:
    """An account with two mail subscribers, one of them with filters."""

    everything, some = "everything@example.com", "some@example.com"

    def __init__(self, playbooks: Playbooks, account: Account) -> None:
        self.playbooks, self.account, self.sns = playbooks, account, account.client("sns")
        playbooks.begun({"filtered": {"account_id": account.id}})

    def deploy(self, *options: str, **filters: Any) -> Run:
        variables = {
            "account_id": self.account.id,
            "iam_alerting_actions": ["iam:CreateGroup", "iam:CreateUser"],
            "iam_alerting_subscribers": [self.everything, {"endpoint": self.some, **filters}],
        }
        run = self.playbooks.run("deploy", {"filtered": variables}, *options)
        assert run.status == 0, run.output
        return run

    @property
    def subscription(self) -> str:
        topic = f"arn:aws:sns:us-east-1:{self.account.id}:iam-alerting"
        listed = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        return next(str(each["SubscriptionArn"]) for each in listed if each["Endpoint"] == self.some)

    @property
    def policy(self) -> dict[str, Any]:
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=self.subscription)["Attributes"]
        return dict(json.loads(attributes.get("FilterPolicy") or "{}"))

    @policy.setter
    def policy(self, policy: dict[str, Any]) -> None:
        self.sns.set_subscription_attributes(
            SubscriptionArn=self.subscription, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )


@pytest.fixture(scope="module")
def filtered(playbooks: Playbooks, open_account: Callable[[], Account]) -> Filtered:
    return Filtered(playbooks, open_account())


def test_minimum_severity_keeps_back_what_is_less(filtered: Filtered, sandbox: Sandbox) -> None:
    filtered.deploy(minimum_severity="critical")
    for address in (filtered.everything, filtered.some):
        sandbox.confirm(address)
    iam = filtered.account.client("iam")
    iam.create_group(GroupName="quiet")
    iam.create_user(UserName="mallory")
    subjects = [mail["Subject"] for mail in sandbox.wait_for_mails(filtered.everything, 2)]
    assert sorted(subject.split(" by ")[0] for subject in subjects) == [
        "CRITICAL iam:CreateUser",
        "MEDIUM iam:CreateGroup",
    ]
    (mail,) = sandbox.wait_for_mails(filtered.some)
    assert mail["Subject"].startswith("CRITICAL iam:CreateUser by ")


def test_another_minimum_severity_is_a_change_and_another_order_of_values_is_none(filtered: Filtered) -> None:
    run = filtered.deploy("--check", "--diff", minimum_severity="high")
    assert run.outcome("filtered") == "would change: topic"
    assert "--- before: topic Subscriptions (live)" in run.output
    assert re.search(r'^\+ +"high"$', run.output, re.MULTILINE)
    assert filtered.policy == {"severity": ["critical"]}
    filtered.policy = {"severity": ["high", "critical"]}
    assert filtered.deploy("--check", minimum_severity="high").outcome("filtered") == "in sync"


def test_a_filter_that_is_asked_for_no_more_is_removed(filtered: Filtered) -> None:
    assert filtered.policy
    assert filtered.deploy().outcome("filtered") == "changed: topic"
    assert filtered.policy == {}


def test_a_filter_that_leaves_nobody_to_tell_is_warned_of(filtered: Filtered) -> None:
    variables = {
        "account_id": filtered.account.id,
        "iam_alerting_subscribers": [{"endpoint": filtered.some, "outcomes": ["denied"]}],
    }
    run = filtered.playbooks.run("deploy", {"filtered": variables}, "--check")
    assert "Nobody gets the critical alerts of iam:CreateUser" in " ".join(run.output.split())
