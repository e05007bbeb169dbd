"""CloudWatch answers in the query protocol what it answers in another."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ServiceModel

from tests.sandbox.small_pipeline import Account

ALARM: dict[str, Any] = {
    "AlarmName": "unheard & lost",
    "Metrics": [
        {"Id": "lost", "Expression": "SUM([FILL(failed, 0)])", "ReturnData": True},
        {
            "Id": "failed",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Events",
                    "MetricName": "FailedInvocations",
                    "Dimensions": [{"Name": "RuleName", "Value": "watch"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        },
    ],
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 2,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "ActionsEnabled": True,
}


@pytest.fixture
def old_client(account: Account, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(ServiceModel, "resolved_protocol", "query")
    return account.client("cloudwatch")


def test_an_alarm_is_as_it_was_put(account: Account, old_client: Any) -> None:
    old_client.put_metric_alarm(**ALARM, Tags=[{"Key": "team", "Value": "security"}])
    (found,) = old_client.describe_alarms(AlarmNamePrefix="unheard")["MetricAlarms"]
    assert {name: found[name] for name in ALARM} == ALARM
    tags = old_client.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "security"}]


def test_a_refusal_has_its_code(old_client: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        old_client.list_tags_for_resource(ResourceARN="arn:aws:cloudwatch:us-east-1:111111111111:alarm:none")
