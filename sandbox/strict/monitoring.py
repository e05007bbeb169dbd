"""CloudWatch: an alarm without a description has none."""

from __future__ import annotations

from ministack.services import cloudwatch

from sandbox.call import Call
from sandbox.strict import repair
from sandbox.wire import Response


@repair("monitoring", "PutMetricAlarm")
def _no_empty_description(call: Call, _response: Response) -> None:
    alarm = cloudwatch._alarms.get(call.params.get("AlarmName", ""))
    if alarm and not alarm.get("AlarmDescription"):
        alarm.pop("AlarmDescription", None)
