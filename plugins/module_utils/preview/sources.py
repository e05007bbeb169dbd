# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudTrail records from files, in the form in which EventBridge hands them on."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import SOURCE_SUFFIX
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import API_CALL, SERVICE_EVENT

Event = Mapping[str, Any]

EXPECTED = (
    "Expected was an EventBridge event, a CloudTrail record, a log file of CloudTrail, the output of 'aws cloudtrail "
    "lookup-events' or a list of these, as JSON, gzipped or not."
)

_SUFFIXES = (".json", ".json.gz")
_DIGESTS = "CloudTrail-Digest"
_GZIP = b"\x1f\x8b"

# The detail-type under which EventBridge reports a record, by the record's eventType. No rule takes other types.
_DETAIL_TYPES = {
    "AwsApiCall": API_CALL,
    "AwsServiceEvent": SERVICE_EVENT,
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
}


class SourceError(ValueError):
    """A file that holds no CloudTrail records. The text says what is wrong with it, and what was expected."""


def log_files(folder: Path) -> Iterator[Path]:
    """The JSON files below a folder in the order of their names, CloudTrail's digest files left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != _DIGESTS)
        yield from (Path(place, name) for name in sorted(names) if name.endswith(_SUFFIXES))


def read_events(path: Path) -> list[Event]:
    """The events of a file, a bare record wrapped as EventBridge would do it. May be none.

    All of the file is read before the first is given, so that a file counts wholly or not at all.

    Raises:
        SourceError: it cannot be read, or a part of it is nothing that is expected.
    """
    try:
        content = path.read_bytes()
        return list(_events(json.loads(gzip.decompress(content) if content.startswith(_GZIP) else content)))
    except SourceError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"It cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"It is no JSON: {error}. {EXPECTED}") from error


def _events(document: object) -> Iterator[Event]:
    if isinstance(document, list):
        for each in document:
            yield from _events(each)
        return
    fields = document if isinstance(document, dict) else {}
    listed = fields.get("Records", fields.get("Events"))
    if isinstance(listed, list):
        yield from _events(listed)
    elif isinstance(fields.get("CloudTrailEvent"), str):
        yield from _events(json.loads(fields["CloudTrailEvent"]))
    elif isinstance(fields.get("detail"), dict):
        yield {**_wrapped(fields["detail"]), **fields}
    elif "eventName" in fields or "eventSource" in fields:
        yield _wrapped(fields)
    else:
        raise SourceError(f"It holds {_described(document)}. {EXPECTED}")


def _described(document: object) -> str:
    if isinstance(document, dict):
        return f"an object with {', '.join(sorted(document)[:5])}" if document else "an empty object"
    return f"a value of type {type(document).__name__} where an object was to be"


def _wrapped(record: Mapping[str, Any]) -> Event:
    kind = str(record.get("eventType") or "AwsApiCall")
    return {
        "detail-type": _DETAIL_TYPES.get(kind, kind),
        "source": f"aws.{str(record.get('eventSource')).removesuffix(SOURCE_SUFFIX)}",
        "account": record.get("recipientAccountId"),
        "time": record.get("eventTime"),
        "region": record.get("awsRegion"),
        "detail": record,
    }
