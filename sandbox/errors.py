"""AWS errors in the shape the caller's protocol has for them."""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from sandbox.call import Call
from sandbox.wire import Response


class RefusedError(Exception):
    """AWS would refuse this call: error code, message, HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def error_response(call: Call, code: str, message: str, status: int = 400) -> Response:
    """That error, as the service would send it."""
    request_id = str(uuid.uuid4())
    if call.wire == "query":
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}"
            f"</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(status, [("content-type", "text/xml"), ("x-amzn-requestid", request_id)], body.encode())
    if call.wire == "rest-xml":
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code><Message>{escape(message)}'
            f"</Message><RequestId>{request_id}</RequestId></Error>"
        )
        return Response(status, [("content-type", "application/xml"), ("x-amz-request-id", request_id)], body.encode())
    return _json_error(call, code, message, status, request_id)


def _json_error(call: Call, code: str, message: str, status: int, request_id: str) -> Response:
    headers = [("x-amzn-errortype", code), ("x-amzn-requestid", request_id)]
    if call.service == "sqs":
        headers.append(("x-amzn-query-error", f"{code};Sender"))
    if call.wire == "cbor":
        headers += [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return Response(status, headers, _cbor_map({"__type": code, "message": message}))
    headers.append(("content-type", "application/x-amz-json-1.1"))
    # Both spellings of "message" are in use among the JSON services, and the SDKs read either.
    return Response(status, headers, json.dumps({"__type": code, "message": message, "Message": message}).encode())


def _cbor_map(fields: dict[str, str]) -> bytes:
    """A map of a few short texts, the only CBOR written here."""

    def text(value: str) -> bytes:
        raw = value.encode()
        return b"\x79" + len(raw).to_bytes(2, "big") + raw

    return bytes([0xA0 + len(fields)]) + b"".join(text(key) + text(value) for key, value in fields.items())
