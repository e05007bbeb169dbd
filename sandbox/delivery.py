"""What CloudTrail does with a record: to the event bus and into log files, if a trail logs it; else nothing."""

from __future__ import annotations

from typing import Any

from sandbox import trails
from sandbox.bus import Bus
from sandbox.logfiles import LogFiles

API_CALL = "AWS API Call via CloudTrail"


class Delivery:
    """Lives on the event loop."""

    def __init__(self, bus: Bus, files: LogFiles) -> None:
        self._bus = bus
        self._files = files

    def deliver(self, record: dict[str, Any], detail_type: str = API_CALL) -> bool:
        """Deliver one record to the account that it is for; False if no trail of that account logs it."""
        account = record["recipientAccountId"]
        covering = trails.covering(account, record)
        for trail in covering:
            self._files.add(trail, record)
        if covering:
            self._bus.put_service_event(account, record["awsRegion"], detail_type, record)
        return bool(covering)
