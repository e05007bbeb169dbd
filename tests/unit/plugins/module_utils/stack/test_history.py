# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CloudTrail's event history is taken to say of subscribers, and what not."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.history import remembered
from ansible_collections.trailwatch.aws.plugins.module_utils.subscribe import marker

TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
ARN, OTHER = f"{TOPIC}:49506bc6", f"{TOPIC}:77777777"
ALICE = {"type": "AssumedRole", "arn": "arn:aws:sts::111111111111:assumed-role/Admin/alice"}
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def ago(**time: float) -> str:
    return (NOW - datetime.timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(**time: float) -> str:
    return f"{ago(**time)[:16].replace('T', ' ')} UTC"


def subscriber(state: str, name: str = "secops") -> dict[str, Any]:
    nothing = {"asked": None, "protected": None, "note": None}
    return {"protocol": "email", "endpoint": f"{name}@example.com", "state": state, **nothing}


def record(name: str, time: str, **other: Any) -> dict[str, Any]:
    return {"eventName": name, "eventTime": time, "userIdentity": ALICE, "userAgent": "Boto3/1.44", **other}


def subscribed(time: str, arn: str = ARN, name: str = "secops", topic: str = TOPIC, **other: Any) -> dict[str, Any]:
    """As CloudTrail has it: without the endpoint, and with the mark of who made the call."""
    return record(
        "Subscribe",
        time,
        userAgent=f"Boto3/1.44 {marker('email', f'{name}@example.com')}",
        requestParameters={"topicArn": topic, "protocol": "email", "endpoint": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        responseElements={"subscriptionArn": arn},
        **other,
    )


def unsubscribed(time: str, arn: str = ARN, **other: Any) -> dict[str, Any]:
    return record("Unsubscribe", time, requestParameters={"subscriptionArn": arn}, responseElements=None, **other)


def confirmed(time: str, arn: str = ARN) -> dict[str, Any]:
    asked = {"topicArn": TOPIC, "token": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    return record("ConfirmSubscription", time, requestParameters=asked, responseElements={"subscriptionArn": arn})


class CloudTrail:
    """Has these records, the newest first, and so many on a page; counts what it is asked."""

    def __init__(self, *records: dict[str, Any], page: int = 50) -> None:
        self.records = sorted(records, key=lambda record: record["eventTime"], reverse=True)
        self.page, self.asked = page, []

    def lookup_events(self, **arguments: Any) -> dict[str, Any]:
        name = arguments["LookupAttributes"][0]["AttributeValue"]
        self.asked.append(name)
        first = int(arguments.get("NextToken", 0))
        found = [each for each in self.records if each["eventName"] == name]
        answer: dict[str, Any] = {
            "Events": [{"CloudTrailEvent": json.dumps(each)} for each in found[first : first + self.page]]
        }
        return answer | ({"NextToken": str(first + self.page)} if found[first + self.page :] else {})


class NoCloudTrail:
    def lookup_events(self, **arguments: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "LookupEvents")


def told(state: str, *records: dict[str, Any]) -> dict[str, Any]:
    (found,) = remembered(CloudTrail(*records), TOPIC, [subscriber(state)])
    return found


@pytest.mark.parametrize("state", ["confirmed", "unexpected"])
def test_nothing_is_asked_if_nobody_is_pending_or_missing(state: str) -> None:
    cloudtrail = CloudTrail(subscribed(ago(days=1)))
    assert remembered(cloudtrail, TOPIC, [subscriber(state)]) == [subscriber(state)]
    assert cloudtrail.asked == []


def test_a_pending_one_was_asked_by_the_last_call_for_it_which_is_one_read() -> None:
    cloudtrail = CloudTrail(subscribed(ago(days=1)), subscribed(ago(hours=3)), subscribed(ago(hours=1), name="late"))
    (found,) = remembered(cloudtrail, TOPIC, [subscriber("pending")])
    assert found == {**subscriber("pending"), "asked": ago(hours=3)}
    assert cloudtrail.asked == ["Subscribe"]


def test_somebody_who_was_never_asked_costs_one_read_and_is_missing() -> None:
    cloudtrail = CloudTrail(unsubscribed(ago(days=1)))
    assert remembered(cloudtrail, TOPIC, [subscriber("missing")]) == [subscriber("missing")]
    assert cloudtrail.asked == ["Subscribe"]


def test_who_was_unsubscribed_by_a_call_is_lost() -> None:
    found = told("missing", subscribed(ago(days=9)), unsubscribed(ago(days=5)), unsubscribed(ago(days=4), OTHER))
    assert (found["state"], found["asked"]) == ("lost", ago(days=9))
    assert found["note"] == f"unsubscribed {minute(days=5)} by assumed-role/Admin/alice"


def test_who_was_confirmed_with_credentials_and_is_gone_is_lost() -> None:
    found = told("missing", subscribed(ago(days=9)), confirmed(ago(days=8)))
    assert found["state"] == "lost"
    assert found["note"] == f"confirmed {minute(days=8)}, and gone by no call that CloudTrail has"


def test_who_is_gone_sooner_than_sns_drops_is_lost_by_a_link() -> None:
    found = told("missing", subscribed(ago(hours=47)))
    assert found["state"] == "lost"
    assert found["note"].endswith("unsubscribed by the link in a mail")


def test_it_is_not_claimed_that_somebody_had_confirmed() -> None:
    """The links of mails leave no record: not when they confirm, and not when they unsubscribe."""
    found = told("missing", subscribed(ago(hours=49)))
    assert found["state"] == "missing"
    assert found["note"] == (
        f"asked {minute(hours=49)}, and not confirmed in two days or unsubscribed by the link in a mail"
    )


@pytest.mark.parametrize(
    "records",
    [
        [subscribed(ago(days=1), topic=f"{TOPIC}-other", arn=f"{TOPIC}-other:1")],
        [subscribed(ago(days=1), name="other")],
        [subscribed(ago(days=1), errorCode="AuthorizationError")],
        [record("Subscribe", ago(days=1), requestParameters=None, responseElements=None)],
        [record("Subscribe", ago(days=1))],
    ],
)
def test_calls_for_others_and_calls_that_failed_do_not_count(records: list[dict[str, Any]]) -> None:
    assert told("missing", *records) == subscriber("missing")


def test_an_unsubscribe_that_failed_does_not_count() -> None:
    found = told("missing", subscribed(ago(days=9)), unsubscribed(ago(days=5), errorCode="AuthorizationError"))
    assert found["state"] == "missing"


def test_who_called_is_one_line_of_text() -> None:
    hostile = {"type": "AssumedRole", "arn": f"arn:aws:sts::1:assumed-role/\x1b[2J\n{'x' * 900}"}
    found = told("missing", subscribed(ago(days=9)), unsubscribed(ago(days=5), userIdentity=hostile))
    assert found["note"].isprintable()
    assert len(found["note"]) < 300


def test_what_a_service_did_for_somebody_is_told() -> None:
    service = {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}
    found = told("missing", subscribed(ago(days=9)), unsubscribed(ago(days=5), userIdentity=service))
    assert found["note"].endswith("by cloudformation.amazonaws.com")


def test_a_history_that_cannot_be_read_knows_nothing() -> None:
    assert remembered(NoCloudTrail(), TOPIC, [subscriber("pending")]) == [subscriber("pending")]


def test_two_pages_are_looked_through_and_no_more() -> None:
    crowd = [subscribed(ago(hours=1), name=f"other-{number}") for number in range(5)]
    cloudtrail = CloudTrail(*crowd, subscribed(ago(hours=3)), page=3)
    (found,) = remembered(cloudtrail, TOPIC, [subscriber("pending")])
    assert found["asked"] == ago(hours=3)
    cloudtrail = CloudTrail(*crowd, subscribed(ago(hours=3)), page=2)
    (found,) = remembered(cloudtrail, TOPIC, [subscriber("pending")])
    assert (found["asked"], cloudtrail.asked) == (None, ["Subscribe"] * 2)
