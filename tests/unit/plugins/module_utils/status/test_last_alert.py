# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When there was an alert, as CloudWatch tells it."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.status.last_alert import last_alert

NOW = datetime.datetime(2026, 3, 14, 3, 7, 42, tzinfo=datetime.UTC)


def hour(number: int) -> datetime.datetime:
    return datetime.datetime(2026, 3, 14, number, tzinfo=datetime.UTC)


class CloudWatch:
    """Answers with these pages, each the hours with their number of messages."""

    def __init__(self, *pages: dict[int, float]) -> None:
        self.pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(dict(arguments))
        page = self.pages.pop(0)
        more = {"NextToken": str(len(self.pages))} if self.pages else {}
        result = {"Timestamps": [hour(number) for number in page], "Values": list(page.values())}
        return {"MetricDataResults": [result], **more}


def test_it_is_the_newest_hour_with_a_message_and_one_call() -> None:
    cloudwatch = CloudWatch({3: 0.0, 2: 4.0, 1: 1.0}, {0: 1.0})
    assert last_alert(cloudwatch, "iam-alerting", NOW) == hour(2)
    assert len(cloudwatch.asked) == 1


def test_hours_without_messages_are_leafed_through() -> None:
    cloudwatch = CloudWatch({3: 0.0, 2: 0.0}, {1: 2.0})
    assert last_alert(cloudwatch, "iam-alerting", NOW) == hour(1)
    assert [asked.get("NextToken") for asked in cloudwatch.asked] == [None, "1"]


def test_there_may_have_been_none() -> None:
    assert last_alert(CloudWatch({}), "iam-alerting", NOW) is None
    assert last_alert(CloudWatch({3: 0.0}), "iam-alerting", NOW) is None


def test_all_that_cloudwatch_keeps_is_looked_at_the_newest_first() -> None:
    cloudwatch = CloudWatch({})
    last_alert(cloudwatch, "iam-alerting", NOW)
    (asked,) = cloudwatch.asked
    assert asked["EndTime"] > NOW
    assert (NOW - asked["StartTime"]).days == 455
    assert asked["ScanBy"] == "TimestampDescending"
    (query,) = asked["MetricDataQueries"]
    assert query["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "TopicName", "Value": "iam-alerting"}]
