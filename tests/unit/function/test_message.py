# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the reader of the mail depends on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import message
import pytest
import record
from alert import Alert
from assess import Assessment, Severity, assess
from catalogue import Entry
from pipeline import Pipeline
from suppression import Verdict

Build = Callable[..., dict[str, Any]]


def write(event: dict[str, Any], account_name: str = "production") -> message.Message:
    parsed = record.parse(event)
    return write_judged(parsed, assess(parsed, {}, Pipeline()), account_name)


def write_judged(parsed: record.Record, judged: Assessment, account_name: str = "", note: str = "") -> message.Message:
    return message.write(Alert(parsed, judged, Verdict(note=note), account_name))


def test_subject_says_how_bad_what_who_and_where(event: Build) -> None:
    assert write(event()).subject == "MEDIUM iam:CreateUser by alice in production (111111111111)"


def test_account_without_a_name_is_told_by_its_id(event: Build) -> None:
    mail = write(event(), "")
    assert mail.subject == "MEDIUM iam:CreateUser by alice in 111111111111"
    assert "Where   account 111111111111, us-east-1\n" in mail.body


@pytest.mark.parametrize(
    ("fields", "subject", "headline", "result"),
    [
        ({}, "MEDIUM iam:", "IAM user alice called iam:CreateUser on", "succeeded\n"),
        (
            {"errorCode": "AccessDenied"},
            "LOW DENIED iam:",
            "IAM user alice was denied iam:CreateUser",
            "DENIED: AccessDenied\n",
        ),
        (
            {"errorCode": "Client.UnauthorizedOperation", "errorMessage": "no"},
            "LOW DENIED iam:",
            "IAM user alice was denied",
            "DENIED: Client.UnauthorizedOperation\n        no\n",
        ),
        (
            {"errorCode": "EntityAlreadyExistsException", "errorMessage": "It exists."},
            "LOW FAILED iam:",
            "IAM user alice tried iam:CreateUser on user build-agent in production (111111111111) and failed.",
            "FAILED: EntityAlreadyExistsException\n        It exists.\n",
        ),
        ({"errorMessage": "It broke."}, "LOW FAILED iam:", "IAM user alice tried", "FAILED\n        It broke.\n"),
    ],
)
def test_outcome(event: Build, fields: dict[str, str], subject: str, headline: str, result: str) -> None:
    mail = write(event(**fields))
    assert mail.subject.startswith(subject)
    assert mail.body.startswith(headline)
    assert f"Result  {result}" in mail.body


@pytest.mark.parametrize(
    ("stated", "headline"),
    [
        ({"ConsoleLogin": "Success"}, "IAM user alice signed in to the AWS console of production"),
        ({"ConsoleLogin": "Failure"}, "IAM user alice failed to sign in to the AWS console of production"),
        (
            None,
            "IAM user alice tried to sign in to the AWS console of production (111111111111), result not\n  recorded.",
        ),
    ],
)
def test_sign_in_result_is_read_from_the_response(event: Build, stated: Any, headline: str) -> None:
    body = write(event(eventSource="signin.amazonaws.com", eventName="ConsoleLogin", responseElements=stated)).body
    assert body.startswith(headline)


def test_identity_center_failure_is_read_from_the_service_event_details(event: Build) -> None:
    details = {"CredentialVerification": "Failure"}
    fields = {"eventName": "CredentialVerification", "serviceEventDetails": details, "responseElements": None}
    mail = write(event(eventSource="signin.amazonaws.com", **fields))
    assert mail.subject.startswith("LOW FAILED signin:CredentialVerification")
    assert "Details\n  CredentialVerification = Failure\n" in mail.body


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"requestParameters": {"groupName": "admins", "userName": "eve"}}, "user eve, group admins"),
        (
            {"requestParameters": {"userName": "eve", "accessKeyId": "AKIAEXAMPLE00000WXYZ"}},
            "user eve, access key AKIA...WXYZ",
        ),
        ({"requestParameters": None, "responseElements": {"accessKey": {"userName": "alice"}}}, "user alice"),
        (
            {
                "eventSource": "cloudtrail.amazonaws.com",
                "requestParameters": {"name": "arn:aws:cloudtrail:us-east-1:111111111111:trail/audit"},
                "responseElements": None,
            },
            "trail audit",
        ),
        (
            {"requestParameters": None, "responseElements": None, "resources": [{"arn": "arn:aws:iam::1:role/x"}]},
            "resource arn:aws:iam::1:role/x",
        ),
    ],
)
def test_target(event: Build, fields: dict[str, Any], target: str) -> None:
    assert f" on {target}\n" in write(event(**fields)).body


