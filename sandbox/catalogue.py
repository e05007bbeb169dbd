"""botocore's service models as the list of what AWS's APIs are: services, operations, URIs, regions."""

from __future__ import annotations

import functools
import gzip
import os
import re
from dataclasses import dataclass

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from sandbox.wire import Request

_LOADER = Loader()
_METADATA = re.compile(r'"(endpointPrefix|signingName)"\s*:\s*"([^"]+)"')


@functools.cache
def service(name: str) -> ServiceModel:
    """The service model of that name (botocore's name, as ``boto3.client`` takes it)."""
    return ServiceModel(_LOADER.load_service_model(name, "service-2"), name)


@functools.cache
def _by_signing_name() -> dict[str, list[str]]:
    """Signing name → services. Reads only the head of each model, where its metadata stands."""
    index: dict[str, list[str]] = {}
    for root in _LOADER.search_paths:
        for name in sorted(os.listdir(root)) if os.path.isdir(root) else ():
            head = _head_of_model(os.path.join(root, name))
            metadata = dict(_METADATA.findall(head))
            signing = metadata.get("signingName") or metadata.get("endpointPrefix")
            if signing:
                index.setdefault(signing, []).append(name)
    return index


def _head_of_model(folder: str) -> str:
    versions = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for version in reversed(versions):
        path = os.path.join(folder, version, "service-2.json.gz")
        if os.path.exists(path):
            with gzip.open(path, "rt") as handle:
                return handle.read(2500)
    return ""


@functools.cache
def services_signed_as(signing_name: str) -> tuple[str, ...]:
    """The services whose requests are signed with that name, the one of the same name first."""
    names = _by_signing_name().get(signing_name, [])
    return tuple(sorted(names, key=lambda name: (name != signing_name, name)))


@functools.cache
def global_region(service_name: str) -> str | None:
    """The one region of a service that is not regional (IAM: us-east-1), else None."""
    partition = _LOADER.load_data("endpoints")["partitions"][0]
    entry = partition["services"].get(service(service_name).endpoint_prefix, {})
    if entry.get("isRegionalized", True):
        return None
    return entry["endpoints"][entry["partitionEndpoint"]]["credentialScope"]["region"]


@dataclass(frozen=True)
class Route:
    """How one operation of a REST service is recognised."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    required_query: tuple[str, ...]
    required_headers: tuple[str, ...]
    literals: int
    deprecated: bool

    def matches(self, request: Request) -> bool:
        return (
            self.method == request.method
            and self.path.fullmatch(request.path) is not None
            and all(name in request.query and value in ("", request.first(name)) for name, value in self.query)
            and all(name in request.query for name in self.required_query)
            and all(name.lower() in request.headers for name in self.required_headers)
        )

    @property
    def weight(self) -> tuple[int, int]:
        """The more a route asks for, the more a match means."""
        return len(self.query) + len(self.required_query) + len(self.required_headers), self.literals


def _route(operation: OperationModel) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern, labels = "", []
    for part in re.split(r"(\{[^}]+\})", path):
        if part.startswith("{"):
            labels.append(part.strip("{}+"))
            pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
        else:
            pattern += re.escape(part)
    members = operation.input_shape.members if operation.input_shape else {}
    required = operation.input_shape.required_members if operation.input_shape else []

    def located(where: str) -> tuple[str, ...]:
        shapes = ((name, members[name].serialization) for name in required)
        return tuple(how.get("name", name) for name, how in shapes if how.get("location") == where)

    items = (item.partition("=") for item in query.split("&") if item)
    literal_query = tuple((name, value) for name, _, value in items)
    return Route(
        operation.name,
        operation.http["method"],
        re.compile(pattern.rstrip("/") + "/?"),
        tuple(labels),
        literal_query,
        located("querystring"),
        located("header"),
        len(path) - sum(map(len, labels)),
        operation.deprecated,
    )


@functools.cache
def routes(service_name: str) -> tuple[Route, ...]:
    """The routes of a REST service, the most specific first."""
    model = service(service_name)
    found = [_route(model.operation_model(name)) for name in model.operation_names]
    return tuple(sorted(found, key=lambda route: (route.weight, not route.deprecated), reverse=True))
