# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How bad an event is: every rule, and what the catalogue says where none holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import record
from assess import RULES, Assessment, Severity, assess
from pipeline import Pipeline

Build = Callable[..., dict[str, Any]]

ROOT = Path(__file__).resolve().parents[3]
OWN, OTHER, TRUSTED = "111111111111", "222222222222", "333333333333"
PIPELINE = Pipeline("iam-alerting", OWN, "us-east-1")
ROLE_SESSION = {"type": "AssumedRole", "arn": f"arn:aws:sts::{OWN}:assumed-role/deploy/ci"}


def allow(**fields: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Resource": "*", **fields}]})


def trust(principal: Any, **fields: Any) -> str:
    return json.dumps({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **fields}})


def managed(name: str) -> dict[str, str]:
    return {"roleName": "deploy", "policyArn": f"arn:aws:iam::aws:policy/{name}"}


WEB = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/ci.example.com"}
WEB_ACTION = {"Action": "sts:AssumeRoleWithWebIdentity"}
CONDITION = {"Condition": {"StringEquals": {"ci.example.com:sub": "repo:x/y"}}}
ESCALATION = "policy-allows-escalation"
ALL_FIELDS = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
READ_FIELDS = {"fieldSelectors": [*ALL_FIELDS["fieldSelectors"], {"field": "readOnly", "equals": ["true"]}]}
DATA_FIELDS = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}

