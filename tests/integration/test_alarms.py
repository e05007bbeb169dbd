"""The alarms on the alerting itself reach the subscribers and a fallback, and nothing else does so in their name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks
from tests.integration.live import Account, resources
from tests.integration.specification import alarm_arns
from tests.integration.specification_options import grouped, with_fallback

NAME = "iam-alerting"
ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]


class Deployment:
    """Accounts whose alarms go to a mail address, to a topic of another account, and to the subscribers alone."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> None:
        self.sandbox, self.playbooks = sandbox, playbooks
        self.accounts = {name: open_account() for name in ("mailed", "forwarded", "alone")}
        self.elsewhere = open_account()
        self.topic = self.topic_elsewhere()
        playbooks.begun(self.hosts())
        self.run = playbooks.run("deploy", self.hosts())
        assert self.run.status == 0, self.run.output
        for address in (*(self.subscriber(name) for name in self.accounts), *self.fallbacks.values()):
            sandbox.confirm(address)

    def subscriber(self, name: str) -> str:
        return f"secops-{self.accounts[name].id}@example.com"

    @property
    def fallbacks(self) -> dict[str, str]:
        """The address that hears the fallback, by account."""
        return {name: f"on-call-{self.accounts[name].id}@example.com" for name in ("mailed", "forwarded")}

    def topic_elsewhere(self) -> str:
        """A topic that lets the alarms of one account publish, as its owner has to."""
        sns = self.elsewhere.client("sns")
        arn = str(sns.create_topic(Name="on-call")["TopicArn"])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": alarm_arns(self.accounts["forwarded"].id)}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=self.fallbacks["forwarded"])
        return arn

    def hosts(self, **variables: Any) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {
            "mailed": {"iam_alerting_fallback": self.fallbacks["mailed"], "iam_alerting_group_seconds": 300},
            "forwarded": {"iam_alerting_fallback": self.topic},
            # Filters let no alarm through.
            "alone": {
                "iam_alerting_subscribers": [{"endpoint": self.subscriber("alone"), "minimum_severity": "low"}],
            },
        }
        return {
            name: {
                "account_id": account.id,
                "iam_alerting_actions": ACTIONS,
                "iam_alerting_subscribers": [self.subscriber(name)],
                **own[name],
                **variables,
            }
            for name, account in self.accounts.items()
        }


@pytest.fixture(scope="module")
def deployment(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Deployment:
    return Deployment(sandbox, playbooks, open_account)


def sound(account: Account, alarm: str) -> None:
    account.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")


def about(mail: Any) -> str:
    """The name of the alarm that a mail is about."""
    return str(json.loads(mail.get_content().split("\n\n--\n")[0])["AlarmName"])


def test_the_account_is_as_specified(deployment: Deployment) -> None:
    account = deployment.accounts["mailed"]
    specified = grouped(account.id, "mailed", ACTIONS, [deployment.subscriber("mailed")], 300)
    assert resources(account) == with_fallback(specified, account.id, deployment.fallbacks["mailed"])


def test_the_summary_tells_of_a_fallback_that_has_not_confirmed(deployment: Deployment) -> None:
    told = f"fallback not confirmed yet: {deployment.fallbacks['mailed']}"
    assert deployment.run.outcome("mailed").endswith(told)


def test_a_warning_where_filters_keep_all_alarms_back(deployment: Deployment) -> None:
    line = "Nobody gets the alarms on the alerting in account "
    output = " ".join(deployment.run.output.split())
    assert output.count(line) == 1
    assert f"{line}{deployment.accounts['alone'].id}" in output


@pytest.mark.parametrize("name", ["mailed", "forwarded"])
def test_every_alarm_reaches_subscriber_and_fallback(name: str, deployment: Deployment) -> None:
    account, sandbox = deployment.accounts[name], deployment.sandbox
    there = sorted(alarm for alarm in resources(account)["alarms"])
    assert len(there) == (7 if name == "mailed" else 6)
    for alarm in there:
        sound(account, alarm)
    for address in (deployment.subscriber(name), deployment.fallbacks[name]):
        mails = sandbox.wait_for_mails(address, len(there))
        assert sorted(about(mail) for mail in mails) == there
        assert f'ALARM: "{NAME}/dead-letters" in us-east-1' in {mail["Subject"] for mail in mails}
        assert any("trailwatch.aws.redrive" in mail.get_content() for mail in mails)


def test_nobody_else_publishes(deployment: Deployment) -> None:
    """Not even an administrator of the account, and no alarm of another name or account."""
    account, other = deployment.accounts["mailed"], deployment.accounts["alone"]
    topics = [f"arn:aws:sns:us-east-1:{account.id}:{NAME}{suffix}" for suffix in ("", "-fallback")]
    for topic in topics:
        with pytest.raises(ClientError, match="AuthorizationError"):
            account.client("sns").publish(TopicArn=topic, Message="all is well")
    for owner, name in ((account, "stray"), (other, f"{NAME}-stray")):
        owner.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SNS",
            MetricName="PublishSize",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=topics,
        )
        sound(owner, name)
        owner.client("cloudwatch").delete_alarms(AlarmNames=[name])
    # One that may comes after them.
    account.client("cloudwatch").set_alarm_state(AlarmName=f"{NAME}/unheard", StateValue="OK", StateReason="a test")
    sound(account, f"{NAME}/unheard")
    for address in (deployment.subscriber("mailed"), deployment.fallbacks["mailed"]):
        mails = deployment.sandbox.wait_for_mails(address, 8)
        assert [about(mail) for mail in mails if "stray" in about(mail)] == []


def test_switched_off_they_are_removed(deployment: Deployment) -> None:
    """Whatever state they are in, that is nothing that would be mended."""
    account = deployment.accounts["mailed"]
    off = deployment.hosts(iam_alerting_alarms=False)["mailed"]
    run = deployment.playbooks.run("deploy", {**deployment.hosts(), "mailed": off})
    assert run.outcome("mailed") == "changed: topic; removed: alarms, fallback_topic", run.output
    assert {run.outcome(name) for name in ("forwarded", "alone")} == {"in sync"}
    found = resources(account)
    assert found["alarms"] == {}
    assert set(found["topics"]) == {NAME}
    assert "cloudwatch" not in json.dumps(found["topics"])


def test_teardown_removes_them_and_leaves_the_topic_of_others(deployment: Deployment) -> None:
    run = deployment.playbooks.run("teardown", deployment.hosts())
    assert run.status == 0, run.output
    for account in deployment.accounts.values():
        assert {kind for kind, found in resources(account).items() if found} == {"buckets"}
    assert set(deployment.elsewhere.client("sns").list_topics()["Topics"][0].values()) == {deployment.topic}
