"""CloudWatch: alarms have what they were given and no more, also math; SNS reports its messages as a metric."""

from __future__ import annotations

from ministack.services import cloudwatch

from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.wire import Response

# What ministack makes up for an alarm that was not given it.
_MADE_UP = ("AlarmDescription", "Statistic", "Period", "Threshold")


@check("monitoring", "PutMetricAlarm")
def _alarm(call: Call, _caller: Caller) -> None:
    """Either a metric or queries, of which one gives the data that the alarm watches."""
    queries, metric = call.params.get("Metrics") or [], call.params.get("MetricName")
    if bool(queries) is bool(metric):
        raise RefusedError("ValidationError", "Requests must contain either MetricName or Metrics")
    if queries and sum(bool(query.get("ReturnData", True)) for query in queries) != 1:
        raise RefusedError("ValidationError", "Exactly one element of the metrics list should return data.")
    if queries and any(call.params.get(name) for name in ("Namespace", "Dimensions", "Statistic", "Period", "Unit")):
        raise RefusedError("ValidationError", "Metrics and the parameters of a single metric exclude each other")
    account = call.params.get("AlarmActions") or []
    if any(arn.split(":")[2] == "sns" and arn.split(":")[3] != call.region for arn in account):
        raise RefusedError("ValidationError", f"Invalid region in {account}. Only {call.region} is supported.")


@repair("monitoring", "PutMetricAlarm")
def _as_given(call: Call, _response: Response) -> None:
    alarm = cloudwatch._alarms.get(call.params.get("AlarmName", ""))
    if not alarm:
        return
    for name in _MADE_UP:
        if not call.params.get(name) and call.params.get(name) != 0:
            alarm.pop(name, None)
    if queries := call.params.get("Metrics"):
        alarm["Metrics"] = [{"ReturnData": True, **query} for query in queries]


@repair("sns", "Publish")
def _published(call: Call, _response: Response) -> None:
    """SNS counts what is published to a topic."""
    name = str(call.params.get("TopicArn", "")).rpartition(":")[2]
    datum = {"MetricName": "NumberOfMessagesPublished", "Dimensions": [{"Name": "TopicName", "Value": name}]}
    data = {"Namespace": "AWS/SNS", "MetricData": [{**datum, "Value": 1.0, "Unit": "Count"}]}
    cloudwatch._put_metric_data({}, data, is_cbor=True)
