# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations of a CloudFormation stack set: started one after the other, waited for, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    RETRIED_CODES,
    Document,
    InvalidValueError,
    call_all,
    call_with,
)

# CloudFormation API Reference, "StackSetOperation".
_UNDER_WAY = ("QUEUED", "RUNNING", "STOPPING")
# Of more accounts only the number is told.
MOST_NAMED = 20

_patiently = AWSRetry.jittered_backoff(
    retries=10, delay=3, catch_extra_error_codes=[*RETRIED_CODES, "OperationInProgressException"]
)


class OperationError(AnsibleAWSError):
    """An operation did not bring all stacks to where they are to be."""


class StacksError(OperationError):
    """It has ended, but not well for some stacks. The text names the accounts and the reasons."""


@dataclass(frozen=True)
class Conduct:
    """How the operations of a run go through the accounts, and how they are waited for.

    Attributes:
        preferences: the C(OperationPreferences) of the API.
        wait_seconds: after so many seconds nothing is waited for any longer. The default leaves a quarter of an hour of
            a session of one hour.
        pause_seconds: between two looks at an operation.
        began: when the run did.
    """

    preferences: Mapping[str, Any]
    wait_seconds: int = 2700
    pause_seconds: float = 5
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class StackSet:
    """A stack set by its name, with the client and in the capacity in which it is called."""

    client: Any
    name: str
    call_as: str

    def call(self, purpose: str, operation: str, **arguments: Any) -> Any:
        """The answer of an operation on the stack set, repeated while another one is in progress."""
        named = {"StackSetName": self.name, "CallAs": self.call_as, **arguments}
        return call_with(_patiently, f"{purpose} stack set {self.name}", getattr(self.client, operation), **named)

    def call_all(self, purpose: str, operation: str, **arguments: Any) -> Document:
        named = {"StackSetName": self.name, "CallAs": self.call_as, **arguments}
        return call_all(f"{purpose} stack set {self.name}", self.client, operation, **named)


def checked_conduct(params: Mapping[str, Any]) -> Conduct:
    """How operations go, by the options of the module.

    More accounts at a time than may fail are only worked in with the soft mode (CloudFormation User Guide, "Choose the
    Concurrency Mode").

    Raises:
        InvalidValueError: CloudFormation would not take one.
    """
    for name, lowest in (("max_concurrent_percentage", 1), ("failure_tolerance_percentage", 0)):
        if not lowest <= params[name] <= 100:
            raise InvalidValueError(f"{name}: {params[name]} is not between {lowest} and 100.")
    preferences = {
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        "MaxConcurrentPercentage": params["max_concurrent_percentage"],
        "FailureTolerancePercentage": params["failure_tolerance_percentage"],
    }
    return Conduct(preferences, params["wait_timeout"])


def operate(stack_set: StackSet, purpose: str, operation: str, conduct: Conduct, **arguments: Any) -> None:
    """Start an operation once no other one is under way, wait until it has ended, and look what came of it."""
    _wait(f"what is under way in stack set {stack_set.name}", lambda: not _under_way(stack_set), conduct)
    preferences = dict(conduct.preferences)
    started = stack_set.call(purpose, operation, OperationPreferences=preferences, **arguments)["OperationId"]
    what = f"the operation {started} to {purpose} stack set {stack_set.name}"
    _wait(what, lambda: _status(stack_set, started) not in _UNDER_WAY, conduct)
    _check_results(stack_set, what, started)


def _under_way(stack_set: StackSet) -> bool:
    return any(operation["Status"] in _UNDER_WAY for operation in operations(stack_set))


def operations(stack_set: StackSet) -> Sequence[Mapping[str, Any]]:
    answer = stack_set.call_all("list the operations of", "list_stack_set_operations")
    summaries: Sequence[Mapping[str, Any]] = answer["Summaries"]
    return summaries


def _status(stack_set: StackSet, started: str) -> str:
    answer = stack_set.call("describe an operation of", "describe_stack_set_operation", OperationId=started)
    return str(answer["StackSetOperation"]["Status"])


def _wait(what: str, has_ended: Callable[[], bool], conduct: Conduct) -> None:
    while not has_ended():
        if time.monotonic() > conduct.began + conduct.wait_seconds:
            raise OperationError(
                message=f"After {conduct.wait_seconds} seconds, {what} has not ended. CloudFormation goes on with it; "
                "run this again to wait for it, or raise wait_timeout"
            )
        time.sleep(conduct.pause_seconds)


def _check_results(stack_set: StackSet, what: str, started: str) -> None:
    """An operation has succeeded also if no more stacks failed than it was to tolerate."""
    status, failed = _status(stack_set, started), [{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
    operation = "list_stack_set_operation_results"
    answer = stack_set.call_all("list the failures in", operation, OperationId=started, Filters=failed)
    reasons = {place_of(result): result.get("StatusReason") or "no reason is told" for result in answer["Summaries"]}
    if reasons or status != "SUCCEEDED":
        raise StacksError(
            message=f"{what[0].upper()}{what[1:]} is {status}, and failed in {told_of(reasons) or 'no account'}. Mend "
            "what is told of there, and run this again"
        )


def told_of(reasons: Mapping[str, str]) -> str:
    told = [f"{where} ({why})" for where, why in sorted(reasons.items())]
    more = [f"and {len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    return "; ".join([*told[:MOST_NAMED], *more])


def place_of(stack: Mapping[str, Any]) -> str:
    return f"{stack['Account']} {stack['Region']}"
