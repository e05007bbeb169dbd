# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many events: what they add up to, as data and as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.groups import grouped_mails
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.replay import Replay
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.report import summary_text
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import Rules

Build = Callable[..., Any]


def event(record: dict[str, Any], region: str = "us-east-1") -> dict[str, Any]:
    source = f"aws.{record['eventSource'].split('.')[0]}"
    return {"source": source, "detail-type": "AWS API Call via CloudTrail", "region": region, "detail": record}


def summary_of(function: Any, records: Iterable[dict[str, Any]], group_seconds: int = 0) -> dict[str, Any]:
    replay = Replay(Rules(["iam:CreateUser", "iam:DeleteUser", "logs:StartQuery"]), function)
    for record in records:
        replay.add(event(record))
    return replay.summary(group_seconds)


def text_of(summary: dict[str, Any], **more: Any) -> str:
    return summary_text({"files": 1, "broken": [], "group_seconds": 0, **summary, **more})


def line_of(text: str, *words: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if all(word in line for word in words)]
    return line.split()


def test_counted_by_severity_action_and_actor(function_of: Build, record: Build) -> None:
    denied = record(eventName="DeleteUser", errorCode="AccessDenied")
    summary = summary_of(function_of(), [denied, record(), record(), denied, denied])
    assert [(row["severity"], row["action"], row["actor"], row["mailed"]) for row in summary["rows"]] == [
        ("critical", "iam:CreateUser", "alice", 2),
        ("medium", "iam:DeleteUser", "alice", 3),
    ]
    assert (summary["records"], summary["mailed"]) == (5, 5)
    assert line_of(text_of(summary), "iam:DeleteUser") == ["medium", "iam:DeleteUser", "alice", "3", "3", "0", "0"]


def test_what_is_suppressed_is_counted_with_what_does_it(function_of: Build, record: Build, suppression: Build) -> None:
    function = function_of(suppression("onboarding"), suppression("never", match={"user": ["bob"]}))
    summary = summary_of(function, [record(), record()])
    assert (summary["mailed"], summary["suppressed"], summary["days"]) == (0, 2, {})
    assert summary["rows"][0]["suppressed"] == {"onboarding": 2}
    text = text_of(summary)
    assert "          by onboarding (2)\n" in text
    assert "onboarding: kept 2 events quiet; until 2026-12-31 (owner it)" in text
    assert "never: STALE, kept no event quiet; until 2026-12-31 (owner it)" in text


def test_an_expired_suppression_is_told_apart_from_a_stale_one(
    function_of: Build, record: Build, suppression: Build
) -> None:
    text = text_of(summary_of(function_of(suppression("old", expires="2026-03-19")), [record()]))
    assert "old: EXPIRED on 2026-03-19, keeps nothing quiet (owner it)" in text
    assert "1 mail with the note: suppression old fits, but expired on 2026-03-19 (owner it)" in text


def test_left_out_is_shown_if_the_catalogue_knows_it(function_of: Build, record: Build) -> None:
    known = record(eventName="CreateAccessKey")
    unknown = record(eventName="ListUsers", readOnly=True)
    query = record(eventSource="logs.amazonaws.com", eventName="StartQuery", readOnly=True)
    summary = summary_of(function_of(), [known, *[unknown] * 3, query])
    assert summary["left_out"] == {"not_listed": 4, "read_only": 1}
    assert [row["action"] for row in summary["rows"]] == ["iam:CreateAccessKey"]
    text = text_of(summary)
    assert line_of(text, "iam:CreateAccessKey")[-4:] == ["1", "0", "0", "1"]
    assert "Left out     4 not on the list\n             1 read-only, which the rule does not take" in text


