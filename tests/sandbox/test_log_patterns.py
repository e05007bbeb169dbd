"""Filter patterns of CloudWatch Logs: what FilterLogEvents finds."""

from __future__ import annotations

import time

import pytest

LINES = ["[ERROR] KeyError: 'x'", "2026-03-14 Task timed out after 3.00 seconds", "all is well", "error of no account"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", LINES),
        ("error", LINES[3:]),
        ('"[ERROR]"', LINES[:1]),
        ('?"[ERROR]" ?"Task timed out"', LINES[:2]),
        ("of account", LINES[3:]),
        ("-error -is", LINES[:2]),
    ],
)
def test_terms(account, pattern, found):
    logs = account.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in LINES]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    answer = logs.filter_log_events(logGroupName="g", filterPattern=pattern)
    assert [event["message"] for event in answer["events"]] == found
