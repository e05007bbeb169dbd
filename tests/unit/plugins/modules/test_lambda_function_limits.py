# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module lambda_function_limits does to a function."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.modules import lambda_function_limits
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    examples,
    recorded,
    run,
    writes,
)


def package() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", "")
    return content.getvalue()


@pytest.fixture
def function(account: str) -> Any:
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = boto3.client("lambda")
    client.create_function(
        FunctionName="iam-alerting", Runtime="python3.13", Role=role, Handler="handler.x", Code={"ZipFile": package()}
    )
    return client


def ensure(**options: Any) -> dict[str, Any]:
    return run(lambda_function_limits.main, name="iam-alerting", **options)


@pytest.mark.usefixtures("function")
def test_a_new_function_needs_nothing() -> None:
    with recorded() as calls:
        assert not ensure()["changed"]
    assert calls == ["GetFunction"]


def test_a_limit_is_removed(function: Any) -> None:
    function.put_function_concurrency(FunctionName="iam-alerting", ReservedConcurrentExecutions=1)
    with recorded() as calls:
        announced = ensure(check=True)
    assert announced["changed"]
    assert writes(calls) == []
    assert ensure()["diff"]["before"] == {"reserved_concurrent_executions": 1, "layers": []}
    assert "Concurrency" not in function.get_function(FunctionName="iam-alerting")
    assert not ensure()["changed"]


def test_a_limit_is_set(function: Any) -> None:
    assert ensure(reserved_concurrent_executions=10)["reserved_concurrent_executions"] == 10
    assert not ensure(reserved_concurrent_executions=10)["changed"]
    concurrency = function.get_function(FunctionName="iam-alerting")["Concurrency"]
    assert concurrency == {"ReservedConcurrentExecutions": 10}


def test_layers_are_removed(function: Any) -> None:
    layer = function.publish_layer_version(LayerName="shadow", Content={"ZipFile": package()})["LayerVersionArn"]
    function.update_function_configuration(FunctionName="iam-alerting", Layers=[layer])
    assert ensure()["diff"]["before"]["layers"] == [layer]
    assert not ensure()["changed"]


@pytest.mark.usefixtures("account")
def test_without_a_function_it_fails_but_in_check_mode() -> None:
    assert not ensure(check=True)["changed"]
    assert ensure()["failed"]


@pytest.mark.parametrize("options", examples(lambda_function_limits))
@pytest.mark.usefixtures("account")
def test_the_examples_run(options: dict[str, Any]) -> None:
    assert not run(lambda_function_limits.main, **options, check=True).get("failed")
