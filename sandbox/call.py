"""An HTTP request understood as an AWS API call, and its response as the call's outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.parsers import create_parser

from sandbox import catalogue, decode
from sandbox.wire import Request, Response

# CloudTrail decides this per service and does not publish the rule; these verbs fit the records seen. AssumeRole
# and its SAML and web-identity forms are read-only by AWS's documentation, GetSessionToken and its like are not.
_READ = re.compile(
    r"^(Get|List|Describe|Head|Lookup|Search|Select|Query|Scan|BatchGet|Test|Validate|Check|Preview|Estimate|Simulate"
    r"|Filter|Download|GenerateCredentialReport|GenerateServiceLastAccessed|AssumeRole(WithSAML|WithWebIdentity)?$)"
)
_WRITE_ALL_THE_SAME = {"GetFederationToken", "GetSessionToken"}
# Data events by AWS's documentation. S3's object operations are told by their URI.
_DATA = {
    "lambda": {"Invoke", "InvokeAsync", "InvokeWithResponseStream"},
    "sns": {"Publish", "PublishBatch"},
    "sqs": {
        "SendMessage",
        "SendMessageBatch",
        "ReceiveMessage",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
    },
    "logs": {"PutLogEvents"},
    "events": {"PutEvents", "PutPartnerEvents"},
    "monitoring": {"PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"},
    "s3": {"ListObjects", "ListObjectsV2", "ListObjectVersions", "HeadBucket", "DeleteObjects"},
}


@dataclass(frozen=True)
class Call:
    """One AWS API call. ``service`` is the endpoint prefix, as CloudTrail's eventSource and EventBridge's source
    use it; ``wire`` is how it is spelled on the wire: json, query, cbor, rest-json, rest-xml."""

    request: Request
    service: str
    operation: str
    model: OperationModel
    params: dict[str, Any]
    region: str
    access_key: str
    wire: str
    # What a check leaves for the repair of the same call.
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def read_only(self) -> bool:
        return bool(_READ.match(self.operation)) and self.operation not in _WRITE_ALL_THE_SAME

    @property
    def data_event(self) -> bool:
        on_object = self.service == "s3" and "{Key+}" in self.model.http["requestUri"]
        return on_object or self.operation in _DATA.get(self.service, ())

    @property
    def assumed_account(self) -> str | None:
        """The account an AssumeRole call leads into."""
        parts = str(self.params.get("RoleArn", "")).split(":")
        is_assume = self.service == "sts" and self.operation == "AssumeRole"
        return parts[4] if is_assume and len(parts) > 5 else None


@dataclass(frozen=True)
class Outcome:
    """What came of a call: output members, or an error's code and message, and the request id the caller was told."""

    output: dict[str, Any] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None
    request_id: str = ""


def understand(request: Request) -> Call | None:
    """The AWS call that a request makes; None if it is unsigned or no operation of the signed service."""
    scope = request.scope()
    if scope is None:
        return None
    for name in catalogue.services_signed_as(scope.signing_name):
        found = _rpc(name, request) or _rest(name, request)
        if found:
            operation, params, wire = found
            region = catalogue.global_region(name) or scope.region
            prefix = catalogue.service(name).endpoint_prefix
            return Call(request, prefix, operation.name, operation, params, region, scope.access_key, wire)
    return None


def _rpc(name: str, request: Request) -> tuple[OperationModel, dict[str, Any], str] | None:
    target = request.headers.get("x-amz-target", "")
    cbor = re.fullmatch(r"/service/[^/]+/operation/(\w+)", request.path)
    if target:
        operation, wire = target.rpartition(".")[2], "json"
    elif cbor:
        operation, wire = cbor[1], "cbor"
    else:
        operation, wire = request.form().get("Action", ""), "query"
    model = catalogue.service(name)
    if operation not in model.operation_names:
        return None
    shape = model.operation_model(operation).input_shape
    decoders = {"json": decode.from_json, "cbor": decode.from_cbor}
    if shape is None:
        params = {}
    elif wire == "query":
        params = decode.from_form(shape, request.form())
    else:
        params = decoders[wire](shape, request.body)
    return model.operation_model(operation), params, wire


def _rest(name: str, request: Request) -> tuple[OperationModel, dict[str, Any], str] | None:
    model = catalogue.service(name)
    protocol = model.metadata.get("protocol", "")
    if not protocol.startswith("rest-"):
        return None
    route = next((route for route in catalogue.routes(name) if route.matches(request)), None)
    if route is None:
        return None
    operation = model.operation_model(route.operation)
    params = decode.from_rest(operation.input_shape, route, request) if operation.input_shape else {}
    return operation, params, protocol


_PARSERS = {"cbor": "smithy-rpc-v2-cbor"}


def outcome_of(call: Call, response: Response) -> Outcome:
    """The response read with botocore's own parser, as the caller will read it."""
    streaming = call.model.has_streaming_output or call.model.has_event_stream_output
    if response.status < 300 and streaming:
        return Outcome()
    raw = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    parser = create_parser(_PARSERS.get(call.wire, call.wire))
    try:
        parsed = parser.parse(raw, call.model.output_shape)
    except Exception:  # an answer botocore cannot read is an emulator's fault that the caller will meet too
        return Outcome(error_code="UnreadableResponse", error_message=response.body[:200].decode("utf-8", "replace"))
    request_id = parsed.pop("ResponseMetadata", {}).get("RequestId", "")
    if response.status < 300:
        return Outcome(parsed, request_id=request_id)
    error = parsed.get("Error", {})
    code = _exception_name(call.model, error.get("Code", str(response.status)))
    return Outcome({}, code, error.get("Message", ""), request_id)


def _exception_name(model: OperationModel, code: str) -> str:
    """CloudTrail names the modelled exception (NoSuchEntityException) where the wire has a short code."""
    for shape in model.error_shapes:
        if shape.metadata.get("error", {}).get("code") == code:
            return shape.name
    return code
