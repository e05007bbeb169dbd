# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome on one line."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.verification import report
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.audience import Audience
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.causes import Finding
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, Journey, Line
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import ROLE, USER
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.proof import Proof


def journey(action: str, arrives_after: float | None = None, **entry: Any) -> Journey:
    arrival = Arrival(action, "", arrives_after - 0.75, arrives_after - 0.5, arrives_after) if arrives_after else None
    times = {"eventTime": "1970-01-01T00:00:02Z", "receivedTime": "1970-01-01T00:00:08Z"}
    return Journey(action, "n", 0.0, "r", Line({**times, **entry}, "s", 0), arrival)


def test_a_pass_tells_the_time_of_each_call_and_the_stages_of_the_slowest() -> None:
    proof = Proof([journey("iam:CreateUser", 12.25), journey("iam:DeleteUser", 11.0)])
    assert report.passed(proof, [], [], []) == (
        "pass: CreateUser 12.2 s, DeleteUser 11.0 s (record 2.0, function 6.0, topic 3.5, queue 0.2, seen 0.5)"
    )


def test_a_pass_tells_what_is_not_proven_and_what_was_removed() -> None:
    quiet = journey("iam:DeleteUser", suppressedBy={"name": "ci"})
    proof = Proof([journey("iam:CreateUser", 12.25), quiet])
    line = report.passed(proof, ["iam:Other"], ["a@example.com"], ["user x", "queue x"])
    assert line.endswith(
        "; DeleteUser suppressed by ci; Other is not in iam_alerting_actions; not confirmed: a@example.com; "
        "removed what an earlier run left: user x, queue x"
    )


def test_a_topic_that_nobody_hears_is_told_with_the_ways_out() -> None:
    told = report.unheard(Audience("arn:topic", (), ("a@example.com",)))
    assert "arn:topic, but nobody who gets them is subscribed there; not confirmed: a@example.com. " in told
    assert "playbooks/confirm.yml" in told
    assert "playbooks/status.yml" in told
    assert "not confirmed" not in report.unheard(Audience("arn:topic", (), ()))


def test_events_that_stopped_for_one_reason_are_told_of_together() -> None:
    stopped = Finding("record", "the trail x is not logging")
    proof = Proof(
        [journey("iam:CreateUser"), journey("iam:DeleteUser")], {"iam:CreateUser": stopped, "iam:DeleteUser": stopped}
    )
    assert report.failed(proof) == (
        "CreateUser and DeleteUser stopped at the record: the trail x is not logging. Deploy again, that mends it."
    )


def test_of_one_that_was_lost_the_other_is_told_too() -> None:
    late = Finding("queue", "it has not come", "Verify again.")
    proof = Proof([journey("iam:CreateUser", 1.0), journey("iam:DeleteUser")], {"iam:DeleteUser": late})
    assert report.failed(proof) == "DeleteUser stopped at the queue: it has not come. Verify again. CreateUser arrived."


def test_what_would_be_done_is_said() -> None:
    assert report.would_do(ROLE, ["iam:CreateRole"], 0.5, ["queue x"]) == (
        "would create and delete a role under /trailwatch-verify/ and a queue for the time of it, and wait up to 0.5 "
        "minutes for the alerts of CreateRole; would remove what an earlier run left: queue x"
    )
    assert report.would_do(USER, list(USER.actions), 15.0, []).endswith(
        "15 minutes for the alerts of CreateUser and DeleteUser"
    )


def test_programs_get_every_stage() -> None:
    data = report.as_data(journey("iam:CreateUser"), Finding("topic", "why", "what"))
    assert data == {
        "action": "iam:CreateUser",
        "request_id": "r",
        "arrived": False,
        "quiet": "",
        "seconds": {"record": 2.0, "function": 6.0},
        "stage": "topic",
        "cause": "why",
        "remedy": "what",
    }
