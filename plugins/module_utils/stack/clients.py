# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boto3 clients that read an account: made once in a process, then given one account's session.

To make the clients and to use each operation for the first time costs far more than all reads of an account. So the
controller does both once, before it forks its workers, and a worker only fills in the credentials of its account.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import gc
from collections.abc import Iterator
from typing import Any

try:
    import botocore.hooks
    import botocore.loaders
    import botocore.session
    from botocore import xform_name
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config
except ImportError:
    pass  # Handled by the action plugin

from ansible_collections.trailwatch.aws.plugins.module_utils.account import Credentials
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import PATIENT_ATTEMPTS

# Every operation of a plan, and of a status, by service: what is exercised beforehand. The deploying role needs them
# all, so they are in the policy read of files/permissions.yml.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "resourcegroupstaggingapi": ("GetResources",),
    "account": ("ListRegions",),
    "s3": (
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetPublicAccessBlock",
    ),
    "kms": ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
    "organizations": (
        "DescribeOrganization",
        "ListAWSServiceAccessForOrganization",
        "ListDelegatedAdministrators",
    ),
    "cloudtrail": ("DescribeTrails", "GetEventSelectors", "GetTrailStatus", "ListTags", "LookupEvents"),
    "sns": ("GetSubscriptionAttributes", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"),
    "sqs": ("GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
    "logs": ("DescribeLogGroups", "ListTagsForResource"),
    "iam": ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"),
    "lambda": ("GetFunction", "GetFunctionEventInvokeConfig", "GetPolicy", "ListEventSourceMappings", "ListTags"),
    "dynamodb": ("DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"),
    "events": ("DescribeEventBus", "ListRules", "ListTagsForResource", "ListTargetsByRule"),
    "cloudwatch": ("DescribeAlarms", "GetMetricData", "ListTagsForResource"),
}
# "standard" retries what AWS throttles and what the network drops, with growing pauses, six times in all.
RETRIES = {"mode": "standard", "total_max_attempts": PATIENT_ATTEMPTS}
CONNECT_TIMEOUT_SECONDS = 10

# The least that botocore reads as an answer, by protocol.
_ANSWERS = {"json": b"{}", "rest-json": b"{}", "query": b"<Answer/>", "smithy-rpc-v2-cbor": b"\xa0"}
_ANY_ARN = "arn:aws:sns:us-east-1:111111111111:exercise"


class Clients:
    """One client for each service of C(OPERATIONS) in one region, all on the same credentials."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.credentials = Credentials("", "", "", "")
        self._session = botocore.session.get_session()
        self._session.register_component("data_loader", loader_of(self._session.get_config_variable("data_path")))
        self._session.set_credentials("", "", "")
        self._credentials = self._session.get_credentials()
        self._clients = {service: self._made(service, region) for service in OPERATIONS}

    @property
    def caller(self) -> str:
        """The ARN that all clients act as."""
        return self.credentials.arn

    def _made(self, service: str, region: str) -> Any:
        config = Config(
            retries=RETRIES, connect_timeout=CONNECT_TIMEOUT_SECONDS, s3={"us_east_1_regional_endpoint": "regional"}
        )
        return self._session.create_client(service, region_name=region, config=config)

    def __getitem__(self, service: str) -> Any:
        return self._clients[service]

    def elsewhere(self, service: str, region: str) -> Any:
        """A client of a region that need not be this one, on the same credentials."""
        return self[service] if region == self.region else self._made(service, region)

    def rare(self, service: str) -> Any:
        """A client of a service that few accounts need, and that is not prepared for all of them."""
        return self._made(service, self.region)

    def enter(self, credentials: Credentials) -> None:
        """Let all clients act with these credentials from now on."""
        self.credentials = credentials
        self._credentials.access_key = credentials.access_key
        self._credentials.secret_key = credentials.secret_key
        self._credentials.token = credentials.session_token or None

    def exercise(self) -> None:
        """Use each operation once without sending anything, so that botocore's lazy parts are made."""
        self.enter(Credentials("exercise", "exercise", "exercise", ""))
        for service, operations in OPERATIONS.items():
            client = self._clients[service]
            answer = functools.partial(_answer_from_memory, _ANSWERS.get(client.meta.service_model.protocol, b""))
            client.meta.events.register_first("before-send", answer)
            for operation in operations:
                _exercise(client, operation)
            client.meta.events.unregister("before-send", answer)
        self.enter(Credentials("", "", "", ""))


@functools.cache
def clients_of(region: str) -> Clients:
    """The clients of a region, the same whenever asked."""
    return Clients(region)


@functools.cache
def loader_of(data_path: str | None) -> Any:
    """What reads botocore's service models from these folders, and from botocore's own; the same whenever asked."""
    return botocore.loaders.create_loader(data_path)


@functools.cache
def _builtin_handlers() -> Any:
    """What botocore registers with each session that is made, registered once; for sessions to begin with a copy of."""
    emitter = botocore.hooks.HierarchicalEmitter()
    botocore.session.Session(event_hooks=emitter)
    return emitter


def _session(env_vars: Any = None) -> Any:
    """A session as C(botocore.session.get_session) makes one."""
    handlers = copy.copy(_builtin_handlers())
    return botocore.session.Session(env_vars, event_hooks=handlers, include_builtin_handlers=False)


@contextlib.contextmanager
def parts_shared() -> Iterator[None]:
    """Let whatever makes a session in the block find what is the same in all: read service models, botocore's handlers.

    To find and to read the models, and to look at the signature of each handler, is most of what it costs to make a
    client. What a session is asked to do with them, and with which credentials, is its own.
    """
    before = botocore.session.create_loader, botocore.session.get_session
    botocore.session.create_loader, botocore.session.get_session = loader_of, _session
    try:
        yield
    finally:
        botocore.session.create_loader, botocore.session.get_session = before


def prepare(region: str) -> None:
    """Make the clients of a region, use each once, and keep all that out of the garbage collector's sight.

    For a process that forks workers: a worker that does not touch what it inherited does not have to copy it.
    """
    clients_of(region).exercise()
    _builtin_handlers()
    gc.collect()
    gc.freeze()


class _Raw:
    """The body of an answer out of memory, in the form that AWSResponse reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_arguments: Any) -> Iterator[bytes]:
        yield self._body


def _answer_from_memory(body: bytes, request: Any, **_details: Any) -> AWSResponse:
    return AWSResponse(request.url, 200, {}, _Raw(body))


def _exercise(client: Any, operation: str) -> None:
    shape = client.meta.service_model.operation_model(operation).input_shape
    arguments = {name: _any_value(name, shape.members[name]) for name in (shape.required_members if shape else ())}
    # Whatever comes of it: a call that is exercised badly is only slower when it is really made.
    with contextlib.suppress(Exception):
        client.can_paginate(xform_name(operation))
        getattr(client, xform_name(operation))(**arguments)


def _any_value(name: str, shape: Any) -> Any:
    if shape.type_name == "list":
        return [_any_value(name, shape.member)]
    return _ANY_ARN if "arn" in name.lower() else "exercise"