HOLDS = [
    ("administrator-attached", "CRITICAL", "iam:AttachRolePolicy", managed("AdministratorAccess")),
    ("administrator-attached", "CRITICAL", "iam:AttachGroupPolicy", managed("AdministratorAccess")),
    ("administrator-attached", "CRITICAL", "iam:AttachUserPolicy", managed("path/AdministratorAccess")),
    ("strong-policy-attached", "HIGH", "iam:AttachUserPolicy", managed("PowerUserAccess")),
    ("strong-policy-attached", "HIGH", "iam:AttachRolePolicy", managed("IAMFullAccess")),
    ("policy-allows-everything", "CRITICAL", "iam:PutUserPolicy", {"policyDocument": allow(Action="*")}),
    ("policy-allows-everything", "CRITICAL", "iam:CreatePolicy", {"policyDocument": allow(Action="*")}),
    ("policy-allows-everything", "CRITICAL", "iam:CreatePolicyVersion", {"policyDocument": allow(Action=["*"])}),
    ("policy-allows-all-but", "CRITICAL", "iam:PutRolePolicy", {"policyDocument": allow(NotAction="iam:*")}),
    ("policy-allows-iam", "CRITICAL", "iam:PutRolePolicy", {"policyDocument": allow(Action="iam:*")}),
    (
        "policy-allows-iam",
        "CRITICAL",
        "iam:PutRolePolicy",
        {"policyDocument": allow(Action="i*", Resource="arn:aws:iam::*:role/*")},
    ),
    (
        "policy-allows-everything",
        "CRITICAL",
        "iam:PutRolePolicy",
        {"policyDocument": allow(Action="?*", Resource="*?")},
    ),
    *(
        ("policy-allows-iam", "CRITICAL", "iam:PutRolePolicy", {"policyDocument": allow(Action="iam:*", Resource=all_)})
        for all_ in ("?*", "arn:aws:iam::*:role/?*", f"arn:aws:iam::{OWN}:u*")
    ),
    ("policy-allows-escalation", "HIGH", "iam:PutRolePolicy", {"policyDocument": allow(Action="sts:AssumeRole")}),
    ("policy-allows-escalation", "HIGH", "iam:PutRolePolicy", {"policyDocument": allow(Action="iam:Pass*")}),
    ("trust-in-everyone", "CRITICAL", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust("*")}),
    ("trust-in-everyone", "CRITICAL", "iam:CreateRole", {"assumeRolePolicyDocument": trust({"AWS": "*"})}),
    (
        "trust-in-everyone-under-conditions",
        "HIGH",
        "iam:UpdateAssumeRolePolicy",
        {"policyDocument": trust("*", **CONDITION)},
    ),
    ("trust-in-another-account", "CRITICAL", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust({"AWS": OTHER})}),
    (
        "trust-in-another-account",
        "CRITICAL",
        "iam:CreateRole",
        {"assumeRolePolicyDocument": trust({"AWS": f"arn:aws:iam::{OTHER}:role/x"}, **CONDITION)},
    ),
    (
        "trust-in-another-account",
        "CRITICAL",
        "iam:UpdateAssumeRolePolicy",
        {"policyDocument": trust({"AWS": [f"arn:aws:iam::{TRUSTED}:root", OTHER]})},
    ),
    ("trust-in-trusted-account", "HIGH", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust({"AWS": TRUSTED})}),
    (
        "trust-in-trusted-account",
        "HIGH",
        "iam:CreateRole",
        {"assumeRolePolicyDocument": trust({"AWS": [OWN, f"arn:aws:iam::{TRUSTED}:root"]})},
    ),
    (
        "trust-in-any-web-identity",
        "CRITICAL",
        "iam:UpdateAssumeRolePolicy",
        {"policyDocument": trust(WEB, **WEB_ACTION)},
    ),
    ("credentials-for-another-user", "CRITICAL", "iam:CreateAccessKey", {"userName": "bob"}),
    ("credentials-for-another-user", "CRITICAL", "iam:CreateLoginProfile", {"userName": "bob"}),
    ("credentials-for-another-user", "CRITICAL", "iam:UpdateLoginProfile", {"userName": "bob"}),
    ("mfa-taken-from-another-user", "CRITICAL", "iam:DeactivateMFADevice", {"userName": "bob"}),
    ("mfa-removed", "HIGH", "iam:DeactivateMFADevice", {"userName": "alice"}),
    ("mfa-removed", "HIGH", "iam:DeleteVirtualMFADevice", {"serialNumber": f"arn:aws:iam::{OWN}:mfa/alice"}),
    ("boundary-removed", "HIGH", "iam:DeleteUserPermissionsBoundary", {"userName": "bob"}),
    ("boundary-removed", "HIGH", "iam:DeleteRolePermissionsBoundary", {"roleName": "deploy"}),
    ("policy-version-set-back", "HIGH", "iam:SetDefaultPolicyVersion", {"versionId": "v1"}),
    ("identity-provider-changed", "HIGH", "iam:UpdateSAMLProvider", {}),
    ("identity-provider-changed", "HIGH", "iam:AddClientIDToOpenIDConnectProvider", {}),
    ("trail-weakened", "CRITICAL", "cloudtrail:UpdateTrail", {"name": "x", "isMultiRegionTrail": False}),
    ("trail-weakened", "CRITICAL", "cloudtrail:UpdateTrail", {"name": "x", "s3BucketName": "elsewhere"}),
    (
        "selectors-weakened",
        "CRITICAL",
        "cloudtrail:PutEventSelectors",
        {"eventSelectors": [{"includeManagementEvents": False, "readWriteType": "All"}]},
    ),
    (
        "selectors-weakened",
        "CRITICAL",
        "cloudtrail:PutEventSelectors",
        {"eventSelectors": [{"includeManagementEvents": True, "readWriteType": "ReadOnly"}]},
    ),
    ("selectors-weakened", "CRITICAL", "cloudtrail:PutEventSelectors", {"advancedEventSelectors": [DATA_FIELDS]}),
    ("selectors-weakened", "CRITICAL", "cloudtrail:PutEventSelectors", {"advancedEventSelectors": [READ_FIELDS]}),
    ("pipeline-changed", "CRITICAL", "events:DisableRule", {"name": "iam-alerting"}),
    ("pipeline-changed", "CRITICAL", "events:RemoveTargets", {"rule": "iam-alerting-2"}),
    ("pipeline-changed", "CRITICAL", "lambda:DeleteFunction20150331", {"functionName": "iam-alerting"}),
    (
        "pipeline-changed",
        "CRITICAL",
        "lambda:UpdateFunctionCode20150331v2",
        {"functionName": f"arn:aws:lambda:us-east-1:{OWN}:function:iam-alerting"},
    ),
    ("pipeline-changed", "CRITICAL", "sns:DeleteTopic", {"topicArn": f"arn:aws:sns:us-east-1:{OWN}:iam-alerting"}),
    ("pipeline-changed", "CRITICAL", "sqs:PurgeQueue", {"queueUrl": f"https://sqs.x/{OWN}/iam-alerting-dlq"}),
    ("pipeline-changed", "CRITICAL", "iam:DeleteRolePolicy", {"roleName": "iam-alerting-function"}),
    ("pipeline-changed", "CRITICAL", "cloudtrail:StopLogging", {"name": "iam-alerting"}),
    ("pipeline-changed", "CRITICAL", "s3:DeleteBucketPolicy", {"bucketName": f"iam-alerting-{OWN}-us-east-1"}),
    ("pipeline-changed", "CRITICAL", "logs:DeleteLogGroup", {"logGroupName": "/aws/lambda/iam-alerting"}),
    ("pipeline-changed", "CRITICAL", "events:DisableRule", {"name": "iam-alerting-tampering"}),
    (
        "pipeline-changed",
        "CRITICAL",
        "sns:Unsubscribe",
        {"subscriptionArn": f"arn:aws:sns:us-east-1:{OWN}:iam-alerting:0f6c1a52"},
    ),
    (
        "pipeline-changed",
        "CRITICAL",
        "sqs:StartMessageMoveTask",
        {"sourceArn": f"arn:aws:sqs:us-east-1:{OWN}:iam-alerting-dlq"},
    ),
    (
        "pipeline-changed",
        "CRITICAL",
        "dynamodb:DeleteTable",
        {"tableName": f"arn:aws:dynamodb:us-east-1:{OWN}:table/iam-alerting-groups"},
    ),
]


