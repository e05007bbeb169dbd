"""An intruder at the alerting itself, and the heartbeat that shows that it is alive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.hands import ANY, LOGS, NAME, alarms, arn, bucket, lambda_, mapping, queue, role, s3, topic
from tests.integration.live import Account, resources
from tests.integration.specification_options import heartbeat_rule

SPARE = "spare@example.com"
MINUTES = 15
NOTHING_IS_TOLD = {
    "name": "intruder",
    "match": {"role": "OrganizationAccountAccessRole"},
    "reason": "what an intruder would write",
    "owner": "qa@example.com",
    "expires": "9999-12-31",
}
ACCOUNTS: dict[str, dict[str, Any]] = {
    "plain": {
        "iam_alerting_actions": ["iam:CreateUser"],
        "iam_alerting_suppressions": [NOTHING_IS_TOLD],
        "iam_alerting_heartbeat_minutes": MINUTES,
    },
    "grouped": {
        "iam_alerting_actions": ["iam:CreateUser"],
        "iam_alerting_group_seconds": 60,
        "iam_alerting_heartbeat_minutes": MINUTES,
    },
    "listed": {"iam_alerting_actions": ["events:DisableRule", "sqs:Set*"]},
}


def unsubscribe(account: Account) -> None:
    sns = account.client("sns")
    listed = sns.list_subscriptions_by_topic(TopicArn=arn(account, "sns", NAME))["Subscriptions"]
    (spare,) = [each["SubscriptionArn"] for each in listed if each["Endpoint"] == SPARE]
    sns.unsubscribe(SubscriptionArn=spare)


def events(operation: str, **arguments: Any) -> Callable[[Account], Any]:
    return lambda account: getattr(account.client("events"), operation)(**arguments)


def logs(operation: str, **arguments: Any) -> Callable[[Account], Any]:
    return lambda account: getattr(account.client("logs"), operation)(logGroupName=LOGS, **arguments)


def function_by_its_arn(account: Account) -> None:
    name = arn(account, "lambda", f"function:{NAME}")
    account.client("lambda").update_function_configuration(FunctionName=name, Description="mine")


def policy_of_bucket(account: Account) -> None:
    policy = account.client("s3").get_bucket_policy(Bucket=bucket(account))["Policy"]
    s3("put_bucket_policy", Policy=policy)(account)


# What an intruder does, the action as the mail's subject has it, and the part that the mail has to name.
TAMPERING: tuple[tuple[Callable[[Account], Any], str, str], ...] = (
    (events("disable_rule", Name=NAME), "events:DisableRule", f"rule {NAME}"),
    (events("remove_targets", Rule=NAME, Ids=["function"]), "events:RemoveTargets", f"rule {NAME}"),
    (function_by_its_arn, "lambda:UpdateFunctionConfigu...", f"function {NAME}"),
    (
        # Enough for all of them at once: what is throttled comes, but whenever it can.
        lambda_("put_function_concurrency", ReservedConcurrentExecutions=100),
        "lambda:PutFunctionConcurrency",
        f"function {NAME}",
    ),
    (topic("DisplayName", "nobody"), "sns:SetTopicAttributes", f"topic {NAME}"),
    (unsubscribe, "sns:Unsubscribe", "subscription"),
    (policy_of_bucket, "s3:PutBucketPolicy", "bucket"),
    (queue(VisibilityTimeout="43200"), "sqs:SetQueueAttributes", f"queue {NAME}-dlq"),
    (role("put_role_policy", PolicyName="more", PolicyDocument=ANY), "iam:PutRolePolicy", f"role {NAME}-function"),
    (
        alarms("disable_alarm_actions", "dead-letters", "unheard"),
        "monitoring:DisableAlarmActions",
        "alarm dead-letters",
    ),
    (logs("put_retention_policy", retentionInDays=1), "logs:PutRetentionPolicy", f"log group {NAME}"),
)


def what_belongs_to_others(account: Account) -> None:
    """Calls as above, on what only has a name like ours."""
    other = f"{NAME}-of-another-team"
    events("put_rule", Name=other, EventPattern='{"source": ["aws.ec2"]}')(account)
    events("disable_rule", Name=other)(account)
    sns, sqs = account.client("sns"), account.client("sqs")
    sns.delete_topic(TopicArn=sns.create_topic(Name=other)["TopicArn"])
    sqs.delete_queue(QueueUrl=sqs.create_queue(QueueName=f"{NAME}-dlq-old")["QueueUrl"])
    account.client("cloudwatch").delete_alarms(AlarmNames=[f"{NAME}-unheard"])
    # Of ours, but tampering neither.
    sns.tag_resource(ResourceArn=arn(account, "sns", NAME), Tags=[{"Key": "cost", "Value": "1"}])


class Watched:
    """The accounts, deployed in one run."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox = sandbox
        self.playbooks = playbooks
        self.accounts = {name: open_account() for name in ACCOUNTS}
        hosts = {name: self.host(name) for name in ACCOUNTS}
        playbooks.begun(hosts)
        self.first = playbooks.run("deploy", hosts)
        for name in ACCOUNTS:
            sandbox.confirm(self.subscriber(name))
        sandbox.confirm(SPARE)

    def subscriber(self, name: str) -> str:
        return f"{name}.watched@example.com"

    def host(self, name: str) -> Mapping[str, Any]:
        spare = [SPARE] if name == "plain" else []
        subscribers = [self.subscriber(name), *spare]
        return {"account_id": self.accounts[name].id, "iam_alerting_subscribers": subscribers, **ACCOUNTS[name]}

    def deploy(self, name: str, **other: Any) -> Run:
        return self.playbooks.run("deploy", {name: {**self.host(name), **other}})

    def heartbeats(self, name: str) -> list[dict[str, Any]]:
        """Those that the function has counted, as its log has them."""
        found = self.accounts[name].client("logs").filter_log_events(logGroupName=LOGS, filterPattern="Heartbeats")
        return [json.loads(event["message"]) for event in found["events"]]

    def wait_for_mails(self, name: str, number: int) -> list[EmailMessage]:
        """The alerts; what is done to the alerting sets off alarms as well."""
        deadline = time.monotonic() + 60
        while len(found := self.alerts(name)) < number and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def alerts(self, name: str) -> list[EmailMessage]:
        mails = self.sandbox.mails(self.subscriber(name))
        return [mail for mail in mails if not mail["Subject"].startswith("ALARM: ")]