@pytest.mark.parametrize(
    ("event_time", "shown"),
    [
        ("2026-03-14T03:07:42Z", "2026-03-14 03:07:42 UTC"),
        ("2026-03-14 03:07:42.000", "2026-03-14 03:07:42 UTC"),
        ("2026-03-14T05:07:42+02:00", "2026-03-14 03:07:42 UTC"),
        (1773457662, "2026-03-14 03:07:42 UTC"),
        (1773457662000, "2026-03-14 03:07:42 UTC"),
        ("Mar 14, 2026", "Mar 14, 2026"),
        ("9" * 400, "9" * 57 + "..."),
        (None, "2026-03-14 03:07:42 UTC"),
    ],
)
def test_time_is_in_utc_or_as_recorded(event: Build, event_time: Any, shown: str) -> None:
    assert f"When    {shown}\n" in write(event(eventTime=event_time)).body


def test_long_names_are_cut_so_that_account_id_and_action_stay(event: Build) -> None:
    user = {"type": "IAMUser", "userName": "very-long-name-" * 8}
    subject = write(event(userIdentity=user), "the-account-with-the-long-name-" * 4).subject
    assert message.SUBJECT_LENGTH - 3 < len(subject) <= message.SUBJECT_LENGTH
    assert subject.startswith("MEDIUM iam:CreateUser by very-long-name-")
    assert "... in the-account-" in subject
    assert subject.endswith("... (111111111111)")


def test_subject_is_ascii_on_one_line(event: Build) -> None:
    user = {"type": "IAMUser", "userName": "Jos\u00e9\r\nBcc: x\u202e"}
    assert (
        write(event(userIdentity=user)).subject == "MEDIUM iam:CreateUser by Jose Bcc: x in production (111111111111)"
    )


def test_text_from_the_event_cannot_forge_lines_of_the_mail(event: Build) -> None:
    forged = "x\n\nResult  succeeded\nLink    https://evil.example.com/login"
    fields = ("eventName", "userAgent", "sourceIPAddress", "errorCode", "errorMessage", "awsRegion", "eventID")
    body = write(event(**dict.fromkeys(fields, forged), requestParameters={forged: forged, "userName": forged})).body
    assert [line for line in body.splitlines() if line.startswith("Result")] == [
        "Result  FAILED: x Result succeeded Link hxxps://evil[.]example[.]com/login"
    ]
    assert not [line for line in body.splitlines() if line.startswith("Link")]
    assert "https://" not in body
    assert "evil.example.com" not in body


@pytest.mark.parametrize("length", [0, 20, 35, 60, 90])
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"eventSource": "rolesanywhere.amazonaws.com", "eventName": "CreateProfile"}, "name"),
        ({"errorCode": "ValidationError"}, "userName"),
    ],
)
def test_a_name_cannot_forge_a_line_where_the_headline_is_wrapped(
    event: Build, fields: dict[str, str], named: str, length: int
) -> None:
    forged = f"{'x' * length} " + "Rating LOW routine rotation of keys by the platform team, ticket OPS-1 " * 3
    body = write(event(**fields, requestParameters={named: forged}, responseElements=None)).body
    headline, rest = body.split("\n\n", 1)
    first, *more = headline.splitlines()
    assert more
    assert all(line.startswith("  ") and len(line) <= 100 for line in more)
    assert len(first) <= 100
    assert sum(line.startswith("Rating") for line in body.splitlines()) == 1
    assert rest.startswith("Rating  ")


def test_nothing_secret_is_sent(event: Build) -> None:
    token = "IQoJ" + "b3JpZ2luX2Vj" * 20
    mail = write(
        event(
            responseElements={"credentials": {"sessionToken": token, "secretAccessKey": "Zz1/" * 10}},
            requestParameters={"password": "hunter2", "text": f"it is {token}", "accessKeyId": "ASIAEXAMPLE000000003"},
            errorCode="Failed",
            errorMessage=f"token {token} with AKIAEXAMPLE000000004",
        )
    )
    for secret in (token, "hunter2", "Zz1/", "ASIAEXAMPLE", "AKIAEXAMPLE"):
        assert secret not in mail.body
    assert "password = (masked)" in mail.body


