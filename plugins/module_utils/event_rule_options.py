# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an EventBridge rule, checked before AWS is called."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import invoke_permission
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.event_pattern import render
from ansible_collections.trailwatch.aws.plugins.module_utils.event_rule import (
    MAX_NAME,
    MAX_TARGETS,
    SHARD_TAG,
    TARGET_OPTIONS,
    Options,
    normal_target,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.invoke_permission import FUNCTION_ARN

# EventBridge API Reference, "PutRule" (description), "Target" (input) and "RetryPolicy" (ranges); EventBridge User
# Guide, "Amazon EventBridge quotas" (pattern size).
MAX_PATTERN_SIZE = 4096
MAX_DESCRIPTION = 512
MAX_INPUT = 8192
RETRY_RANGES = {"MaximumRetryAttempts": (0, 185), "MaximumEventAgeInSeconds": (60, 86400)}

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_BUS_NAME = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
_ARN = re.compile(r"arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:\S+")
_ROLE = re.compile(r"arn:aws[a-z0-9-]*:iam::\d{12}:role/\S+")
_QUEUE = re.compile(r"arn:aws[a-z0-9-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}")
# EventBridge User Guide, "Creating a rule that runs on a schedule": the unit is singular for 1.
_SCHEDULE = re.compile(
    r"rate\((?:1 (?:minute|hour|day)|(?!1 )[1-9]\d* (?:minutes|hours|days))\)|cron\(\S+(?: \S+){5}\)"
)


def checked_options(options: Options) -> Options:
    """The options, if AWS would take them. The actions are checked where they are parsed.

    Raises:
        InvalidValueError: it would not.
    """
    checked_name(options.name)
    _check_description(options.description)
    _check_tags(options.tags or {})
    low, high = 1, MAX_PATTERN_SIZE
    if not low <= options.max_pattern_size <= high:
        raise InvalidValueError(f"max_pattern_size: {options.max_pattern_size} is not between {low} and {high}.")
    _check_trigger(options)
    return options


def _check_trigger(options: Options) -> None:
    """What the rule waits for is something that can come."""
    if options.schedule_expression and not _SCHEDULE.fullmatch(options.schedule_expression):
        raise InvalidValueError(
            f"schedule_expression: '{options.schedule_expression}' is no schedule. Write it as 'rate(15 minutes)', "
            "'rate(1 hour)' or 'cron(0 12 * * ? *)'."
        )
    for number, pattern in enumerate(options.event_patterns):
        if not pattern or len(render(pattern)) > MAX_PATTERN_SIZE:
            raise InvalidValueError(
                f"event_patterns[{number}]: the pattern has {len(render(pattern))} characters as JSON, but it must say "
                f"what to match in {MAX_PATTERN_SIZE} or less. Deal it out to several patterns."
            )
    if not (options.actions or options.event_patterns or options.schedule_expression):
        raise InvalidValueError("actions: the list is empty, so nothing would ever match. Name actions to watch for.")


def checked_name(name: str) -> str:
    """The name, if a rule can have it."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: '{name}' is not a name for a rule. Use 1 to {MAX_NAME} letters, digits, '.', '-' and '_'."
        )
    return name


def checked_bus_name(name: str) -> str:
    """The name, if an event bus can have it."""
    if not _BUS_NAME.fullmatch(name):
        raise InvalidValueError(
            f"event_bus_name: '{name}' is not the name of a bus. Give a name such as 'default', no ARN."
        )
    return name


def checked_targets(options: Sequence[Mapping[str, Any]]) -> tuple[Document, ...]:
    """The entries of the option C(targets) as documents in AWS's words.

    Raises:
        InvalidValueError: AWS would not take one of them, or not all together.
    """
    if len(options) > MAX_TARGETS:
        raise InvalidValueError(
            f"targets: {len(options)} are given, but a rule has at most {MAX_TARGETS}. Fan out behind one of them, "
            "such as an SNS topic."
        )
    targets = [_checked_target(f"targets[{number}]", option) for number, option in enumerate(options)]
    ids = [target["Id"] for target in targets]
    for target in targets:
        if ids.count(target["Id"]) > 1:
            raise InvalidValueError(f"targets: the id '{target['Id']}' is there twice. Give each target its own id.")
    return tuple(targets)


def checked_functions(arns: Sequence[str]) -> list[str]:
    """The entries of the option C(former_functions).

    Raises:
        InvalidValueError: one is not the ARN of a function.
    """
    wanted = "the ARN of a function, of one of its versions or aliases"
    return [_matching(FUNCTION_ARN, f"former_functions[{number}]", arn, wanted) for number, arn in enumerate(arns)]


def target_id(arn: str) -> str:
    """The id of a target for which none is given. It depends on the ARN only."""
    kind = re.sub(r"[^A-Za-z0-9-]", "", arn.split(":")[2])
    resource = re.sub(r"[^.\-_A-Za-z0-9]+", "-", arn.split(":", 5)[5])[-40:].strip("-")
    return f"{kind[:12]}-{resource}-{invoke_permission.digest(arn)}"


def _checked_target(where: str, option: Mapping[str, Any]) -> Document:
    arn = option["arn"]
    _check_target_arn(f"{where}.arn", arn)
    target: Document = {"Id": option.get("id") or target_id(arn), "Arn": arn}
    if not _NAME.fullmatch(target["Id"]):
        raise InvalidValueError(
            f"{where}.id: '{target['Id']}' is not an id of a target. Leave it out, or use 1 to 64 letters, digits, "
            "'.', '-' and '_'."
        )
    if role := option.get("role_arn"):
        target["RoleArn"] = _matching(_ROLE, f"{where}.role_arn", role, "the ARN of an IAM role")
    if queue := option.get("dead_letter_arn"):
        wanted = "the ARN of a standard SQS queue (no FIFO queue)"
        target["DeadLetterConfig"] = {"Arn": _matching(_QUEUE, f"{where}.dead_letter_arn", queue, wanted)}
    if option.get("input"):
        target["Input"] = _checked_input(f"{where}.input", option["input"])
    target["RetryPolicy"] = _checked_retry_policy(where, option)
    return normal_target(target)


def _checked_input(where: str, text: str) -> str:
    """The JSON text in one form, so that equal inputs are equal texts."""
    try:
        normal = json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
    except ValueError as error:
        raise InvalidValueError(f"{where}: '{text}' is no JSON. Write a document, or leave it out.") from error
    if len(normal) > MAX_INPUT:
        raise InvalidValueError(f"{where}: it has {len(normal)} characters. Shorten it to {MAX_INPUT} or less.")
    return normal


def _check_target_arn(where: str, arn: str) -> None:
    _matching(_ARN, where, arn, "an ARN")
    service = arn.split(":")[2]
    if service == "lambda":
        wanted = "the ARN of a function, of one of its versions or aliases; leave ':$LATEST' out"
        _matching(FUNCTION_ARN, where, arn, wanted)
    if service == "sqs" and arn.endswith(".fifo"):
        raise InvalidValueError(f"{where}: '{arn}' is a FIFO queue, which is not supported. Use a standard queue.")


def _checked_retry_policy(where: str, option: Mapping[str, Any]) -> Document:
    policy = {}
    for spelled, attribute in TARGET_OPTIONS.items():
        value, (low, high) = option.get(spelled), RETRY_RANGES[attribute]
        if value is None:
            continue
        if not low <= value <= high:
            raise InvalidValueError(f"{where}.{spelled}: {value} is not between {low} and {high}.")
        policy[attribute] = value
    return policy


def _matching(pattern: re.Pattern[str], where: str, value: str, wanted: str) -> str:
    if not pattern.fullmatch(value):
        raise InvalidValueError(f"{where}: '{value}' is not {wanted}.")
    return value


def _check_description(description: str | None) -> None:
    if description and len(description) > MAX_DESCRIPTION:
        raise InvalidValueError(
            f"description: it has {len(description)} characters. Shorten it to {MAX_DESCRIPTION} or less."
        )


def _check_tags(tags: Mapping[str, str]) -> None:
    for key in tags:
        if key == SHARD_TAG or key.lower().startswith("aws:"):
            raise InvalidValueError(f"tags: the key '{key}' is reserved. Use another one.")
