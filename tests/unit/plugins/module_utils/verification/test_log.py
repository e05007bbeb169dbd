# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found in the function's log."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ansible_collections.trailwatch.aws.plugins.module_utils.verification import log
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Line

GROUP = "/aws/lambda/iam-alerting"


def events(*messages: str) -> dict[str, Any]:
    return {
        "events": [
            {"message": message, "logStreamName": f"s-{number}", "timestamp": number}
            for number, message in enumerate(messages)
        ]
    }


def entry(request_id: str, **other: Any) -> str:
    return json.dumps({"requestID": request_id, **other})


@pytest.fixture
def logs() -> Any:
    return boto3.client("logs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_lines_are_found_by_request_id_with_room_for_clocks_that_differ(logs: Any) -> None:
    asked = {"logGroupName": GROUP, "filterPattern": '?"r-1" ?"r-2"', "startTime": 40_000}
    with Stubber(logs) as stubber:
        answer = events("START RequestId: r-1", entry("r-1", messageId="m"), entry("r-3"), '"r-2"')
        stubber.add_response("filter_log_events", answer, asked)
        assert log.lines(logs, GROUP, ["r-1", "r-2"], 100.0) == {
            "r-1": Line({"requestID": "r-1", "messageId": "m"}, "s-1", 1)
        }


def test_of_several_tries_the_one_with_a_message_counts_else_the_last(logs: Any) -> None:
    with Stubber(logs) as stubber:
        tries = [
            entry("a", messageId=""),
            entry("b", messageId=""),
            entry("a", messageId="m"),
            entry("a", messageId=""),
        ]
        stubber.add_response("filter_log_events", events(*tries, entry("b", suppressedBy={"name": "ci"})))
        found = log.lines(logs, GROUP, ["a", "b"], 100.0)
    assert found["a"].entry["messageId"] == "m"
    assert found["b"].quiet == "suppressed by ci"


def test_no_log_group_is_no_line(logs: Any) -> None:
    with Stubber(logs) as stubber:
        stubber.add_client_error("filter_log_events", "ResourceNotFoundException")
        assert log.lines(logs, GROUP, ["r-1"], 100.0) == {}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File ...", "[ERROR] KeyError: 'x'"),
        (json.dumps({"itemIdentifier": "1", "error": "KeyError: 'x'", "traceback": "..."}), "KeyError: 'x'"),
        ("[ERROR] " + "x" * 400, "[ERROR] " + "x" * 292 + "..."),
    ],
)
def test_an_error_is_told_on_one_line(logs: Any, message: str, told: str) -> None:
    asked = {"logGroupName": GROUP, "filterPattern": ANY, "logStreamNames": ["s"], "startTime": 7}
    with Stubber(logs) as stubber:
        stubber.add_response("filter_log_events", events(message, "[ERROR] of a later try"), asked)
        assert log.error_after(logs, GROUP, Line({}, "s", 7)) == told


def test_the_last_error_is_told(logs: Any) -> None:
    with Stubber(logs) as stubber:
        stubber.add_response("filter_log_events", events("[ERROR] first", "[ERROR] last"))
        stubber.add_response("filter_log_events", events())
        assert log.last_error(logs, GROUP, 100.0) == "[ERROR] last"
        assert log.last_error(logs, GROUP, 100.0) == ""
