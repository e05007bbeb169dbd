"""The journal of all calls since the start, for tests to ask."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any


class Journal:
    """The latest records, in order of completion. Thread-safe."""

    def __init__(self, limit: int = 200_000) -> None:
        self._entries: deque[tuple[str, dict[str, Any]]] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def add(self, record: dict[str, Any], by: str) -> None:
        with self._lock:
            self._entries.append((by, record))

    def clear(self, account: str | None = None) -> None:
        with self._lock:
            kept = [entry for entry in self._entries if account and entry[1]["recipientAccountId"] != account]
            self._entries.clear()
            self._entries.extend(kept)

    def find(
        self, account: str | None = None, by: str | None = None, writes: bool = False, since: str = ""
    ) -> list[dict[str, Any]]:
        """Records of an account, of a kind of caller, writes only, from an eventTime on. Blank: any."""
        with self._lock:
            entries = list(self._entries)
        return [
            record
            for who, record in entries
            if (account is None or record["recipientAccountId"] == account)
            and (by is None or who == by)
            and not (writes and record["readOnly"])
            and record["eventTime"] >= since
        ]
