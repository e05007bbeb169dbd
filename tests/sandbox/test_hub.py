"""From bus to bus, and alarms to a topic: as both sides' policies allow."""

from __future__ import annotations

import json

from tests.sandbox.small_pipeline import IAM_WRITES, NAME, Account, allow, policy


def forward(member: Account, hub: Account) -> None:
    """The member's rule sends what it matches to the hub's default bus."""
    bus = hub.arn("events", "event-bus/default")
    trust = policy({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam = member.client("iam")
    role = iam.create_role(RoleName="forward", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    may = policy({"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus})
    iam.put_role_policy(RoleName="forward", PolicyName="forward", PolicyDocument=may)
    events = member.client("events")
    events.put_rule(Name=NAME, EventPattern=json.dumps(IAM_WRITES))
    events.put_targets(Rule=NAME, Targets=[{"Id": "hub", "Arn": bus, "RoleArn": role}])


def test_member_events_reach_a_hub_that_lets_them_in(account, sandbox, messages):
    hub = Account(sandbox, str(int(account.id) + 7000))
    sandbox.add_accounts(hub.id)
    hub.watch()
    account.make_trail()
    forward(account, hub)
    account.client("iam").create_user(UserName="unseen")
    assert messages(hub, "seen", 0.6) is None
    hub.client("events").put_permission(StatementId="m", Action="events:PutEvents", Principal=account.id)
    account.client("iam").create_user(UserName="mallory")
    event, _ = messages(hub, "seen")
    assert event["account"] == account.id
    assert event["detail"]["requestParameters"]["userName"] == "mallory"


def test_alarm_reaches_a_topic_of_another_account_that_lets_it(account, sandbox):
    hub = Account(sandbox, str(int(account.id) + 7000))
    sandbox.add_accounts(hub.id)
    topic, cloudwatch = hub.make_topic(), account.client("cloudwatch")
    count = {"Metric": {"Namespace": "AWS/SNS", "MetricName": "NumberOfMessagesPublished"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "twice", "Expression": "published * 2", "ReturnData": True},
        {"Id": "published", "MetricStat": count, "ReturnData": False},
    ]
    given = {"AlarmName": "b", "Metrics": queries, "EvaluationPeriods": 1, "Threshold": 0.0, "AlarmActions": [topic]}
    cloudwatch.put_metric_alarm(**given, ComparisonOperator="GreaterThanThreshold")
    (kept,) = cloudwatch.describe_alarms(AlarmNames=["b"])["MetricAlarms"]
    assert kept["Metrics"] == queries
    assert not {"Period", "Statistic", "MetricName"} & kept.keys()
    for_alarms = policy(allow("cloudwatch.amazonaws.com", "sns:Publish", topic))
    hub.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=for_alarms)
    before = len(sandbox.mails(hub.address))
    cloudwatch.set_alarm_state(AlarmName="b", StateValue="ALARM", StateReason="test")
    assert len(sandbox.wait_for_mails(hub.address, before + 1)) == before + 1


def test_alarm_needs_the_topics_leave(account, sandbox):
    topic = account.make_topic()
    cloudwatch, sns = account.client("cloudwatch"), account.client("sns")
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0.0,
        AlarmActions=[topic],
    )
    assert "AlarmDescription" not in cloudwatch.describe_alarms()["MetricAlarms"][0]
    only_functions = policy(allow("lambda.amazonaws.com", "sns:Publish", topic))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=only_functions)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="test")
    assert sandbox.mails(account.address) == []
    for_alarms = policy(allow("cloudwatch.amazonaws.com", "sns:Publish", topic))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=for_alarms)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    assert len(sandbox.wait_for_mails(account.address)) == 1