def test_whom_a_trust_policy_lets_in_from_a_provider_is_shown(event: Build) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*", "token": "hunter2"}},
    }
    parameters = {"roleName": "deploy", "policyDocument": json.dumps({"Statement": [statement]})}
    body = write(event(eventName="UpdateAssumeRolePolicy", requestParameters=parameters)).body
    condition = "  policyDocument/Statement[0]/Condition/StringLike"
    assert f"{condition}/token[.]actions[.]githubusercontent[.]com:sub = repo:*\n" in body
    assert f"{condition}/token = (masked)\n" in body


def test_actor_of_another_account_is_marked(event: Build) -> None:
    user = {"type": "AWSAccount", "accountId": "222222222222", "principalId": "AIDAEXAMPLE"}
    assert "        of another account: 222222222222\n" in write(event(userIdentity=user)).body


def test_omitted_parameters_say_so(event: Build) -> None:
    omitted = {"omitted": True, "reason": "EVENT_SIZE_EXCEEDED"}
    body = write(event(requestParameters=omitted)).body
    assert "Parameters\n  omitted = true\n  reason = EVENT_SIZE_EXCEEDED\n" in body


def test_record_of_256_kib_makes_a_mail_of_one_screen(event: Build) -> None:
    filler = {f"parameter{number}": "word " * 250 for number in range(200)}
    body = write(event(requestParameters=filler, userAgent="x " * 500, errorMessage="why " * 250)).body
    assert len(body.encode()) < 8 * 1024
    assert len(body.splitlines()) < 50


JUDGED = Assessment(
    severity=Severity.CRITICAL,
    rule="policy-allows-everything",
    reason="The policy allows every action on every resource.",
    entry=Entry("critical", "high", ("T1098.003 Additional Cloud Roles",), "It gives permissions.", "Read the policy."),
    next="Read the policy.",
    grants=("grants admin: * on *", "trusts account 222222222222"),
)


def test_judgement_comes_right_after_the_headline(event: Build) -> None:
    body = write_judged(record.parse(event()), JUDGED).body
    assert body.split("\n\n")[1].splitlines() == [
        "Rating  CRITICAL: The policy allows every action on every resource.",
        "Why     It gives permissions.",
        "Rule    policy-allows-everything",
        "Policy  grants admin: * on *",
        "        trusts account 222222222222",
        "ATT&CK  T1098.003 Additional Cloud Roles",
        "Next    Read the policy.",
    ]


def test_what_the_catalogue_says_is_not_said_twice(event: Build) -> None:
    entry = Entry("high", "", ("T1098",), "It gives permissions.", "Read the policy.")
    judged = Assessment(Severity.MEDIUM, "catalogue", entry.why, entry, "Look.", "One lower than HIGH.")
    assert write_judged(record.parse(event()), judged).body.split("\n\n")[1].splitlines() == [
        "Rating  MEDIUM: It gives permissions.",
        "        One lower than HIGH.",
        "Rule    catalogue",
        "ATT&CK  T1098",
        "Next    Look.",
    ]


def test_policy_text_cannot_forge_lines_or_links(event: Build) -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "x\nLink    https://evil.example.com", "Resource": "*"}}
    body = write(event(eventName="PutUserPolicy", requestParameters={"policyDocument": document})).body
    assert "Policy  allows x Link hxxps://evil[.]example[.]com on *\n" in body


def test_reason_with_a_name_from_the_event_is_made_safe(event: Build) -> None:
    forged = {"userName": "bob\nNext    call https://evil.example.com"}
    body = write(event(eventName="CreateLoginProfile", requestParameters=forged)).body
    assert "user, bob Next call" in body
    assert "https://evil" not in body


def test_empty_record_still_makes_a_mail() -> None:
    mail = write({"source": "aws.iam", "account": "111111111111", "region": "us-east-1", "detail": {}})
    assert mail.subject == "MEDIUM iam:unknown by unknown in production (111111111111)"
    assert "Event   no id recorded\n" in mail.body


@pytest.mark.parametrize("broken", [None, [], "text", {}, {"detail": None}, {"detail": "text"}, {"detail": []}])
def test_event_without_a_record_is_an_error(broken: Any) -> None:
    with pytest.raises(record.NotARecordError, match="CloudTrail record"):
        record.parse(broken)


def test_note_stands_at_the_end() -> None:
    body = write_judged(record.parse({"detail": {}}), JUDGED, "", "suppression ci fits, but expired").body
    assert body.endswith("\nNote    suppression ci fits, but expired\n")
