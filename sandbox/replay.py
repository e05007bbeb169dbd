"""Bring many accounts into the state of one, without Ansible: by the requests that did it, with other account ids.

A first deployment to a thousand accounts takes an hour. Where it is the runs after it that count, it is made to one
account through a recording proxy, and its writes are repeated in the others; or only the first ones of them, as if the
run had been broken off.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_READS = re.compile(r"(Get|List|Describe|Assume|Simulate|Lookup)")
# What AWS chooses as the name of something: of a key or an event source mapping, say.
_CHOSEN = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# What belongs to the connection, the signature or the old body, and is made anew.
_DROPPED = re.compile(
    r"(host|connection|content-length|authorization|x-amz-(date|security-token|content-|checksum)|content-md5)", re.I
)


class ReplayError(Exception):
    """A write could not be repeated in another account."""


@dataclass(frozen=True)
class Write:
    """One recorded request, and what was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    answer: bytes

    def with_names(self, names: Mapping[str, str]) -> Write:
        """The same request with other names in it."""
        path, body = self.path, self.body
        for old, new in names.items():
            path, body = path.replace(old, new), body.replace(old.encode(), new.encode())
        return Write(self.method, path, self.headers, body, self.answer)

    def chosen(self, answer: bytes) -> dict[str, str]:
        """What has another name since it was answered so this time."""
        pairs = zip(_CHOSEN.findall(self.answer), _CHOSEN.findall(answer), strict=False)
        return {old.decode(): new.decode() for old, new in pairs}


@dataclass
class Recorder:
    """A proxy in front of the sandbox that keeps the writes. Use it as a context."""

    target: str
    writes: list[Write] = field(default_factory=list)

    def __enter__(self) -> Recorder:
        recorder = self

        class Handler(_Forward):
            to = urlsplit(recorder.target).netloc
            kept = recorder.writes

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    to: str
    kept: list[Write]

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.to, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status < 300 and is_write(self.command, self.path, self.headers, body):
            self.kept.append(Write(self.command, self.path, dict(self.headers), body, content))
        self._send(answer, content)

    def _send(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def is_write(method: str, path: str, headers: Any, body: bytes) -> bool:
    """Whether a request changes something, as its method or the name of its operation tells."""
    if method in ("GET", "HEAD"):
        return False
    action = re.search(rb"(?:^|&)Action=(\w+)", body)
    name = headers.get("X-Amz-Target", "").rpartition(".")[2] or (action[1].decode() if action else "")
    return not _READS.match(name or (path.rpartition("/")[2] if "/operation/" in path else ""))


@dataclass(frozen=True)
class Target:
    """An account to be brought into the state: how it is called in alerts, and after how many of the writes."""

    account: str
    name: str = ""
    first: int | None = None


def replay(
    writes: Sequence[Write], origin: Target, targets: Sequence[Target], endpoint: str, sts: Any, threads: int
) -> list[tuple[Write, ...]]:
    """Repeat the writes of one account in others.

    Returns:
        For each of them, what was written and answered there.

    Raises:
        ReplayError: one was refused, or there is none.
    """
    if not writes:
        raise ReplayError("nothing was recorded: the first account was as it should be")

    def fill(target: Target) -> tuple[Write, ...]:
        role = f"arn:aws:iam::{target.account}:role/OrganizationAccountAccessRole"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="replay")["Credentials"]
        credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=120)
        names = dict(zip(_derived(origin), _derived(target), strict=True))
        done: list[Write] = []
        for write in writes[: target.first]:
            here = write.with_names(names)
            done.append(replace(here, answer=_send(connection, endpoint, here, credentials)))
            names |= write.chosen(done[-1].answer)
        connection.close()
        return tuple(done)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(fill, targets))


def _derived(target: Target) -> tuple[str, ...]:
    """What differs from account to account: its id and name, and the digests in the statement ids of its rules."""
    stem = f"arn:aws:events:us-east-1:{target.account}:rule/iam-alerting"
    rules = [f"{stem}{name}" for name in ("", "-tampering", "-heartbeat")]
    name = f'"ACCOUNT_NAME": "{target.name}"'
    return target.account, name, *(hashlib.sha256(rule.encode()).hexdigest()[:8] for rule in rules)


def _send(connection: http.client.HTTPConnection, endpoint: str, write: Write, credentials: Credentials) -> bytes:
    scope = _SCOPE.search(write.headers.get("Authorization", ""))
    if scope is None:
        raise ReplayError(f"{write.method} {write.path} was not signed")
    headers = {name: value for name, value in write.headers.items() if not _DROPPED.match(name)}
    request = AWSRequest(write.method, endpoint + write.path, headers, write.body)
    signer = S3SigV4Auth if scope[2] == "s3" else SigV4Auth
    signer(credentials, scope[2], scope[1]).add_auth(request)
    prepared = request.prepare()
    connection.request(write.method, write.path, write.body, dict(prepared.headers))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise ReplayError(f"{write.method} {write.path}: {answer.status} {content[:300]!r}")
    return content
