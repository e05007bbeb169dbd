# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Lambda treats the asynchronous invocations of a function: check what is asked for, read what is there, set it.

The settings are a document in AWS's own words, with C(MaximumRetryAttempts), C(MaximumEventAgeInSeconds) and
C(DestinationConfig), of which only destinations that are set are told. A function that nobody gave any has none of it.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError, call

# AWS Lambda API Reference, "PutFunctionEventInvokeConfig".
RETRY_ATTEMPTS = (0, 2)
EVENT_AGE_SECONDS = (60, 6 * 60 * 60)

_DESTINATION = re.compile(r"arn:[^:]+:(sqs|sns|lambda|events|s3):\S+")
_RANGES = {"MaximumRetryAttempts": RETRY_ATTEMPTS, "MaximumEventAgeInSeconds": EVENT_AGE_SECONDS}


def settings(retry_attempts: int, event_age: int, on_success: str = "", on_failure: str = "") -> Document:
    """The settings as a document; an empty ARN stands for no destination.

    Raises:
        InvalidValueError: Lambda would not take one of the values.
    """
    numbers = {"MaximumRetryAttempts": retry_attempts, "MaximumEventAgeInSeconds": event_age}
    for name, value in numbers.items():
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise InvalidValueError(f"{name} is {value}, but it must be from {low} to {high}.")
    destinations = {"OnSuccess": on_success, "OnFailure": on_failure}
    for name, arn in destinations.items():
        if arn and not _DESTINATION.fullmatch(arn):
            raise InvalidValueError(
                f"{name} is {arn!r}. Give the ARN of a queue, topic, function, event bus or bucket, or an empty text."
            )
    return {**numbers, "DestinationConfig": {name: {"Destination": arn} for name, arn in destinations.items() if arn}}


def describe(client: Any, function: str) -> Document:
    """The settings that are there; nothing if there are none, or no function.

    Raises:
        AnsibleAWSError: the read failed.
    """
    purpose = f"read how function {function} is invoked asynchronously"
    try:
        answer = call(purpose, client.get_function_event_invoke_config, FunctionName=function)
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        return {}
    destinations = answer.get("DestinationConfig") or {}
    return {
        **{name: answer.get(name) for name in _RANGES},
        "DestinationConfig": {name: each for name, each in destinations.items() if each.get("Destination")},
    }


def apply(client: Any, function: str, desired: Document) -> None:
    """Set the settings, or take them away if C(desired) is empty.

    Raises:
        AnsibleAWSError: the call failed, so nothing was changed.
    """
    purpose = f"set how function {function} is invoked asynchronously"
    if desired:
        call(purpose, client.put_function_event_invoke_config, FunctionName=function, **desired)
    else:
        call(purpose, client.delete_function_event_invoke_config, FunctionName=function)
