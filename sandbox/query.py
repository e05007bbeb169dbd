"""CloudWatch in the query protocol, which an older botocore speaks: it answers what it does in JSON.

ministack's own answers in it leave most of an alarm out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from ministack.services import cloudwatch

from sandbox.call import Call
from sandbox.errors import error_response
from sandbox.policies import CALL

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Take the place of ministack's handler."""
    in_any_protocol: Callable[..., Any] = cloudwatch.handle_request

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        call = CALL.get()
        if call is None or call.service != "monitoring" or call.wire != "query":
            found: Answer = await in_any_protocol(method, path, headers, body, query)
            return found
        sent = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"CloudWatch.{call.operation}"}
        status, _headers, answer = await in_any_protocol("POST", "/", sent, json.dumps(call.params).encode(), {})
        return _in_xml(call, status, json.loads(answer or b"{}"))

    cloudwatch.handle_request = handle


def _in_xml(call: Call, status: int, answer: dict[str, Any]) -> Answer:
    if status >= 300:
        code = str(answer.get("__type", "")).rpartition("#")[2]
        refused = error_response(call, code, answer.get("message") or answer.get("Message") or "", status)
        return refused.status, dict(refused.headers), refused.body
    root = ElementTree.Element(f"{call.operation}Response")
    _add(ElementTree.SubElement(root, f"{call.operation}Result"), answer)
    return status, {"content-type": "text/xml"}, ElementTree.tostring(root)


def _add(node: ElementTree.Element, value: Any) -> None:
    """Write a value of JSON into an element."""
    if isinstance(value, dict):
        for name, each in value.items():
            if each is not None:
                _add(ElementTree.SubElement(node, name), each)
    elif isinstance(value, list):
        for each in value:
            _add(ElementTree.SubElement(node, "member"), each)
    else:
        node.text = str(value).lower() if isinstance(value, bool) else str(value)
