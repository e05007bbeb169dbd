"""The two plain values that pass through the layer: a request as received, a response as it will be sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d+)/([^/,\s]*)/([^/,\s]+)/aws4_request")


@dataclass(frozen=True)
class Scope:
    """The credential scope of a SigV4 signature."""

    access_key: str
    region: str
    signing_name: str


@dataclass(frozen=True)
class Request:
    """One HTTP request, header names in lower case, body complete."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    client_ip: str = "127.0.0.1"

    @classmethod
    def of(cls, method: str, path: str, query_string: str, headers: dict[str, str], body: bytes) -> Request:
        return cls(method, path, parse_qs(query_string, keep_blank_values=True), headers, body)

    def first(self, name: str) -> str:
        """The first value of a query parameter, or an empty string."""
        return self.query.get(name, [""])[0]

    def scope(self) -> Scope | None:
        """Who signed, for which region and service; None for an unsigned request."""
        text = self.headers.get("authorization", "") or f"Credential={self.first('X-Amz-Credential')}"
        found = _CREDENTIAL.search(text)
        return Scope(found[1], found[3], found[4]) if found else None

    def form(self) -> dict[str, str]:
        """Form-encoded parameters, of the body and of the query string."""
        fields = {name: values[0] for name, values in self.query.items()}
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
            fields |= {name: values[0] for name, values in parsed.items()}
        return fields


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def json(cls, data: object, status: int = 200) -> Response:
        return cls(status, [("content-type", "application/json")], json.dumps(data, default=str).encode())

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        page = f"<!doctype html><meta charset=utf-8><title>Amazon SNS (sandbox)</title><p>{escape(text)}</p>"
        return cls(status, [("content-type", "text/html; charset=utf-8")], page.encode())

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")
