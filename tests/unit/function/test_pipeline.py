# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which resources of a call are the alerting itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from assess import Assessment

OWN, OTHER = "111111111111", "222222222222"


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("events:PutRule", {"name": "iam-alerting-extra"}),
        ("events:PutRule", {"name": "my-iam-alerting"}),
        ("events:DescribeRule", {"name": "iam-alerting"}),
        ("events:PutRule", None),
        ("events:PutRule", {"name": ["iam-alerting-x", {"name": "iam-alerting"}, None]}),
        ("events:PutRule", {"name": "x:iam-alerting/iam-alerting"}),
        ("lambda:DeleteFunction20150331", {"functionName": "iam-alerting-of-another-team"}),
        ("sns:DeleteTopic", {"topicArn": f"arn:aws:sns:us-east-1:{OTHER}:iam-alerting"}),
        ("sns:Unsubscribe", {"subscriptionArn": f"arn:aws:sns:us-east-1:{OWN}:iam-alerting-x:0f6c1a52"}),
        ("sqs:PurgeQueue", {"queueUrl": f"https://sqs.x/{OTHER}/iam-alerting-dlq"}),
        ("s3:DeleteBucket", {"bucketName": f"iam-alerting-{OWN}-us-east-1-old"}),
    ],
)
def test_what_is_not_the_pipeline_is_left_out(judge: Callable[..., Assessment], action: str, parameters: Any) -> None:
    assert judge(action, parameters).rule == "not-in-catalogue"


def test_the_reason_names_the_part(judge: Callable[..., Assessment]) -> None:
    reason = judge("sns:Unsubscribe", {"subscriptionArn": f"arn:aws:sns:us-east-1:{OWN}:iam-alerting:0f6c1a52"}).reason
    assert reason.startswith("It changes this alerting itself, its subscription 0f6c1a52.")


def test_what_is_called_by_an_id_is_known_by_the_answer(judge: Callable[..., Assessment]) -> None:
    of_ours = {"eventSourceArn": f"arn:aws:sqs:us-east-1:{OWN}:iam-alerting-events"}
    call, asked = "lambda:DeleteEventSourceMapping20150331", {"uUID": "0f6c1a52"}
    assert judge(call, asked, responseElements=of_ours).rule == "pipeline-changed"
    of_others = {"eventSourceArn": f"arn:aws:sqs:us-east-1:{OWN}:orders"}
    assert judge(call, asked, responseElements=of_others).rule == "not-in-catalogue"


def test_one_of_several_names_is_enough(judge: Callable[..., Assessment]) -> None:
    assert judge("events:DeleteRule", {"name": ["x", "iam-alerting"]}).rule == "pipeline-changed"


def test_pipeline_of_another_account_is_not_ours(judge: Callable[..., Assessment]) -> None:
    assert judge("events:DeleteRule", {"name": "iam-alerting"}, recipientAccountId=OTHER).rule == "not-in-catalogue"
