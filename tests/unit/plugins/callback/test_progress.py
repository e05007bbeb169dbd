"""What the line of a failure says, and what it never does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.callback import progress
from ansible_collections.trailwatch.aws.plugins.callback.progress import CallbackModule, printable, reason


def test_the_reason_of_a_failure() -> None:
    assert reason({"failed": True, "msg": "denied"}) == "denied"
    assert reason({"failed": True}) == "no message"


def test_of_a_loop_the_items_that_failed_tell_it() -> None:
    items = [{"failed": True, "msg": "first"}, {"msg": "well"}, {"failed": True, "msg": "third"}]
    assert reason({"msg": "One or more items failed", "results": items}) == "first; third"


def test_what_is_not_to_be_shown_is_not() -> None:
    assert reason({"censored": "hidden", "msg": "secret"}) == "hidden"
    items = [{"failed": True, "msg": "secret", "_ansible_no_log": True}]
    assert reason({"msg": "One or more items failed", "results": items}) == "One or more items failed"


def test_a_text_is_one_line_without_control_characters() -> None:
    assert printable("a\x1b[2J\nb\u202ec\td") == "a [2J b c d"


class Named(str):
    """A host or task of this name."""

    __slots__ = ()
    _uuid = "1"

    def get_name(self) -> str:
        return str(self)


def result(host: str, **came: Any) -> Any:
    return SimpleNamespace(host=Named(host), task=Named("Topic | Make it"), result=came)


class Callback(CallbackModule):
    """The callback with what it prints, and its time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)
        super().__init__()
        monkeypatch.setattr(self._display, "display", lambda text, **_other: self.lines.append(text))
        monkeypatch.setattr(self._display, "verbosity", 0)

    def get_option(self, k: str, hostvars: Any = None) -> Any:
        return {"interval": 10.0}.get(k)

    def begin(self, hosts: int) -> None:
        self._hosts = hosts
        self._task_start(Named("Topic | Make it"))


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> Callback:
    made = Callback(monkeypatch)
    made.begin(hosts=3)
    return made


def test_what_goes_well_is_told_now_and_then_in_one_line(callback: Callback) -> None:
    callback.v2_runner_on_ok(result("a", changed=True))
    callback.v2_runner_on_skipped(result("b"))
    assert callback.lines == []
    callback.now = 11
    callback.v2_runner_on_ok(result("c", changed=False))
    (line,) = callback.lines
    assert line.endswith("Topic | Make it: 3 of 3 (1 changed, 0 failed so far)")


def test_a_failure_is_told_at_once_with_host_task_and_reason(callback: Callback) -> None:
    callback.v2_runner_on_failed(result("a", msg="no\nway"))
    callback.v2_runner_on_unreachable(result("b", msg="gone"))
    assert callback.lines == ["failed: [a] Topic | Make it: no way", "unreachable: [b] gone"]
    callback.now = 11
    callback.v2_runner_on_ok(result("c"))
    assert callback.lines[-1].endswith("(0 changed, 2 failed so far)")


def test_a_failure_that_is_ignored_is_none(callback: Callback) -> None:
    callback.v2_runner_on_failed(result("a", msg="no"), ignore_errors=True)
    assert callback.lines == []


def test_a_diff_is_told_with_its_host_if_something_changed(callback: Callback) -> None:
    diff = {"before": "a\n", "after": "b\n"}
    callback.v2_on_file_diff(result("a", changed=False, diff=diff))
    callback.v2_on_file_diff(result("a", changed=True, diff=[]))
    assert callback.lines == []
    callback.v2_on_file_diff(result("a", changed=True, diff=diff))
    assert callback.lines[0] == "diff: [a] Topic | Make it"
    assert "+b" in callback.lines[1]
