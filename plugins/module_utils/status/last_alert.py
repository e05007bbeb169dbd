# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a topic last published a message: CloudWatch's metric of it.

It counts what SNS accepted, whoever was subscribed then, and CloudWatch keeps it for 15 months. The function's log
would tell when it last ran, which it also does for events that it keeps quiet.
"""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import call

# How long CloudWatch keeps values, and the finest period that it then has (CloudWatch API Reference, "GetMetricData").
KEPT_DAYS = 455
PERIOD_SECONDS = 3600
# SNS also reports hours without any message, while a topic is in use otherwise. So the newest value may be 0.
HOURS_OF_A_PAGE = 100


def last_alert(cloudwatch: Any, topic_name: str, now: datetime.datetime) -> datetime.datetime | None:
    """The beginning of the hour (UTC) in which the topic last published a message; None if it is unknown of any.

    Raises:
        AnsibleAWSError: the read failed.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    arguments = {
        "MetricDataQueries": [{"Id": "published", "MetricStat": _published(topic_name)}],
        "StartTime": hour - datetime.timedelta(days=KEPT_DAYS),
        "EndTime": hour + datetime.timedelta(seconds=PERIOD_SECONDS),
        "ScanBy": "TimestampDescending",
        "MaxDatapoints": HOURS_OF_A_PAGE,
    }
    while True:
        answer = call(f"read when topic {topic_name} last published", cloudwatch.get_metric_data, **arguments)
        hours = [hour for result in answer["MetricDataResults"] for hour in _hours_with_messages(result)]
        if hours or not answer.get("NextToken"):
            return max(hours, default=None)
        arguments["NextToken"] = answer["NextToken"]


def _published(topic_name: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SNS",
        "MetricName": "NumberOfMessagesPublished",
        "Dimensions": [{"Name": "TopicName", "Value": topic_name}],
    }
    return {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": "Sum"}


def _hours_with_messages(result: dict[str, Any]) -> list[datetime.datetime]:
    return [hour for hour, number in zip(result["Timestamps"], result["Values"], strict=True) if number > 0]
