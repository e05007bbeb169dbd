"""Parameters of a request, decoded from any of AWS's wire protocols into the API's own member names."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from botocore.parsers import RpcV2CBORParser

from sandbox.catalogue import Route
from sandbox.wire import Request

# A botocore shape. Which attributes it has depends on its type_name, which no static type can follow.
Shape = Any


def _scalar(shape: Shape, text: str) -> Any:
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name in ("integer", "long"):
        return int(text) if text.lstrip("-").isdigit() else text
    return text


def from_data(shape: Shape, data: Any) -> Any:
    """JSON or CBOR data whose keys are wire names."""
    if data is None:
        return None
    if shape.type_name == "structure" and isinstance(data, dict):
        named = {name: data.get(member.serialization.get("name", name)) for name, member in shape.members.items()}
        return {name: from_data(shape.members[name], value) for name, value in named.items() if value is not None}
    if shape.type_name == "list" and isinstance(data, list):
        return [from_data(shape.member, value) for value in data]
    if shape.type_name == "map" and isinstance(data, dict):
        return {key: from_data(shape.value, value) for key, value in data.items()}
    return data


def from_json(shape: Shape, body: bytes) -> Any:
    try:
        return from_data(shape, json.loads(body or b"{}")) or {}
    except ValueError:
        return {}


def from_cbor(shape: Shape, body: bytes) -> Any:
    if not body:
        return {}
    parser = RpcV2CBORParser()
    return from_data(shape, parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))) or {}


def from_form(shape: Shape, form: dict[str, str], prefix: str = "") -> Any:
    """Query-protocol fields (``Tags.member.1.Key``); None when nothing stands under the prefix."""
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            value = from_form(member, form, f"{prefix}.{wire}" if prefix else wire)
            if value is not None:
                found[name] = value
        return found if found or not prefix else None
    if shape.type_name == "list":
        return _numbered(shape, form, prefix)
    if shape.type_name == "map":
        return _entries(shape, form, prefix)
    return _scalar(shape, form[prefix]) if prefix in form else None


def _numbered(shape: Shape, form: dict[str, str], prefix: str) -> list[Any] | None:
    name = shape.member.serialization.get("name", "member")
    if shape.serialization.get("flattened"):
        base = ".".join([*prefix.split(".")[:-1], name]) if name != "member" else prefix
    else:
        base = f"{prefix}.{name}"
    found: list[Any] = []
    while (value := from_form(shape.member, form, f"{base}.{len(found) + 1}")) is not None:
        found.append(value)
    return found or None


def _entries(shape: Shape, form: dict[str, str], prefix: str) -> dict[str, Any] | None:
    base = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
    key, value = (part.serialization.get("name", label) for part, label in ((shape.key, "key"), (shape.value, "value")))
    found: dict[str, Any] = {}
    while (name := form.get(f"{base}.{len(found) + 1}.{key}")) is not None:
        found[name] = from_form(shape.value, form, f"{base}.{len(found) + 1}.{value}")
    return found or None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def from_xml(shape: Shape, node: ElementTree.Element) -> Any:
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            flat = member.type_name == "list" and member.serialization.get("flattened")
            nodes = [child for child in node if _local(child.tag) == wire]
            if nodes:
                found[name] = [from_xml(member.member, one) for one in nodes] if flat else from_xml(member, nodes[0])
        return found
    if shape.type_name == "list":
        return [from_xml(shape.member, child) for child in node]
    return _scalar(shape, node.text or "")


def from_rest(shape: Shape, route: Route, request: Request) -> dict[str, Any]:
    """Members from the path, the query string, the headers and the body, wherever the model puts each."""
    found = _body_members(shape, request)
    match = route.path.fullmatch(request.path)
    labels = dict(zip(route.labels, match.groups(), strict=True)) if match else {}
    for name, member in shape.members.items():
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri" and wire in labels:
            found[name] = unquote(labels[wire])
        elif where == "querystring" and wire in request.query:
            found[name] = _scalar(member, request.first(wire))
        elif where == "header" and wire.lower() in request.headers:
            found[name] = _scalar(member, request.headers[wire.lower()])
    return found


def _body_members(shape: Shape, request: Request) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if not payload:
        return from_json(shape, request.body) if request.body[:1] == b"{" else {}
    member = shape.members[payload]
    if member.type_name == "string":
        return {payload: request.body.decode("utf-8", "replace")}
    if member.type_name != "structure" or not request.body:
        return {}
    if request.body[:1] == b"{":
        return {payload: from_json(member, request.body)}
    try:
        return {payload: from_xml(member, ElementTree.fromstring(request.body))}
    except ElementTree.ParseError:
        return {}