@pytest.mark.parametrize(("rule", "severity", "action", "parameters"), HOLDS)
def test_rule_decides(judge: Callable[..., Assessment], rule: str, severity: str, action: str, parameters: Any) -> None:
    assessment = judge(action, parameters)
    assert (assessment.rule, assessment.severity.name) == (rule, severity)
    assert assessment.reason.endswith(".")


@pytest.mark.parametrize(
    ("action", "parameters", "reason"),
    [
        (
            "iam:PutRolePolicy",
            {"policyDocument": allow(NotAction="iam:*")},
            "The policy allows everything that it does not name (NotAction).",
        ),
        (
            "iam:UpdateAssumeRolePolicy",
            {"policyDocument": trust("*")},
            "Everyone with an AWS account may become the role.",
        ),
        (
            "iam:UpdateAssumeRolePolicy",
            {"policyDocument": trust("*", **CONDITION)},
            "Everyone who meets the conditions of the trust policy may become the role.",
        ),
        (
            "iam:DeleteVirtualMFADevice",
            {"serialNumber": f"arn:aws:iam::{OWN}:mfa/alice"},
            "An MFA device was removed; a password alone may now be enough.",
        ),
        (
            "iam:SetDefaultPolicyVersion",
            {"versionId": "v1"},
            "The policy was set back to v1, and an older version may allow more.",
        ),
        (
            "iam:SetDefaultPolicyVersion",
            None,
            "The policy was set back to another version, and an older version may allow more.",
        ),
        (
            "cloudtrail:UpdateTrail",
            {"isMultiRegionTrail": False, "enableLogFileValidation": False},
            "The trail goes without regions other than its own and proof that its log files are unchanged from now on.",
        ),
        (
            "cloudtrail:UpdateTrail",
            {"s3BucketName": "elsewhere"},
            "The trail writes to another bucket than it was made with.",
        ),
        (
            "cloudtrail:PutEventSelectors",
            {"advancedEventSelectors": [DATA_FIELDS]},
            "The trail no longer records write events.",
        ),
    ],
)
def test_the_reason_says_what_was_done(
    judge: Callable[..., Assessment], action: str, parameters: Any, reason: str
) -> None:
    assert judge(action, parameters).reason == reason


