"""The admin API below ``/_sandbox/``, JSON in and out: what tests and the CLI ask of the sandbox itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.wire import Request, Response

PREFIX = "/_sandbox/"
Handler = Callable[[Request, dict[str, Any]], Awaitable[object]]


class Admin:
    """Routes ``METHOD name`` to a handler. Which handlers there are depends on the emulator."""

    def __init__(self, journal: Journal, faults: Faults) -> None:
        self._journal = journal
        self._faults = faults
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._clear_calls,
            ("GET", "faults"): self._faults_of,
            ("POST", "faults"): self._fault,
            ("DELETE", "faults"): self._clear_faults,
        }

    def add(self, method: str, name: str, handler: Handler) -> None:
        self._handlers[method, name] = handler

    async def answer(self, request: Request) -> Response:
        """Answer one admin request."""
        handler = self._handlers.get((request.method, request.path.removeprefix(PREFIX)))
        if handler is None:
            return Response.json({"error": f"no {request.method} {request.path}"}, 404)
        try:
            body = json.loads(request.body or b"{}")
            return Response.json(await handler(request, body))
        except (ValueError, TypeError, KeyError) as error:
            return Response.json({"error": f"{type(error).__name__}: {error}"}, 400)

    async def _calls(self, request: Request, _body: dict[str, Any]) -> object:
        account, by = request.first("account") or None, request.first("by") or None
        return self._journal.find(account, by, request.first("writes") == "true", request.first("since"))

    async def _clear_calls(self, request: Request, _body: dict[str, Any]) -> object:
        self._journal.clear(request.first("account") or None)
        return {}

    async def _fault(self, _request: Request, body: dict[str, Any]) -> object:
        account, since = body.pop("account"), body.pop("since", None)
        done = self._journal.find(account, "caller", True, since) if since else []
        self._faults.add(account, body, len(done))
        return {}

    async def _faults_of(self, request: Request, _body: dict[str, Any]) -> object:
        return self._faults.find(request.first("account"))

    async def _clear_faults(self, request: Request, _body: dict[str, Any]) -> object:
        self._faults.clear(request.first("account") or None)
        return {}
