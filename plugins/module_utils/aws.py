# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules of the collection need when they talk to AWS: calls, tags, policies, the change to report.

Everything here takes plain boto3 clients and values, so that modules and the controller's plugins share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

try:  # noqa: SIM105
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # Handled by AnsibleAWSModule

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.denied import failure

Document = dict[str, Any]

# Codes that say "try again" and that AWSRetry does not know.
RETRIED_CODES = (
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "RequestThrottled",
    "RequestThrottledException",
    "AWS.SimpleQueueService.RequestThrottled",
    "SlowDown",
    "OperationAborted",
    "ConcurrentAccess",
    "ConcurrentAccessException",
    "ConcurrentModificationException",
    # CloudTrail, of a trail that was just made or is being changed.
    "ConflictException",
    # SNS, of a topic like one that was just deleted.
    "StaleTag",
    "StaleTagException",
)

# A client that tries so often is patient enough; botocore's own default is less.
PATIENT_ATTEMPTS = 6

# In a policy, an account is written as its number or as the ARN of its root, in any partition.
_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")
_KEY_ARN = re.compile(r"arn:[^:]*:kms:[^:]*:\d{12}:key/(.+)")


class InvalidValueError(AnsibleAWSError):
    """An option has a value that AWS could never accept. Raised before any call, with the value and the way out."""


@dataclass(frozen=True)
class Account:
    """The account that the credentials belong to."""

    partition: str
    id: str


@dataclass(frozen=True)
class Change:
    """What differs, and only that: the parts of a resource as they are and as they are to be. False if in sync."""

    before: Document
    after: Document

    def __bool__(self) -> bool:
        return self.before != self.after

    def __or__(self, other: Change) -> Change:
        """Both of them, which are about different parts."""
        return Change({**self.before, **other.before}, {**self.after, **other.after})


def call(purpose: str, operation: Callable[..., Any], **arguments: Any) -> Any:
    """The answer of one AWS operation, repeated with growing pauses while AWS throttles.

    A client that was made to repeat its calls by itself is left to do it: patience twice over would be endless.

    Args:
        purpose: what the call is for, to complete "Failed to ...".

    Raises:
        AnsibleAWSError: AWS refused the call or could not be reached; C(is_ansible_aws_error_code) tells the code.
    """
    retry = _once if _is_patient(getattr(operation, "__self__", None)) else _patiently
    return call_with(retry, purpose, operation, **arguments)


def call_all(purpose: str, client: Any, operation: str, **arguments: Any) -> Document:
    """As C(call), the answers of all pages of an operation, given by its Python name, as one."""
    pages = client.get_paginator(operation).paginate(**arguments)
    retry = _once if _is_patient(client) else _patiently
    answer: Document = _tried(purpose, client, retry(pages.build_full_result))
    return answer


def _is_patient(client: Any) -> bool:
    retries = getattr(getattr(getattr(client, "meta", None), "config", None), "retries", None) or {}
    return bool(retries.get("total_max_attempts", 0) >= PATIENT_ATTEMPTS)


def _patiently(operation: Callable[..., Any]) -> Callable[..., Any]:
    repeated: Callable[..., Any] = AWSRetry.jittered_backoff(delay=2, catch_extra_error_codes=RETRIED_CODES)(operation)
    return repeated


def _once(operation: Callable[..., Any]) -> Callable[..., Any]:
    return operation


def call_with(retry: Callable[..., Any], purpose: str, operation: Callable[..., Any], **arguments: Any) -> Any:
    """As C(call), repeated as the decorator C(retry), one of AWSRetry's, says."""
    return _tried(purpose, getattr(operation, "__self__", None), retry(operation), **arguments)


def _tried(purpose: str, client: Any, operation: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return operation(**arguments)
    except (ClientError, BotoCoreError) as error:
        raise failure(purpose, client, error) from error


def caller_account(sts: Any) -> Account:
    """The account of the credentials that C(sts) uses."""
    identity = call("find out the account of the credentials", sts.get_caller_identity)
    return Account(partition=identity["Arn"].split(":")[1], id=identity["Account"])


def tags_after(live: Mapping[str, str], wanted: Mapping[str, Any], purge: Collection[str]) -> dict[str, str]:
    """The tags that a resource will have; others than the wanted go if C(purge) names C(Tags), but for AWS's own."""
    kept = {key: value for key, value in live.items() if "Tags" not in purge or key.startswith("aws:")}
    return {**kept, **{key: str(value) for key, value in wanted.items()}}


def merged(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """The resource as it will be: what is there, what is desired over it, and the tags of both."""
    now = live or {}
    after = {**now, **desired}
    if "Tags" in desired:
        after["Tags"] = tags_after(now.get("Tags", {}), desired["Tags"], purge)
    return after


def tag_changes(live: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set, and the keys of those to remove, to get from C(live) to C(after)."""
    to_set = {key: value for key, value in after.items() if live.get(key) != value}
    return to_set, sorted(key for key in live if key not in after)


def policies_differ(live: Any, wanted: Any) -> bool:
    """Whether two policy documents grant different things, however they are written."""
    return bool(compare_policies(_accounts_by_number(live), _accounts_by_number(wanted)))


def same_key(one: str, other: str) -> bool:
    """Whether two ways to write a KMS key, id or ARN, mean the same key. An alias equals only itself."""
    return _key_id(one) == _key_id(other)


def _key_id(key: str) -> str:
    match = _KEY_ARN.fullmatch(key)
    return match.group(1) if match else key


def _accounts_by_number(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _accounts_by_number(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_accounts_by_number(each) for each in value]
    if isinstance(value, str):
        match = _ACCOUNT_ROOT.fullmatch(value)
        return match.group(1) if match else value
    return value
