# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs in the controller does what it does in a process of its own, which it gets where it needs one."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import botocore.session
import pytest
import yaml
from ansible.plugins.action import normal
from ansible.template import trust_as_template
from ansible_collections.amazon.aws.plugins.module_utils import botocore as amazon_botocore

from ansible_collections.trailwatch.aws.plugins.action import iam_policy
from ansible_collections.trailwatch.aws.plugins.action import sqs_queue as action
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.clients import parts_shared
from ansible_collections.trailwatch.aws.plugins.modules import sqs_queue as module
from ansible_collections.trailwatch.aws.plugins.plugin_utils import in_controller
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import run
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules import aws_calls

PLUGINS = Path(action.__file__).parents[1]
ACTIONS = "ansible_collections.trailwatch.aws.plugins.action"
QUEUE: dict[str, Any] = {"name": "tickets", "delay_seconds": 5, "tags": {"team": "security"}}
DIFF = {"diff": True}
IN_A_PROCESS = {"ran": "in a process of its own"}


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Ansible would start a process, IN_A_PROCESS comes back."""

    def execute(_self: Any, **_arguments: Any) -> dict[str, Any]:
        return dict(IN_A_PROCESS)

    monkeypatch.setattr(normal.ActionModule, "_execute_module", execute)


def own(result: dict[str, Any]) -> dict[str, Any]:
    """The result without the arguments, of which Ansible tells only if it is asked."""
    return {name: value for name, value in result.items() if name != "invocation"}


def collection_name(module: ModuleType) -> str:
    """Such as amazon.aws.iam_role."""
    return ".".join(part for part in module.__name__.split(".")[1:] if part not in {"plugins", "modules"})


def test_each_module_of_the_group_has_its_action_and_no_other_has():
    runtime = yaml.safe_load((PLUGINS.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    group = {name for name in runtime["action_groups"]["all"] if isinstance(name, str)}
    elsewhere = {name: routing["redirect"] for name, routing in runtime["plugin_routing"]["modules"].items()}
    found = {}
    for path in (PLUGINS / "action").glob("[!_]*.py"):
        plugin = importlib.import_module(f"{ACTIONS}.{path.stem}").ActionModule
        if issubclass(plugin, in_controller.InController):
            found[path.stem] = collection_name(plugin.MODULE)

    assert found == {name: elsewhere.get(name, f"trailwatch.aws.{name}") for name in group}


@pytest.mark.usefixtures("account")
def test_a_module_of_amazon_aws_is_run_too():
    result = run(iam_policy, iam_type="group", iam_name="nobody", policy_name="reads", state="absent")

    assert "NoSuchEntity" in result["msg"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("check", [True, False])
def test_the_result_is_that_of_the_module(check: bool):
    expected = aws_calls.run(module.main, check=check, **QUEUE)
    if not check:
        boto3.client("sqs").delete_queue(QueueUrl=expected["queue_url"])

    result = run(action, check=check, keywords=DIFF, **QUEUE)

    assert own(result) == own(expected)
    assert result["diff"]["before"] == {}
    assert result["changed"]


@pytest.mark.usefixtures("account")
def test_check_mode_writes_nothing():
    with aws_calls.recorded() as calls:
        run(action, check=True, **QUEUE)

    assert calls
    assert not aws_calls.writes(calls)


@pytest.mark.usefixtures("account")
def test_a_diff_is_told_if_the_task_asks_for_one():
    assert "diff" not in run(action, **QUEUE)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {**QUEUE, "delay_seconds": "soon"},
        {**QUEUE, "name": "not a name"},
        {**QUEUE, "colour": "blue"},
        {**QUEUE, "state": "gone"},
    ],
    ids=["missing", "no number", "refused by the module", "unknown", "no choice"],
)
def test_options_are_refused_in_the_words_of_the_module(options: dict[str, Any]):
    expected = aws_calls.run(module.main, _ansible_module_name="trailwatch.aws.sqs_queue", **options)

    result = run(action, **options)

    assert expected["msg"]
    assert own(result) == own(expected)


@pytest.mark.usefixtures("account")
def test_a_failed_call_is_told_as_by_the_module():
    with aws_calls.answering(GetQueueUrl=aws_calls.error("AccessDenied", "GetQueueUrl")):
        expected = aws_calls.run(module.main, **QUEUE)
        result = run(action, **QUEUE)

    assert "AccessDenied" in result["msg"]
    assert own(result) == own(expected)


def test_without_boto3_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(amazon_botocore, "HAS_BOTO3", False)
    monkeypatch.setattr(in_controller, "HAS_BOTO3", False)

    result = run(action, **QUEUE)

    assert result["failed"]
    assert "boto3" in result["msg"]


@pytest.mark.usefixtures("account")
def test_secrets_are_in_no_result(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")

    result = run(action, **{**QUEUE, "name": "no name: sesame-open", "secret_key": "sesame-open", "access_key": "id"})

    assert result["failed"]
    assert "sesame-open" not in repr(result)
    assert "secret_key" in result["invocation"]["module_args"]


@pytest.mark.usefixtures("account")
def test_the_environment_of_the_task_counts_for_the_task():
    before = dict(os.environ)

    result = run(action, keywords={"environment": [{"AWS_REGION": "eu-west-1"}, {"NUMBER": 1}]}, **QUEUE)

    assert result["queue_arn"] == "arn:aws:sqs:eu-west-1:123456789012:tickets"
    assert dict(os.environ) == before


@pytest.mark.usefixtures("account", "process")
@pytest.mark.parametrize("interpreter", [sys.executable, "auto", "auto_silent", "{{ python }}"])
def test_runs_in_the_controller_by_its_python(interpreter: str):
    variables = {"ansible_python_interpreter": trust_as_template(interpreter), "python": sys.executable}

    result = run(action, task_vars=variables, **QUEUE)

    assert result["queue_url"]


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize(
    "task",
    [
        {"connection": "ssh"},
        {"become": True},
        {"keywords": {"async": 60, "poll": 5}},
        {"task_vars": {"ansible_python_interpreter": "/opt/other/bin/python"}},
        {
            "keywords": {"delegate_to": "b"},
            "task_vars": {"ansible_delegated_vars": {"b": {"ansible_python_interpreter": "/opt/other/bin/python"}}},
        },
    ],
    ids=["another machine", "another user", "in the background", "another Python", "another Python of a delegate"],
)
def test_has_a_process_of_its_own_where_it_needs_one(task: dict[str, Any]):
    result = run(action, **task, **QUEUE)

    assert IN_A_PROCESS.items() <= result.items()


def test_sessions_find_the_models_that_were_read():
    def loader() -> Any:
        return botocore.session.get_session().get_component("data_loader")

    with parts_shared():
        assert loader() is loader()
    assert loader() is not loader()


def test_sessions_have_the_handlers_of_botocore_and_share_none_of_their_own():
    def answers(session: Any) -> list[Any]:
        event = session.get_component("event_emitter").emit("choose-service-name", service_name="runtime.sagemaker")
        return [answer for _handler, answer in event]

    with parts_shared():
        first, second = botocore.session.get_session(), botocore.session.get_session()
    first.register("choose-service-name", lambda **_: "its own")
    usual = answers(botocore.session.get_session())
    assert "sagemaker-runtime" in usual
    assert answers(first) == [*usual, "its own"]
    assert answers(second) == usual