@pytest.mark.parametrize(("dangerous", "rule"), [("iam:*", "policy-allows-iam"), ("iam:PassRole", ESCALATION)])
def test_a_statement_is_looked_at_whatever_stands_before_it(
    judge: Callable[..., Assessment], dangerous: str, rule: str
) -> None:
    harmless = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}
    statements = [harmless, {"Effect": "Allow", "Action": dangerous, "Resource": "*"}]
    document = json.dumps({"Statement": statements})
    assert judge("iam:PutRolePolicy", {"policyDocument": document}).rule == rule


def test_a_selector_that_does_not_say_of_which_events_takes_in_none_of_management(
    judge: Callable[..., Assessment],
) -> None:
    selector = {"fieldSelectors": [{"field": "resources.type", "equals": ["AWS::S3::Object"]}]}
    assessment = judge("cloudtrail:PutEventSelectors", {"advancedEventSelectors": [selector]})
    assert assessment.rule == "selectors-weakened"


HOLDS_NOT = [
    ("HIGH", "iam:AttachRolePolicy", managed("ReadOnlyAccess")),
    ("HIGH", "iam:PutRolePolicy", {"policyDocument": allow(Action="s3:GetObject")}),
    ("HIGH", "iam:PutRolePolicy", {"policyDocument": allow(Action="iam:PassRole", Resource="arn:aws:iam::1:role/x")}),
    ("HIGH", "iam:PutRolePolicy", {"policyDocument": allow(Action="*", Effect="Deny")}),
    ("HIGH", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust({"Service": "ec2.amazonaws.com"})}),
    ("HIGH", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust({"AWS": OWN})}),
    ("HIGH", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust("*", Effect="Deny")}),
    ("HIGH", "iam:UpdateAssumeRolePolicy", {"policyDocument": trust(WEB, **WEB_ACTION, **CONDITION)}),
    ("MEDIUM", "iam:CreateRole", {"assumeRolePolicyDocument": trust({"Service": "ec2.amazonaws.com"})}),
    ("HIGH", "iam:CreateAccessKey", {"userName": "alice"}),
    ("HIGH", "iam:CreateAccessKey", None),
    ("MEDIUM", "iam:EnableMFADevice", {"userName": "alice"}),
    ("HIGH", "iam:EnableMFADevice", {"userName": "bob"}),
    ("HIGH", "cloudtrail:UpdateTrail", {"name": "x", "isMultiRegionTrail": True}),
    ("HIGH", "cloudtrail:PutEventSelectors", {"eventSelectors": [{"readWriteType": "All"}]}),
    ("HIGH", "cloudtrail:PutEventSelectors", {"advancedEventSelectors": [DATA_FIELDS, ALL_FIELDS]}),
    # What the record does not tell may be the worst.
    ("CRITICAL", "iam:AttachRolePolicy", {"policyArn": f"arn:aws:iam::{OWN}:policy/ReadOnlyAccess"}),
    ("CRITICAL", "iam:AttachRolePolicy", {"policyArn": f"arn:aws:iam::{OWN}:policy/AdministratorAccess"}),
    ("CRITICAL", "iam:AttachRolePolicy", None),
    ("CRITICAL", "iam:PutRolePolicy", {"omitted": True}),
    ("CRITICAL", "iam:UpdateAssumeRolePolicy", {"policyDocument": "{broken"}),
]


@pytest.mark.parametrize(("severity", "action", "parameters"), HOLDS_NOT)
def test_catalogue_decides(judge: Callable[..., Assessment], severity: str, action: str, parameters: Any) -> None:
    assessment = judge(action, parameters)
    assert (assessment.rule, assessment.severity.name) == ("catalogue", severity)
    assert assessment.reason == assessment.entry.why


def test_action_that_is_not_in_the_catalogue_is_medium(judge: Callable[..., Assessment]) -> None:
    assert (judge("s3:DeleteBucket").severity, judge("s3:DeleteBucket").rule) == (Severity.MEDIUM, "not-in-catalogue")


