# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module lambda_event_invoke_config does to a function."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import lambda_event_invoke_config
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    answering,
    error,
    examples,
    recorded,
    run,
    writes,
)

QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"


@pytest.fixture
def function(account: str) -> Any:
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", "")
    client = boto3.client("lambda")
    client.create_function(
        FunctionName="watch",
        Runtime="python3.13",
        Role=role,
        Handler="handler.x",
        Code={"ZipFile": package.getvalue()},
    )
    return client


def ensure(**options: Any) -> dict[str, Any]:
    return run(lambda_event_invoke_config.main, name="watch", **options)


def found(client: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.get_function_event_invoke_config(FunctionName="watch")
    return answer


def test_a_destination_is_set_with_all_retries(function: Any) -> None:
    announced = ensure(on_failure=QUEUE, check=True)
    assert announced["changed"]
    assert announced["diff"]["before"] == {}
    with recorded() as calls:
        result = ensure(on_failure=QUEUE)
    assert writes(calls) == ["PutFunctionEventInvokeConfig"]
    assert result["event_invoke_config"] == announced["event_invoke_config"]
    assert found(function)["DestinationConfig"]["OnFailure"] == {"Destination": QUEUE}
    assert (found(function)["MaximumRetryAttempts"], found(function)["MaximumEventAgeInSeconds"]) == (2, 21600)
    with recorded() as calls:
        assert not ensure(on_failure=QUEUE)["changed"]
    assert calls == ["GetFunctionEventInvokeConfig"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "live",
    [
        {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 21600, "OnFailure": QUEUE},
        {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60, "OnFailure": QUEUE},
        {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21600, "OnFailure": f"{QUEUE}-other"},
        {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21600, "OnFailure": QUEUE, "OnSuccess": QUEUE},
    ],
)
def test_whatever_differs_is_set_again_as_a_whole(live: dict[str, Any]) -> None:
    destinations = {name: {"Destination": live.pop(name)} for name in ("OnSuccess", "OnFailure") if name in live}
    answer = {**live, "DestinationConfig": {"OnSuccess": {}, **destinations}}
    with answering(GetFunctionEventInvokeConfig=answer, PutFunctionEventInvokeConfig={}) as calls:
        assert ensure(on_failure=QUEUE)["changed"]
    assert calls[-1] == (
        "PutFunctionEventInvokeConfig",
        {
            "FunctionName": "watch",
            "MaximumRetryAttempts": 2,
            "MaximumEventAgeInSeconds": 21600,
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
        },
    )


@pytest.mark.usefixtures("function")
def test_settings_are_taken_away() -> None:
    assert not ensure(state="absent")["changed"]
    ensure(on_failure=QUEUE)
    assert ensure(state="absent")["event_invoke_config"] == {}
    assert not ensure(state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"maximum_retry_attempts": 3}, "MaximumRetryAttempts is 3, but it must be from 0 to 2"),
        ({"maximum_event_age_in_seconds": 59}, "MaximumEventAgeInSeconds is 59, but it must be from 60 to 21600"),
        ({"on_failure": "dead"}, "OnFailure is 'dead'. Give the ARN of a queue"),
    ],
)
def test_what_lambda_would_not_take_is_refused_before_any_call(options: dict[str, Any], told: str) -> None:
    with recorded() as calls:
        result = ensure(**options)
    assert result["failed"]
    assert told in result["msg"]
    assert calls == []


@pytest.mark.usefixtures("account")
def test_without_a_function_it_fails_but_in_check_mode() -> None:
    assert ensure(on_failure=QUEUE, check=True)["changed"]
    assert "ResourceNotFound" in ensure(on_failure=QUEUE)["msg"]


@pytest.mark.usefixtures("account")
def test_a_refused_read_is_no_missing_setting() -> None:
    with answering(GetFunctionEventInvokeConfig=error("AccessDeniedException")):
        assert "AccessDeniedException" in ensure(on_failure=QUEUE)["msg"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("options", examples(lambda_event_invoke_config))
def test_the_examples_run(options: dict[str, Any]) -> None:
    assert "failed" not in run(lambda_event_invoke_config.main, check=True, **options)
