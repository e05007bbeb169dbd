"""Measures one handler in a process of its own, and prints the figures as JSON.

Usage: child.py FOLDER MODULE RECORDS (import | times | memory)

The handler publishes with boto3's own client in `memory`, answered from memory below it; in `times` the client is
replaced, so that boto3's time is not counted. Nothing leaves the process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

EACH = 200
MANY = 10_000
WARM = 1_000
CONTEXT = SimpleNamespace(
    invoked_function_arn="arn:aws:lambda:us-east-1:111111111111:function:iam-alerting",
    get_remaining_time_in_millis=lambda: 30_000,
)
ENVIRONMENT = {
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111111111111:iam-alerting",
    "ACCOUNT_NAME": "production",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
}
PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId>'
    b"</PublishResult></PublishResponse>"
)

Handler = Callable[[Any, Any], Any]


class Silent:
    """A client of SNS that does nothing."""

    def publish(self, **arguments: Any) -> dict[str, str]:
        return {"MessageId": "m"}


def import_milliseconds(module: str) -> float:
    """Milliseconds of CPU to import the handler in a process that has boto3."""
    import boto3
    import botocore.config

    assert boto3.session
    assert botocore.config
    started = time.thread_time()
    importlib.import_module(module)
    return (time.thread_time() - started) * 1000


def times(module: str, events: list[Any]) -> dict[str, float]:
    """Milliseconds of CPU a record, all of them in EACH turns after a first one: there is nothing to wait for."""
    loaded: Any = importlib.import_module(module)
    loaded.sns = Silent()
    if hasattr(loaded, "_sns"):
        loaded._sns = lambda region: Silent()
    found = []
    for turn in range(1 + EACH):
        for event in events:
            with _quiet():
                started = time.thread_time()
                loaded.lambda_handler(event, CONTEXT)
                took = (time.thread_time() - started) * 1000
            if turn:
                found.append(took)
    return {"median": statistics.median(found), "most": max(found), "p99": statistics.quantiles(found, n=100)[98]}


def memory(module: str, events: list[Any]) -> dict[str, float]:
    """Resident memory in MB: the most, and by how much it grew from WARM records to MANY more."""
    import boto3

    boto3.setup_default_session()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-send.sns.*", _answer)
    handler = importlib.import_module(module).lambda_handler
    _run(handler, events, WARM)
    before = _resident_mb()
    _run(handler, events, MANY)
    return {
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "grown_mb": _resident_mb() - before,
    }


def _resident_mb() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _run(handler: Handler, events: list[Any], number: int) -> None:
    for count in range(number):
        with _quiet():
            handler(events[count % len(events)], CONTEXT)


def _answer(request: Any, **_rest: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda: iter([PUBLISHED])))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def main() -> None:
    """Measure what is asked for."""
    folder, module, records, what = sys.argv[1:5]
    sys.path.insert(0, folder)
    os.environ.update(ENVIRONMENT)
    if what == "import":
        print(json.dumps(import_milliseconds(module)))
        return
    events = json.loads(Path(records).read_text())
    print(json.dumps({"times": times, "memory": memory}[what](module, events)))


if __name__ == "__main__":
    main()
