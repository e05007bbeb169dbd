"""What the line of a failure says, and what it never does."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.callback.progress import printable, reason


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