def test_root_is_critical_whatever_it_does(judge: Callable[..., Assessment]) -> None:
    assessment = judge(
        "signin:ConsoleLogin", responseElements={"ConsoleLogin": "Success"}, userIdentity={"type": "Root"}
    )
    assert (assessment.severity, assessment.rule) == (Severity.CRITICAL, "root-activity")
    assert assessment.next.startswith("Ask the keepers of the root user")


@pytest.mark.parametrize(
    ("kind", "used", "result", "rule"),
    [
        ("IAMUser", "No", "Success", "sign-in-without-mfa"),
        ("IAMUser", "Yes", "Success", "catalogue"),
        ("IAMUser", "No", "Failure", "catalogue"),
        ("AssumedRole", "No", "Success", "catalogue"),
    ],
)
def test_sign_in(judge: Callable[..., Assessment], kind: str, used: str, result: str, rule: str) -> None:
    fields = {"additionalEventData": {"MFAUsed": used}, "responseElements": {"ConsoleLogin": result}}
    assert judge("signin:ConsoleLogin", userIdentity={"type": kind, "userName": "alice"}, **fields).rule == rule


def test_only_of_keys_and_mfa_it_counts_whether_they_may_be_ones_own(
    judge: Callable[..., Assessment], known: dict[str, Any]
) -> None:
    milder = {action for action in known if judge(action).severity != judge(action, userIdentity=ROLE_SESSION).severity}
    devices = {f"iam:{what}MFADevice" for what in ("CreateVirtual", "Deactivate", "Enable")}
    assert milder == {"iam:CreateAccessKey", *devices}


def test_key_that_a_role_makes_for_a_user_is_another_ones(judge: Callable[..., Assessment]) -> None:
    assessment = judge("iam:CreateAccessKey", {"userName": "bob"}, userIdentity=ROLE_SESSION)
    assert assessment.rule == "credentials-for-another-user"


def test_user_that_only_the_answer_names_counts(judge: Callable[..., Assessment]) -> None:
    answer = {"accessKey": {"userName": "bob"}}
    assert judge("iam:CreateAccessKey", responseElements=answer).rule == "credentials-for-another-user"


def test_whom_a_role_comes_to_trust_is_told_as_seen_from_its_account(judge: Callable[..., Assessment]) -> None:
    grants = judge("iam:UpdateAssumeRolePolicy", {"policyDocument": trust({"AWS": [OWN, OTHER]})}).grants
    assert grants == ("trusts this account", f"trusts account {OTHER}")


def test_without_a_catalogue_the_rules_still_hold(event: Build) -> None:
    parsed = record.parse(event(eventName="AttachRolePolicy", requestParameters=managed("AdministratorAccess")))
    assert assess(parsed, {}, Pipeline()).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("trusted", "principal", "reason"),
    [
        ((), OTHER, f"Another account, {OTHER}, may become the role."),
        (
            (TRUSTED,),
            OTHER,
            f"Another account, {OTHER}, which is not among your trusted accounts, may become the role.",
        ),
        ((TRUSTED,), TRUSTED, f"Account {TRUSTED}, one of your trusted accounts, may become the role."),
    ],
)
def test_reason_of_trust_says_whether_the_account_is_known(
    event: Build, trusted: tuple[str, ...], principal: str, reason: str
) -> None:
    parameters = {"policyDocument": trust({"AWS": principal})}
    parsed = record.parse(event(eventName="UpdateAssumeRolePolicy", requestParameters=parameters))
    assert assess(parsed, {}, PIPELINE, frozenset(trusted)).reason == reason


def test_worst_rules_come_first_and_each_is_tested_and_documented() -> None:
    assert sorted(RULES, key=lambda rule: -rule.severity) == list(RULES)
    tested = {rule for rule, *rest in HOLDS} | {"root-activity", "sign-in-without-mfa"}
    assert tested == {rule.id for rule in RULES}
    documented = (ROOT / "docs" / "severity.md").read_text()
    for rule in RULES:
        assert f"| {rule.severity.name.lower()} | `{rule.id}` |" in documented
