"""moto in the sandbox's place: the second emulator, for deploy-twice idempotence only. Nothing is delivered in it.

Runs with any Python that has ``moto[server]``. The same journal, faults and admin API as the sandbox; accounts come
into being when their role is assumed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.iam import models as iam_models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sts.models import sts_backends
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

from sandbox import moto_repairs
from sandbox.admin import PREFIX, Admin
from sandbox.call import Call, outcome_of, understand
from sandbox.faults import Faults, Loss
from sandbox.journal import Journal
from sandbox.records import Caller, as_role_owner_sees, record_of
from sandbox.server import STATE_FILE, write_state
from sandbox.wire import Request, Response

StartResponse = Callable[..., Any]


def _caller_of(access_key: str) -> Caller:
    account = iam_models.get_account_id_from(access_key)
    kind, arn = "Root", f"arn:aws:iam::{account}:root"
    for backends in list(sts_backends.values()):
        for backend in list(backends.values()):
            role = backend.get_assumed_role_from_access_key(access_key)
            if role:
                kind, arn, account = "AssumedRole", role.arn, role.arn.split(":")[4]
    identity = {"type": kind, "principalId": account, "arn": arn, "accountId": account, "accessKeyId": access_key}
    return Caller(account, identity)


class MotoLayer:
    """A WSGI application around moto's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._journal, self._faults = Journal(), Faults()
        self._admin = Admin(self._journal, self._faults)
        self._admin.add("GET", "accounts", _nothing)
        self._admin.add("POST", "accounts", _nothing)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = _request(environ)
        if request.path.startswith(PREFIX):
            response = asyncio.run(self._admin.answer(request))
        else:
            call = understand(request)
            response = self._perform(environ, call, request) if call else self._forward(environ)
        start_response(f"{response.status} -", response.headers)
        return [response.body]

    def _perform(self, environ: dict[str, Any], call: Call, request: Request) -> Response:
        caller = _caller_of(call.access_key)
        with self._lock:
            verdict = self._faults.judge(call, caller)
        instead, afterwards = _answered(verdict.instead), _answered(verdict.afterwards)
        response = instead or self._forward(environ)
        record = record_of(call, caller, outcome_of(call, response))
        self._journal.add(record, caller.by)
        if call.assumed_account not in (None, caller.account):
            self._journal.add(as_role_owner_sees(record, str(call.assumed_account)), caller.by)
        return afterwards or response

    def _forward(self, environ: dict[str, Any]) -> Response:
        chunks, status, headers = run_wsgi_app(self._inner, environ, buffered=True)
        return Response(int(status.split(" ")[0]), list(headers.items()), b"".join(chunks))


def _answered(answer: Response | Loss | None) -> Response | None:
    if isinstance(answer, Loss):
        raise NotImplementedError("moto answers every call: connections are broken in the sandbox only")
    return answer


async def _nothing(_request: Request, _body: dict[str, Any]) -> object:
    return []


def _request(environ: dict[str, Any]) -> Request:
    sized = not environ.get("wsgi.input_terminated")
    body = environ["wsgi.input"].read(*([int(environ.get("CONTENT_LENGTH") or 0)] if sized else []))
    # moto reads it once more.
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return Request.of(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body)


def serve(state: Path, port: int, management: str) -> None:
    """Run until SIGTERM or SIGINT."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    moto_repairs.install()
    state.mkdir(parents=True, exist_ok=True)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(512)
    port = listening.getsockname()[1]
    os.environ["MOTO_PORT"] = str(port)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    layer = MotoLayer(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1", port, layer, threaded=True, request_handler=MotoRequestHandler, fd=listening.fileno()
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    write_state(state, f"http://127.0.0.1:{port}", management)
    try:
        server.serve_forever()
    finally:
        (state / STATE_FILE).unlink(missing_ok=True)
