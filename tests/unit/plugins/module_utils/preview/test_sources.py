# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every form in which people have CloudTrail records is read; anything else is refused with what was expected."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.sources import (
    SourceError,
    log_files,
    read_events,
)

Build = Callable[..., dict[str, Any]]


def event_of(record: dict[str, Any]) -> dict[str, Any]:
    return {"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "region": "us-east-1", "detail": record}


FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "EventBridge event": event_of,
    "no more than its detail": lambda record: {"detail": record},
    "bare record": lambda record: record,
    "log file": lambda record: {"Records": [record]},
    "list of events": lambda record: [event_of(record)],
    "list of log files": lambda record: [{"Records": [record]}],
    "lookup-events": lambda record: {"Events": [{"EventName": "x", "CloudTrailEvent": json.dumps(record)}]},
    "one of lookup-events": lambda record: {"EventName": "x", "CloudTrailEvent": json.dumps(record)},
}


@pytest.mark.parametrize("form", FORMS)
def test_form(form: str, record: Build, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps(FORMS[form](record())))
    (event,) = read_events(file)
    assert event["detail"] == record()
    assert (event["source"], event["detail-type"]) == ("aws.iam", "AWS API Call via CloudTrail")
    assert event["region"] == "us-east-1"


@pytest.mark.parametrize("name", ["file.json.gz", "file.json", "anything"])
def test_gzip_is_known_by_its_content(name: str, record: Build, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(json.dumps({"Records": [record()] * 2}).encode()))
    assert len(read_events(file)) == 2


def test_json_of_a_windows_shell_is_read(record: Build, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps(record()), encoding="utf-16")
    assert len(read_events(file)) == 1


@pytest.mark.parametrize(
    ("event_type", "detail_type"),
    [
        ("AwsConsoleSignIn", "AWS Console Sign In via CloudTrail"),
        ("AwsServiceEvent", "AWS Service Event via CloudTrail"),
        (None, "AWS API Call via CloudTrail"),
        (["AwsApiCall"], "['AwsApiCall']"),
    ],
)
def test_detail_type_of_a_bare_record(event_type: Any, detail_type: str, record: Build, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps(record(eventType=event_type)))
    assert read_events(file)[0]["detail-type"] == detail_type


BROKEN: dict[str, tuple[bytes, str]] = {
    "other JSON": (b'{"configurationItems": []}', "an object with configurationItems. Expected was an EventBridge"),
    "empty object": (b"{}", "an empty object. Expected was"),
    "a number among records": (b'{"Records": [{"eventName": "x"}, 1]}', "type int where an object was to be. Expected"),
    "no JSON": (b"<html>", "no JSON: .* Expected was an EventBridge event"),
    "no JSON in lookup-events": (b'{"Events": [{"CloudTrailEvent": "x"}]}', "no JSON: "),
    "not text": (b"\xff\x00\xfe", "no JSON: "),
    "cut off": (gzip.compress(b"{}")[:-4], "cannot be read: "),
    "damaged": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff", "cannot be read: "),
    "too deep": (b"[" * 200_000, "no JSON: "),
}


@pytest.mark.parametrize("content", BROKEN)
def test_what_cannot_be_used_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(BROKEN[content][0])
    with pytest.raises(SourceError, match=BROKEN[content][1]):
        read_events(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file or directory"):
        read_events(tmp_path / "no.json")


def test_files_of_a_bucket(tmp_path: Path) -> None:
    account = "AWSLogs/111111111111"
    kept = [f"{account}/CloudTrail/us-east-1/2026/03/{name}" for name in ("14/a.json.gz", "14/b.json", "15/a.json.gz")]
    left = [f"{account}/CloudTrail-Digest/us-east-1/2026/03/14/d.json.gz", f"{account}/CloudTrail/readme.txt"]
    for name in (*left, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(file.relative_to(tmp_path)) for file in log_files(tmp_path)] == kept
