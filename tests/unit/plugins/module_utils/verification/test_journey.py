# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a call: its message, its line in the log, and how long each stage took."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, Journey, Line
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.listener import arrived

CALLED = 1773457662.5  # 2026-03-14T03:07:42.5Z
TIMES = {"eventTime": "2026-03-14T03:07:42Z", "receivedTime": "2026-03-14T03:07:50.500Z"}


def journey(**other: Any) -> Journey:
    return Journey("iam:CreateUser", "iam-alerting-verify-1a2b", CALLED, "r-1", **other)


def arrival(action: str = "iam:CreateUser", text: str = "user iam-alerting-verify-1a2b") -> Arrival:
    return Arrival(action, text, CALLED + 9, CALLED + 9.25, CALLED + 10)


def line(**entry: Any) -> Line:
    return Line({"requestID": "r-1", **TIMES, **entry}, "stream", 0)


def test_stages_add_up_to_the_whole_way() -> None:
    stages = journey(line=line(), arrival=arrival()).stages()
    assert stages == {"record": 0.0, "function": 8.0, "topic": 1.0, "queue": 0.25, "seen": 0.75}
    assert sum(stages.values()) == 10.0


def test_stages_without_the_log_are_those_of_the_message() -> None:
    assert journey(arrival=arrival()).stages() == {"topic": 9.0, "queue": 0.25, "seen": 0.75}


def test_clocks_that_disagree_make_no_negative_time() -> None:
    late = journey(line=line(receivedTime="2026-03-14T03:07:59Z"), arrival=arrival())
    assert late.stages() == {"record": 0.0, "function": 16.5, "topic": 0.0, "queue": 0.0, "seen": 0.0}


def test_a_time_that_cannot_be_read_is_left_out() -> None:
    assert journey(line=line(eventTime="", receivedTime=None)).stages() == {}


@pytest.mark.parametrize("text", ["... user iam-alerting-verify-1a2b ...", '{"uid": "e-1"}'])
def test_a_message_is_known_by_the_name_or_the_event_id(text: str) -> None:
    found = journey(line=line(eventID="e-1"))
    found.find([arrival(text=text)])
    assert found.arrival is not None


@pytest.mark.parametrize(
    "other",
    [arrival(action="iam:DeleteUser"), arrival(text="user iam-alerting-verify-ffff")],
)
def test_a_message_about_something_else_is_not_taken(other: Arrival) -> None:
    found = journey(line=line(eventID=""))
    found.find([other])
    assert found.arrival is None
    assert not found.is_over


@pytest.mark.parametrize(
    ("entry", "quiet"),
    [
        ({"suppressedBy": {"name": "ci"}}, "suppressed by ci"),
        ({"disposition": "grouped", "messageId": ""}, "left to the summary of a group of events"),
        ({"disposition": "duplicate", "messageId": ""}, "left to the summary of a group of events"),
        ({"disposition": "mailed", "messageId": "m"}, ""),
        ({"messageId": ""}, ""),
    ],
)
def test_an_event_without_message_of_its_own_is_over(entry: dict[str, Any], quiet: str) -> None:
    found = journey(line=line(**entry))
    assert (found.quiet, found.is_over) == (quiet, bool(quiet))


def test_a_message_is_read_out_of_its_envelope() -> None:
    envelope = {
        "Message": '{"class_uid": 2004}',
        "Timestamp": "2026-03-14T03:07:51.120Z",
        "MessageAttributes": {"action": {"Type": "String", "Value": "iam:CreateUser"}},
    }
    message = {"Body": json.dumps(envelope), "Attributes": {"SentTimestamp": "1773457671200"}}
    expected = Arrival("iam:CreateUser", '{"class_uid": 2004}', 1773457671.12, 1773457671.2, 1773457672.0)
    assert arrived(message, 1773457672.0) == expected


@pytest.mark.parametrize("body", ["text", "[]", "{}", '{"Message": "x", "MessageAttributes": {}}'])
def test_what_is_no_notification_is_passed_over(body: str) -> None:
    assert arrived({"Body": body, "Attributes": {"SentTimestamp": "0"}}, 0.0) is None
