"""CloudWatch: an alarm without a description has none; SNS reports its messages as a metric."""

from __future__ import annotations

from ministack.services import cloudwatch

from sandbox.call import Call
from sandbox.strict import repair
from sandbox.wire import Response


@repair("monitoring", "PutMetricAlarm")
def _no_empty_description(call: Call, _response: Response) -> None:
    alarm = cloudwatch._alarms.get(call.params.get("AlarmName", ""))
    if alarm and not alarm.get("AlarmDescription"):
        alarm.pop("AlarmDescription", None)


@repair("sns", "Publish")
def _published(call: Call, _response: Response) -> None:
    """SNS counts what is published to a topic."""
    name = str(call.params.get("TopicArn", "")).rpartition(":")[2]
    datum = {"MetricName": "NumberOfMessagesPublished", "Dimensions": [{"Name": "TopicName", "Value": name}]}
    data = {"Namespace": "AWS/SNS", "MetricData": [{**datum, "Value": 1.0, "Unit": "Count"}]}
    cloudwatch._put_metric_data({}, data, is_cbor=True)
