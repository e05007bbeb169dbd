# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CloudWatch alarms on the alerting itself: what is lost, late or heard by nobody, told without the function.

There is no mail when one is over: the metrics are about events, so an alarm also ends when no event comes any more.
"""

from __future__ import annotations

import math
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import alarms as cloudwatch_alarms
from ansible_collections.trailwatch.aws.plugins.module_utils import event_pattern, event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, TAG_OURS, Settings

MINUTE = 60
FIVE_MINUTES = 5 * MINUTE
# An event that fails again and again stays half an hour in the queue before it is a dead letter, and a summary is put
# off for a quarter of an hour.
WAITING_SECONDS = 60 * MINUTE
# A heartbeat may be late, so more than one has to be missing.
MISSED_HEARTBEATS = 3
# CloudWatch User Guide, "Metrics concepts": a period can be as long as one day.
LONGEST_PERIOD = 86_400

# By the names that they have wherever the collection is installed: the mail is read anywhere.
REDRIVE = "ansible-playbook trailwatch.aws.redrive -i <inventory>"
DEPLOY = "ansible-playbook trailwatch.aws.deploy -i <inventory>"
STATUS = "ansible-playbook trailwatch.aws.status -i <inventory>"
VERIFY = "ansible-playbook trailwatch.aws.verify -i <inventory>"


def desired(settings: Settings) -> dict[str, Any]:
    """The alarms, all with the same actions."""
    return {
        "State": settings.state_of_alarms,
        "NamePrefix": names.alarm_name(settings, ""),
        "ArnPrefix": names.alarm_arn(settings, ""),
        "Alarms": [
            _dead_letters(settings),
            _function_errors(settings),
            _function_throttles(settings),
            *_rule_failures(settings),
            _notifications_failed(settings),
            _unheard(settings),
            *([_members_failure(settings)] if settings.state_of_event_bus == PRESENT else []),
            # They do in a hub that stands by.
            *([_events_waiting(settings)] if settings.group_seconds and not settings.topology.stands_by else []),
            *([_heartbeat(settings)] if settings.heartbeat_minutes else []),
        ],
        "Tags": settings.tags,
    }


def _alarm(settings: Settings, what: str, description: str, **attributes: Any) -> Document:
    """An alarm as they mostly are: more than nothing of something, of which there is no data as long as all is well."""
    return {
        "AlarmName": names.alarm_name(settings, what),
        "AlarmDescription": f"{prefix_of_descriptions(settings)}{description}",
        "AlarmActions": names.alarm_actions(settings),
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **attributes,
    }


def prefix_of_descriptions(settings: Settings) -> str:
    """What the description of each alarm begins with: its mail tells the account nowhere near the top."""
    return f"Account {settings.account_id}: "


def _metric(namespace: str, name: str, statistic: str, period: int, **dimension: str) -> Document:
    """What an alarm watches, if it is one metric."""
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": _dimensions(dimension),
        "Statistic": statistic,
        "Period": period,
    }


def _query(identity: str, namespace: str, name: str, period: int, **dimension: str) -> Document:
    """A metric that an expression is about."""
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": _dimensions(dimension)}
    stat = {"Metric": metric, "Period": period, "Stat": "Sum"}
    return {"Id": identity, "MetricStat": stat, "ReturnData": False}


def _dimensions(dimension: dict[str, str]) -> list[Document]:
    return [{"Name": name, "Value": value} for name, value in dimension.items()]


def _expression(identity: str, expression: str) -> Document:
    """A step on the way to what the alarm watches, which is an expression with C(ReturnData)."""
    return {"Id": identity, "Expression": expression, "ReturnData": False}


def _dead_letters(settings: Settings) -> Document:
    queue = names.queue_name(settings)
    return _alarm(
        settings,
        "dead-letters",
        f"alerts were not delivered; their events wait in the queue {queue} for 14 days at most. To see why: {VERIFY}. "
        f"Mend it ({DEPLOY} mends most), then send them: {REDRIVE}.",
        **_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", MINUTE, QueueName=queue),
    )


def _function_errors(settings: Settings) -> Document:
    """One error alone mostly mends itself: Lambda tries again after one minute, and after two more."""
    return _alarm(
        settings,
        "function-errors",
        f"the function {settings.name} fails again and again, so alerts are late. What it could not deliver comes to "
        f"the queue {names.queue_name(settings)}. The log group {names.log_group_name(settings)} has the reason. Mend "
        f"it ({DEPLOY} mends most), then {REDRIVE}.",
        **_metric("AWS/Lambda", "Errors", "Sum", MINUTE, FunctionName=settings.name),
        EvaluationPeriods=5,
        DatapointsToAlarm=2,
    )


def _function_throttles(settings: Settings) -> Document:
    """A throttled event is tried again at once, and then in growing intervals: it is in three minutes of five."""
    return _alarm(
        settings,
        "function-throttles",
        f"Lambda does not run the function {settings.name}, so alerts are late; after six hours they come to the queue "
        f"{names.queue_name(settings)}. The concurrency of the account is used up, or the function's own is too small "
        f"(iam_alerting_reserved_concurrency) or was set to 0 by somebody, which {DEPLOY} takes back.",
        **_metric("AWS/Lambda", "Throttles", "Sum", MINUTE, FunctionName=settings.name),
        EvaluationPeriods=5,
        DatapointsToAlarm=3,
    )


def _rule_failures(settings: Settings) -> list[Document]:
    """An alarm for each rule: there is no wildcard for dimensions in an alarm.

    Amazon EventBridge User Guide, "Monitoring Amazon EventBridge", does not say whether FailedInvocations counts what
    came to the dead-letter queue, or could not even come there. So both are watched.
    """
    actions = parse_format(settings.actions)
    # As if all were in the first one by now, which mostly is true: that is found out at once.
    shards = event_pattern.allocate(actions, {event_pattern.FIRST: actions}, event_rule.DEFAULT_PATTERN_SIZE)
    return [_rule_failure(settings, number) for number in sorted(shards)]


def _rule_failure(settings: Settings, number: int) -> Document:
    what, rule = (event_rule.shard_name(name, number) for name in ("rule-failures", settings.name))
    return _undelivered(settings, what, rule, RuleName=rule)


def _members_failure(settings: Settings) -> Document:
    """Of a bus of our own, the metrics have its name as well (Amazon EventBridge User Guide, "Monitoring")."""
    rule, bus = names.members_rule_name(settings), names.bus_name(settings)
    return _undelivered(settings, "members-failures", rule, EventBusName=bus, RuleName=rule)


def _undelivered(settings: Settings, what: str, rule: str, **dimension: str) -> Document:
    source = "AWS/Events"
    return _alarm(
        settings,
        what,
        f"EventBridge could not hand events of the rule {rule} on. They are in the queue {names.queue_name(settings)}, "
        f"or lost if that could not be written either: then only the trail's log files in the bucket "
        f"{names.bucket_name(settings)} have them. {STATUS} tells what differs; {DEPLOY}, then {REDRIVE}.",
        Metrics=[
            {**_expression("failures", "SUM([FILL(failed, 0), FILL(lost, 0)])"), "ReturnData": True},
            _query("failed", source, "FailedInvocations", MINUTE, **dimension),
            _query("lost", source, "InvocationsFailedToBeSentToDlq", MINUTE, **dimension),
        ],
    )


def _notifications_failed(settings: Settings) -> Document:
    return _alarm(
        settings,
        "notifications-failed",
        f"SNS gave up delivering an alert of the topic {settings.name} to a subscriber: a mailbox that refuses it, an "
        f"endpoint that does not answer, or a queue or function that is gone. What the alerts were about is in the log "
        f"group {names.log_group_name(settings)}; {STATUS} lists the subscribers.",
        **_metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", FIVE_MINUTES, TopicName=settings.name),
    )


def _unheard(settings: Settings) -> Document:
    """Published, and neither delivered nor kept back by a filter: nobody is subscribed, or nobody has confirmed.

    SNS reports no metric that is zero, and a message may be delivered in the period after the one in which it was
    published. So it is all added up, from the beginning of what the alarm looks at, and has to be so twice. What is
    published is in both sums: a metric that never had a value could leave a sum without any.
    """
    topic, source = settings.name, "AWS/SNS"
    sums = {
        "told": "RUNNING_SUM(FILL(published, 0))",
        "accounted": "RUNNING_SUM(SUM([FILL(published, 0), FILL(delivered, 0), FILL(filtered, 0)]))",
    }
    return _alarm(
        settings,
        "unheard",
        f"alerts were published to the topic {topic} and nobody got them: no subscriber has confirmed, or none is "
        f"left. {STATUS} lists the subscribers. Add one (iam_alerting_subscribers), {DEPLOY}, and follow the link in "
        f"the mail of AWS. The alerts are in the log group {names.log_group_name(settings)}.",
        Metrics=[
            {**_expression("unheard", "IF(told > 0 AND accounted == told, 1, 0)"), "ReturnData": True},
            *(_expression(name, expression) for name, expression in sums.items()),
            _query("published", source, "NumberOfMessagesPublished", FIVE_MINUTES, TopicName=topic),
            _query("delivered", source, "NumberOfNotificationsDelivered", FIVE_MINUTES, TopicName=topic),
            _query("filtered", source, "NumberOfNotificationsFilteredOut", FIVE_MINUTES, TopicName=topic),
        ],
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
    )


def _events_waiting(settings: Settings) -> Document:
    """Only with grouping: nothing takes the events out of their queue, which no other metric tells."""
    queue = names.event_queue_name(settings)
    return _alarm(
        settings,
        "events-waiting",
        f"events have been waiting in the queue {queue} for more than an hour, so nobody is told of them. Nothing "
        f"takes them to the function, or it cannot keep up. {STATUS} tells what differs; {DEPLOY} mends most. Nothing "
        "is lost for 14 days.",
        **_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", FIVE_MINUTES, QueueName=queue),
        Threshold=float(WAITING_SECONDS),
    )


def _heartbeat(settings: Settings) -> Document:
    """The one alarm for which no data is bad news.

    In one period if it can be: with more, CloudWatch also looks at what came before them (User Guide, "Configuring how
    alarms treat missing data").
    """
    missing = MISSED_HEARTBEATS * settings.heartbeat_minutes * MINUTE
    period = min(missing, LONGEST_PERIOD)
    return _alarm(
        settings,
        "heartbeat",
        f"no heartbeat came through for {missing // MINUTE} minutes, so alerts may not either: the rule "
        f"{names.heartbeat_rule_name(settings)}, the function {settings.name}, its log or a queue before it has "
        f"stopped. {STATUS} tells what differs; {DEPLOY} mends most, then {VERIFY} proves it and {REDRIVE} sends what "
        "was kept.",
        **_metric("Trailwatch", "Heartbeats", "Sum", period, Pipeline=settings.name),
        EvaluationPeriods=math.ceil(missing / period),
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such alarms of ours."""
    return any(arn.startswith(desired["ArnPrefix"]) for arn in account.tagged)


def live(account: Account, desired: Document) -> dict[str, Document] | None:
    """The alarms that are wanted, and others of ours, by name; None if there are none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    client = account.clients["cloudwatch"]
    wanted = {alarm["AlarmName"] for alarm in desired["Alarms"]}
    found = cloudwatch_alarms.describe(client, desired["NamePrefix"])
    ours = {name: alarm for name, alarm in found.items() if name in wanted or alarm["AlarmArn"] in account.tagged}
    tagged = cloudwatch_alarms.with_tags(
        ours, lambda arn: account.tags(arn, desired["Tags"], lambda: cloudwatch_alarms.read_tags(client, arn))
    )
    # What the tagging service still knows of may have another tag by now; then it is no longer ours.
    kept = {name: each for name, each in tagged.items() if name in wanted or _is_ours(each, desired)}
    return kept or None


def _is_ours(alarm: Document, desired: Document) -> bool:
    return bool(alarm["Tags"].get(TAG_OURS) == desired["Tags"][TAG_OURS])


def difference(live: dict[str, Document] | None, desired: Document) -> Change:
    """What of the alarms differs, by alarm and attribute."""
    change = cloudwatch_alarms.difference(live or {}, desired["Alarms"], desired["Tags"])
    return Change(*(_with_our_tags(side, desired) for side in (change.before, change.after)))


def _with_our_tags(side: Document, desired: Document) -> Document:
    """As C(side), of tags only those that are to be there."""
    return {
        name: {key: value[key] for key in desired["Tags"] if key in value} if name.endswith(" Tags") else value
        for name, value in side.items()
    }


def firing(live: dict[str, Document] | None) -> list[Document]:
    """The alarms that are in the state ALARM."""
    return [alarm for alarm in (live or {}).values() if alarm.get("StateValue") == "ALARM"]
