# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module lambda_event_source_mapping does to a mapping; Lambda's answers are given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import event_source_mapping as mapping
from ansible_collections.trailwatch.aws.plugins.modules import lambda_event_source_mapping
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    answering,
    error,
    examples,
    run,
    writes,
)

QUEUE = "arn:aws:sqs:us-east-1:123456789012:tickets"
ARN = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:1-2"
ENDS = {"function_name": "helpdesk", "event_source_arn": QUEUE}
FULL: dict[str, Any] = {
    **ENDS,
    "batch_size": 10,
    "maximum_batching_window_in_seconds": 0,
    "maximum_concurrency": 2,
    "function_response_types": ["ReportBatchItemFailures"],
    "filter_criteria": {},
    "tags": {"team": "security"},
}
MAPPING = {
    "UUID": "1-2",
    "EventSourceMappingArn": ARN,
    "EventSourceArn": QUEUE,
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:helpdesk",
    "State": "Enabled",
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "ScalingConfig": {"MaximumConcurrency": 2},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}
FILTER = {"Filters": [{"Pattern": "{}"}]}
READS = ["ListEventSourceMappings", "ListTags"]
Calls = list[tuple[str, dict[str, Any]]]

pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before Lambda is asked again, in seconds; none is really made."""
    made: list[float] = []
    monkeypatch.setattr(mapping.time, "sleep", made.append)
    return made


def listed(*mappings: dict[str, Any]) -> dict[str, Any]:
    return {"EventSourceMappings": list(mappings)}


def ensure(answers: dict[str, Any], **options: Any) -> tuple[dict[str, Any], Calls]:
    """What the module returns, and the calls that it made."""
    usual = {"ListTags": {"Tags": {"team": "security"}}, "GetEventSourceMapping": {"State": "Enabled"}}
    with answering(**{**usual, **answers}) as calls:
        return run(lambda_event_source_mapping.main, **options), calls


def names(calls: Calls) -> list[str]:
    return [name for name, _arguments in calls]


def test_creates_the_mapping_as_asked_for(pauses):
    states = [{"State": "Creating"}, {"State": "Creating"}, {"State": "Enabled"}]
    answers = {"CreateEventSourceMapping": MAPPING, "GetEventSourceMapping": states}

    result, calls = ensure({"ListEventSourceMappings": listed(), **answers}, **FULL)

    assert result["changed"]
    assert (result["uuid"], result["event_source_mapping_arn"]) == ("1-2", ARN)
    assert dict(calls)["CreateEventSourceMapping"] == {
        "FunctionName": "helpdesk",
        "EventSourceArn": QUEUE,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Enabled": True,
        "Tags": {"team": "security"},
    }
    # Only when it hands messages on, something may rely on it.
    assert len(pauses) == 2


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Enabled", "Updating"])
def test_in_sync_is_reads_only(state):
    result, calls = ensure({"ListEventSourceMappings": listed({**MAPPING, "State": state})}, **FULL)

    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert names(calls) == READS
    assert dict(calls)["ListEventSourceMappings"] == {"FunctionName": "helpdesk", "EventSourceArn": QUEUE}


def test_options_that_are_not_set_are_not_touched():
    other = {**MAPPING, "BatchSize": 1, "ScalingConfig": {}, "FunctionResponseTypes": []}

    result, calls = ensure({"ListEventSourceMappings": listed(other)}, **ENDS)

    assert not result["changed"]
    assert names(calls) == ["ListEventSourceMappings"]


@pytest.mark.parametrize(
    ("live", "update"),
    [
        ({"BatchSize": 1}, {"BatchSize": 10}),
        ({"MaximumBatchingWindowInSeconds": 5}, {"MaximumBatchingWindowInSeconds": 0}),
        ({"ScalingConfig": {"MaximumConcurrency": 50}}, {"ScalingConfig": {"MaximumConcurrency": 2}}),
        ({"ScalingConfig": {}}, {"ScalingConfig": {"MaximumConcurrency": 2}}),
        ({"FunctionResponseTypes": []}, {"FunctionResponseTypes": ["ReportBatchItemFailures"]}),
        ({"FilterCriteria": FILTER}, {"FilterCriteria": {}}),
        ({"State": "Disabled"}, {"Enabled": True}),
        ({"State": "Disabling"}, {"Enabled": True}),
    ],
)
def test_drift_is_mended_and_named(live, update):
    answers = {"ListEventSourceMappings": listed({**MAPPING, **live}), "UpdateEventSourceMapping": MAPPING}

    result, calls = ensure(answers, **FULL)

    assert result["changed"]
    assert result["diff"]["after"] == update
    assert set(result["diff"]["before"]) == set(update)
    assert dict(calls)["UpdateEventSourceMapping"] == {"UUID": "1-2", **update}


@pytest.mark.parametrize("live", [{"FilterCriteria": {"Filters": []}}, {"FilterCriteria": {}}, {"Topics": []}])
def test_what_means_the_same_is_no_change(live):
    result, _calls = ensure({"ListEventSourceMappings": listed({**MAPPING, **live})}, **FULL)

    assert not result["changed"]


def test_what_lambda_does_not_say_is_its_default():
    bare = {name: MAPPING[name] for name in ("UUID", "EventSourceMappingArn", "State")}
    options = {**ENDS, "batch_size": 10, "maximum_concurrency": 0, "function_response_types": [], "filter_criteria": {}}

    result, _calls = ensure({"ListEventSourceMappings": listed(bare)}, **options)

    assert not result["changed"]


def test_tags_are_set_and_removed():
    live = {"Tags": {"team": "ops", "old": "1"}}
    answers = {"ListEventSourceMappings": listed(MAPPING), "ListTags": live, "TagResource": {}, "UntagResource": {}}

    result, calls = ensure(answers, **FULL)
    assert result["diff"]["after"] == {"Tags": {"team": "security"}}
    assert dict(calls)["TagResource"] == {"Resource": ARN, "Tags": {"team": "security"}}
    assert dict(calls)["UntagResource"] == {"Resource": ARN, "TagKeys": ["old"]}

    result, calls = ensure(answers, **FULL, purge_tags=False)
    assert writes(names(calls)) == ["TagResource"]
    assert result["tags"] == {"team": "security", "old": "1"}


@pytest.mark.parametrize("code", ["ResourceInUseException", "ResourceConflictException"])
def test_while_lambda_is_busy_with_a_mapping_it_is_asked_again(pauses, code):
    busy = error(code)
    found = {"ListEventSourceMappings": listed({**MAPPING, "BatchSize": 1, "State": "Updating"})}

    result, calls = ensure({**found, "UpdateEventSourceMapping": [busy, busy, MAPPING]}, **FULL)
    assert result["changed"]
    assert names(calls).count("UpdateEventSourceMapping") == 3

    result, calls = ensure({**found, "DeleteEventSourceMapping": [busy, MAPPING]}, **ENDS, state="absent")
    assert result["changed"]
    assert names(calls).count("DeleteEventSourceMapping") == 2
    assert pauses == [mapping.PAUSE_SECONDS] * 3


def test_a_mapping_that_is_going_is_not_there_and_its_place_is_waited_for(pauses):
    going = {"ListEventSourceMappings": listed({**MAPPING, "State": "Deleting"})}

    result, calls = ensure(going, **ENDS, state="absent")
    assert not result["changed"]
    assert names(calls) == ["ListEventSourceMappings"]

    taken = error("ResourceConflictException")
    result, _calls = ensure({**going, "CreateEventSourceMapping": [taken, MAPPING]}, **FULL)
    assert result["changed"]
    assert len(pauses) == 1


def test_a_creation_whose_answer_was_lost_is_not_waited_for(pauses):
    found = {"ListEventSourceMappings": [listed(), listed({**MAPPING, "State": "Creating"})]}
    made = error("ResourceConflictException")

    result, calls = ensure({**found, "CreateEventSourceMapping": made}, **FULL)

    assert result["changed"]
    assert (result["uuid"], result["event_source_mapping_arn"]) == ("1-2", ARN)
    assert writes(names(calls)) == ["CreateEventSourceMapping"]
    assert names(calls)[-1] == "GetEventSourceMapping"
    assert pauses == []


def test_a_mapping_that_somebody_else_makes_meanwhile_is_mended():
    other = {**MAPPING, "BatchSize": 1}
    found = {"ListEventSourceMappings": [listed(), listed(other)]}
    answers = {"CreateEventSourceMapping": error("ResourceConflictException"), "UpdateEventSourceMapping": MAPPING}

    result, calls = ensure({**found, **answers}, **FULL)

    assert result["changed"]
    assert dict(calls)["UpdateEventSourceMapping"] == {"UUID": "1-2", "BatchSize": 10}


def test_lambda_is_not_waited_for_without_end(pauses):
    answers = {"ListEventSourceMappings": listed(), "CreateEventSourceMapping": MAPPING}

    result, _calls = ensure({**answers, "GetEventSourceMapping": {"State": "Creating"}}, **FULL)
    assert result["failed"]
    assert "it is Creating" in result["msg"]
    assert sum(pauses) == mapping.ATTEMPTS * mapping.PAUSE_SECONDS
    pauses.clear()

    result, _calls = ensure({**answers, "CreateEventSourceMapping": error("ResourceConflictException")}, **FULL)
    assert result["failed"]
    assert "ResourceConflictException" in result["msg"]
    assert sum(pauses) <= mapping.ATTEMPTS * mapping.PAUSE_SECONDS


def test_check_mode_writes_nothing_and_tells_what_would_be():
    result, calls = ensure({"ListEventSourceMappings": listed()}, **FULL, check=True)
    assert result["changed"]
    assert "uuid" not in result
    assert result["diff"]["after"]["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert writes(names(calls)) == []

    for options in ({**FULL, "enabled": False, "tags": {}}, {**ENDS, "state": "absent"}):
        result, calls = ensure({"ListEventSourceMappings": listed(MAPPING)}, **options, check=True)
        assert result["changed"]
        assert writes(names(calls)) == []


def test_absent_deletes_by_its_id():
    answers = {"ListEventSourceMappings": listed(MAPPING), "DeleteEventSourceMapping": MAPPING}
    result, calls = ensure(answers, **ENDS, state="absent")
    assert result["changed"]
    assert dict(calls)["DeleteEventSourceMapping"] == {"UUID": "1-2"}

    gone = {**answers, "DeleteEventSourceMapping": error("ResourceNotFoundException")}
    assert ensure(gone, **ENDS, state="absent")[0]["changed"]


def test_without_the_function_there_is_no_mapping():
    missing = {"ListEventSourceMappings": error("ResourceNotFoundException")}

    assert not ensure(missing, **ENDS, state="absent")[0]["changed"]
    assert ensure(missing, **FULL, check=True)[0]["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"event_source_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}, ["event_source_arn:", "queue"]),
        ({"batch_size": 0}, ["batch_size:", "0", "1 to 10000"]),
        ({"maximum_batching_window_in_seconds": 301}, ["maximum_batching_window_in_seconds:", "0 to 300"]),
        ({"maximum_concurrency": 1}, ["maximum_concurrency:", "1", "2 to 1000"]),
        ({"function_response_types": ["Maybe"]}, ["function_response_types", "ReportBatchItemFailures"]),
    ],
)
def test_bad_input_fails_before_any_call(options, words):
    result, calls = ensure({}, **{**FULL, **options})

    assert result["failed"]
    assert calls == []
    for word in words:
        assert word in result["msg"]


@pytest.mark.parametrize("operation", READS)
def test_a_refused_read_is_an_error(operation):
    answers = {"ListEventSourceMappings": listed(MAPPING), operation: error("AccessDeniedException")}

    result, calls = ensure(answers, **FULL)

    assert result["failed"]
    assert "AccessDeniedException" in result["msg"]
    assert writes(names(calls)) == []


@pytest.mark.parametrize("options", examples(lambda_event_source_mapping))
def test_the_examples_run(options):
    assert not ensure({"ListEventSourceMappings": listed()}, **options, check=True)[0].get("failed")
