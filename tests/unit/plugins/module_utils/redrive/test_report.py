# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a redrive is told of in the report."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.redrive import report
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.letter import Kind, Letter, Outcome, Result
from ansible_collections.trailwatch.aws.plugins.module_utils.redrive.run import Run, Waiting

EMPTY = Waiting("url", 0, 0)
SOME = Waiting("url", 3, 0)


def result(outcome: Outcome, number: int = 1, reason: str = "") -> Result:
    return Result(Letter(f"m-{number}", Kind.EVENT, f"iam:CreateUser {number}"), outcome, reason)


def test_an_empty_queue() -> None:
    assert report.summary(Run(), EMPTY) == report.would_do(EMPTY) == "no dead letters"
    assert report.failure(Run(), EMPTY) == ""


def test_what_would_be_done() -> None:
    assert report.would_do(Waiting("url", 1, 0)) == "would redrive 1 dead letter"
    assert report.would_do(SOME) == "would redrive 3 dead letters"


def test_all_went_through() -> None:
    run = Run([result(outcome) for outcome in (Outcome.ALERTED, Outcome.VOID, Outcome.SUPPRESSED, Outcome.ALERTED)])
    line = "4 dead letters: 2 alerted, 1 suppressed, 1 a reminder without anything to tell"
    assert report.summary(run, SOME) == line
    assert report.failure(run, SOME) == ""


def test_those_that_are_left_are_named_by_their_reason() -> None:
    left = [result(Outcome.LEFT, number, "the function failed: no luck") for number in range(1, 8)]
    run = Run([result(Outcome.ALERTED), *left, result(Outcome.LEFT, 9, "is no event")])
    assert report.failure(run, SOME) == (
        "9 dead letters: 1 alerted, 8 left. iam:CreateUser 1, iam:CreateUser 2, iam:CreateUser 3, iam:CreateUser 4, "
        "iam:CreateUser 5 and 2 more: the function failed: no luck. iam:CreateUser 9: is no event"
    )
    data = report.as_data(run)
    assert (data["dead_letters"], data["alerted"], len(data["left"])) == (9, 1, 8)
    assert data["left"][7] == {"message_id": "m-9", "title": "iam:CreateUser 9", "reason": "is no event"}


def test_what_ended_a_run_early_is_told_beside_what_it_did() -> None:
    begun = Run([result(Outcome.ALERTED)], "Failed to invoke function x: no")
    assert report.failure(begun, SOME) == "1 dead letter: 1 alerted, then stopped. Failed to invoke function x: no"
    at_once = Run([], "Failed to invoke function x: no")
    assert (
        report.failure(at_once, SOME) == "stopped before the first of 3 dead letters. Failed to invoke function x: no"
    )


def test_messages_in_other_hands_are_left_too() -> None:
    hidden = Waiting("url", 0, 2)
    line = "nothing to receive; 2 in other hands, for an hour at most: redrive again then"
    assert report.failure(Run(), hidden) == report.would_do(hidden) == line
