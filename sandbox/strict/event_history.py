"""CloudTrail's event history: LookupEvents finds the management events of an account, whatever its trails log."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region

from sandbox.call import Call
from sandbox.journal import Journal
from sandbox.strict import repair
from sandbox.wire import Response

JOURNAL = Journal()
_FIELDS = {"EventId": "eventID", "EventName": "eventName", "EventSource": "eventSource"}


@repair("cloudtrail", "LookupEvents")
def _events(call: Call, response: Response) -> Response:
    """The newest records first. Of the attributes only those in ``_FIELDS`` are known; others find nothing."""
    wanted = {one["AttributeKey"]: one["AttributeValue"] for one in call.params.get("LookupAttributes") or []}
    start, end = _seconds(call.params.get("StartTime"), 0), _seconds(call.params.get("EndTime"), time.time())
    found = [
        _event(record)
        for record in reversed(JOURNAL.find(get_account_id()))
        if record["managementEvent"]
        and record["awsRegion"] == get_region()
        and start <= _moment(record) <= end
        and all(record.get(_FIELDS.get(key, "")) == value for key, value in wanted.items())
    ]
    body = {"Events": found[: int(call.params.get("MaxResults") or 50)]}
    return replace(response, body=json.dumps(body).encode())


def _seconds(value: Any, default: float) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value if value is not None else default)


def _moment(record: dict[str, Any]) -> float:
    return datetime.fromisoformat(record["eventTime"]).timestamp()


def _event(record: dict[str, Any]) -> dict[str, Any]:
    identity = record["userIdentity"]
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": _moment(record),
        "ReadOnly": str(record["readOnly"]).lower(),
        "Username": identity.get("userName") or str(identity.get("arn", "")).rpartition("/")[2],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record, default=str),
    }