def test_mails_a_day_count_the_days_between(function_of: Build, record: Build) -> None:
    times = ["2026-03-14T23:59:59Z", "2026-03-11T00:00:00Z", "2026-03-14T00:00:00Z"]
    summary = summary_of(function_of(), [record(eventTime=time) for time in times])
    assert (summary["first"], summary["last"]) == ("2026-03-11T00:00:00Z", "2026-03-14T23:59:59Z")
    assert summary["days"] == {"2026-03-11": 1, "2026-03-14": 2}
    assert "Mails a day  0.8 on average, 2 at most (2026-03-14)" in text_of(summary)


def test_times_that_cannot_be_read_do_no_harm(function_of: Build, record: Build) -> None:
    summary = summary_of(function_of(), [record(eventTime="yesterday"), record(eventTime=None)])
    assert (summary["mailed"], summary["grouped"]["mails"], summary["first"]) == (2, 2, "")
    assert "Mails a day" not in text_of(summary)


def test_grouping_holds_alerts_of_one_group_together(function_of: Build, record: Build) -> None:
    minutes = [record(eventTime=f"2026-03-14T03:{minute:02}:00Z") for minute in (9, 0, 1, 2)]
    alone = record(eventTime="2026-03-14T03:00:30Z", errorCode="AccessDenied")
    summary = summary_of(function_of(), [*minutes, alone])
    assert summary["grouped"] == {"seconds": 300, "mails": 4}
    assert "with iam_alerting_group_seconds=300 it would be 4 mails" in text_of(summary)


def test_what_different_rules_rated_is_not_held_together(function_of: Build, record: Build) -> None:
    replay = Replay(Rules(["iam:UpdateAssumeRolePolicy"]), function_of())
    for whom in ("222222222222", "*", "222222222222"):
        statement = {"Effect": "Allow", "Principal": {"AWS": whom}, "Action": "sts:AssumeRole"}
        parameters = {"roleName": "deploy", "policyDocument": {"Statement": statement}}
        replay.add(event(record(eventName="UpdateAssumeRolePolicy", requestParameters=parameters)))
    assert replay.summary(300)["grouped"] == {"seconds": 300, "mails": 3}


def test_grouping_that_is_on_is_counted_as_it_is(function_of: Build, record: Build) -> None:
    times = ("00:00", "00:50", "02:00")
    summary = summary_of(function_of(), [record(eventTime=f"2026-03-14T03:{time}Z") for time in times], 60)
    assert summary["grouped"] == {"seconds": 60, "mails": 3}
    assert "3 mails are left by iam_alerting_group_seconds=60" in text_of(summary, group_seconds=60)


@pytest.mark.parametrize(
    ("times", "mails"),
    [([], 0), ([0], 1), ([0, 1], 2), ([100, 3, 0, 2, 1], 2), ([0, 101], 2), ([0, 1, 101, 102, 300], 5)],
)
def test_a_window_gives_a_mail_and_a_summary_of_the_rest(times: list[float], mails: int) -> None:
    assert grouped_mails(times, 100) == mails


def test_long_names_keep_the_table_narrow(function_of: Build, record: Build) -> None:
    user = {"type": "IAMUser", "userName": "u" * 200, "accountId": "111111111111"}
    text = text_of(summary_of(function_of(), [record(eventName="x" * 300), record(userIdentity=user)]))
    assert max(map(len, text.splitlines())) <= 120


def test_names_from_records_cannot_break_the_table(function_of: Build, record: Build) -> None:
    user = {"type": "IAMUser", "userName": "eve\n\x1b[2Jcritical  all is well", "accountId": "111111111111"}
    text = text_of(summary_of(function_of(), [record(userIdentity=user)]))
    assert "\x1b" not in text
    assert not any(line.startswith("critical  all") for line in text.splitlines())


def test_many_broken_files_do_not_fill_the_screen(function_of: Build) -> None:
    broken = [{"file": f"{number}.json", "problem": "It is no JSON."} for number in range(50)]
    text = text_of(summary_of(function_of(), []), broken=broken)
    assert "50 files could not be used:\n  0.json: It is no JSON.\n" in text
    assert text.endswith("  ... and 40 more\n")