@pytest.fixture(scope="module")
def watched(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Watched:
    watched = Watched(sandbox, playbooks, open_account)
    assert watched.first.status == 0, watched.first.output
    return watched


@pytest.mark.parametrize("name", ["plain", "grouped"])
def test_a_heartbeat_is_counted_and_told_to_nobody(watched: Watched, name: str) -> None:
    account = watched.accounts[name]
    assert watched.sandbox.tick(account.id, f"{NAME}-heartbeat")
    deadline = time.monotonic() + 60
    while not (found := watched.heartbeats(name)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [(beat["Pipeline"], beat["Heartbeats"]) for beat in found] == [(NAME, 1)]
    (metric,) = found[0]["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], metric["Dimensions"]) == ("Trailwatch", [["Pipeline"]])
    assert watched.sandbox.mails(watched.subscriber(name)) == []


def test_one_critical_mail_for_each_call_that_touches_the_alerting_and_none_for_others(watched: Watched) -> None:
    account = watched.accounts["plain"]
    what_belongs_to_others(account)
    # One after the other: the sandbox ends invocations that are running when the function is changed.
    for number, (hand, _action, _part) in enumerate(TAMPERING, 1):
        hand(account)
        watched.wait_for_mails("plain", number)
    # Whatever else was on its way is there by the time that a later call's mail is.
    topic("DisplayName", "afterwards")(account)
    mails = watched.wait_for_mails("plain", len(TAMPERING) + 1)
    expected = sorted([*(action for _hand, action, _part in TAMPERING), "sns:SetTopicAttributes"])
    assert sorted(mail["Subject"].split()[1] for mail in mails) == expected
    assert {mail["Subject"].split()[0] for mail in mails} == {"CRITICAL"}
    texts = {mail["Subject"].split()[1]: " ".join(mail.get_content().split()) for mail in mails}
    for _hand, action, part in TAMPERING:
        assert f"It changes this alerting itself, its {part}" in texts[action]
        assert "deploy again to mend it" in texts[action]
        assert "suppression intruder fits, but a change of this alerting is never suppressed" in texts[action]


def test_a_mapping_is_known_by_its_queue(watched: Watched) -> None:
    mapping("update_event_source_mapping", BatchSize=5)(watched.accounts["grouped"])
    (mail,) = watched.wait_for_mails("grouped", 1)
    assert mail["Subject"].startswith("CRITICAL lambda:UpdateEventSourceMap... ")
    assert f"its event source mapping {NAME}-events" in " ".join(mail.get_content().split())


def test_what_is_on_the_list_comes_once(watched: Watched) -> None:
    """Also where the rule of the list is the one that is disabled, so that it cannot tell of it."""
    account = watched.accounts["listed"]
    queue(VisibilityTimeout="43200")(account)
    events("disable_rule", Name=NAME)(account)
    watched.wait_for_mails("listed", 2)
    topic("DisplayName", "afterwards")(account)
    mails = watched.wait_for_mails("listed", 3)
    actions = sorted(mail["Subject"].split()[1] for mail in mails)
    assert actions == ["events:DisableRule", "sns:SetTopicAttributes", "sqs:SetQueueAttributes"]


def test_without_heartbeat_there_is_no_rule_for_it(watched: Watched) -> None:
    account = watched.accounts["plain"]
    assert resources(account)["rules"][f"{NAME}-heartbeat"] == heartbeat_rule(account.id, MINUTES)
    run = watched.deploy("plain", iam_alerting_heartbeat_minutes=0)
    assert run.status == 0, run.output
    assert "; removed: heartbeat_rule" in run.outcome("plain")
    found = resources(account)
    assert f"{NAME}-heartbeat" not in found["rules"]
    invokers = [rule.rpartition("/")[2] for _service, rule in found["functions"][NAME]["may be invoked by"]]
    assert invokers == [NAME, f"{NAME}-tampering", f"{NAME}-tampering-2", f"{NAME}-tampering-3"]
