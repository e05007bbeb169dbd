"""The layer around ministack: every request passes through here, is judged, executed, recorded and delivered."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sandbox import connection, identity, keys, policies, regions, strict
from sandbox.admin import PREFIX, Admin
from sandbox.call import Call, outcome_of, understand
from sandbox.delivery import Delivery
from sandbox.errors import RefusedError, error_response
from sandbox.faults import Faults, Loss
from sandbox.journal import Journal
from sandbox.records import Caller, as_role_owner_sees, record_of
from sandbox.sns_mail import SnsMail
from sandbox.wire import Request, Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]
_log = logging.getLogger("sandbox")
_MAIL_PAGES = ("/confirmation.html", "/unsubscribe.html")


class Layer:
    """An ASGI application around ministack's."""

    def __init__(
        self, inner: Asgi, admin: Admin, journal: Journal, faults: Faults, delivery: Delivery, mail: SnsMail
    ) -> None:
        self._inner = inner
        self._admin, self._journal, self._faults = admin, journal, faults
        self._delivery, self._mail = delivery, mail

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request = await _read(scope, receive)
        if request is None:
            return
        answer = await self._answer(scope, request)
        if isinstance(answer, Loss):
            await _lose(answer, receive)
        else:
            await _write(send, answer, request.method)

    async def _answer(self, scope: Message, request: Request) -> Response | Loss:
        if request.path.startswith(PREFIX):
            return await self._admin.answer(request)
        if _is_mail_link(request):
            return self._mail.visit({name: values[0] for name, values in request.query.items()})
        try:
            call = understand(request)
        except Exception:
            _log.exception("cannot understand %s %s", request.method, request.path)
            call = None
        if call is None:
            return await _forward(self._inner, scope, request)
        return await self._perform(scope, call, identity.caller_of(call.access_key))

    async def _perform(self, scope: Message, call: Call, caller: Caller) -> Response | Loss:
        policies.CALL.set(call)
        verdict = self._faults.judge(call, caller)
        if isinstance(verdict.instead, Loss):
            return verdict.instead
        if verdict.instead:
            self._record(call, caller, verdict.instead, deliver=False)
            return verdict.instead
        try:
            regions.check(call)
            strict.before(call, caller)
            response = await _forward(self._inner, scope, call.request)
            response = strict.after(call, caller, response)
        except RefusedError as refused:
            response = error_response(call, refused.code, refused.message, refused.status)
        self._record(call, caller, response, deliver=True)
        return verdict.afterwards or response

    def _record(self, call: Call, caller: Caller, response: Response, *, deliver: bool) -> None:
        record = record_of(call, caller, outcome_of(call, response), keys.named_by(call, caller.account))
        records = [record]
        if call.assumed_account not in (None, caller.account) and response.status < 300:
            records.append(as_role_owner_sees(record, str(call.assumed_account)))
        for one in records:
            self._journal.add(one, caller.by)
            if deliver:
                # In a context of its own: delivery sets the scope of other accounts and regions.
                asyncio.get_running_loop().call_soon(self._delivery.deliver, one, context=contextvars.Context())


def _is_mail_link(request: Request) -> bool:
    signed = request.scope() is not None
    confirms = request.path == "/" and request.first("Action") in ("ConfirmSubscription", "Unsubscribe")
    return request.method == "GET" and not signed and (confirms or request.path in _MAIL_PAGES)


async def _read(scope: Message, receive: Receive) -> Request | None:
    """The whole request; None if the client went away."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Request.of(scope["method"], scope["path"], scope["query_string"].decode(), headers, b"".join(chunks))


async def _forward(inner: Asgi, scope: Message, request: Request) -> Response:
    """Let ministack answer."""
    start: Message = {}
    body = bytearray()
    pending: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        if pending:
            return pending.pop()
        await asyncio.Event().wait()  # the client is still there
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await inner(scope, receive, send)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", [])]
    return Response(start.get("status", 500), headers, bytes(body))


async def _lose(how: Loss, receive: Receive) -> None:
    """Break the connection, at once or when the caller gives up waiting."""
    if how is Loss.SILENCE:
        while (await receive())["type"] != "http.disconnect":
            pass
    connection.break_off()


async def _write(send: Send, response: Response, method: str) -> None:
    # A HEAD answer keeps the length ministack gave it: that of the body it stands for.
    kept = [
        (name, value)
        for name, value in response.headers
        if name.lower() not in ("content-length", "transfer-encoding") or method == "HEAD"
    ]
    if method != "HEAD" and response.status not in (204, 304):
        kept.append(("content-length", str(len(response.body))))
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in kept]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})
