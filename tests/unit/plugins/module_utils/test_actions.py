# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import re
from fnmatch import fnmatchcase

import botocore
import pytest
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    ActionError,
    UnknownActionError,
    collapse,
    is_read_only,
    known_names,
    parse_actions,
    parse_format,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.recorded_names import EVENT_ONLY, MODELS, RECORDED_AS

# Parsing makes one of several wildcards in a row.
GLOBS = st.text("aB*", min_size=1, max_size=5).map(lambda text: re.sub(r"\*+", "*", text))
NAMES = st.text("aBc", min_size=1, max_size=7)


def texts(actions):
    return [str(action) for action in actions]


def action(text):
    return Action(*text.split(":"))


@pytest.mark.parametrize(
    "text",
    [
        "iam:CreateUser",
        "iam:Create*",
        "iam:*",
        "iam:*AccessKey",
        "iam:Attach*Policy",
        "sts:AssumeRoot",
        "signin:ConsoleLogin",
        "signin:CheckMfa",
        "signin:PasswordRecoveryCompleted",
        "sso:CreateAccountAssignment",
        "sso:AssociateDirectory",
        "sso-directory:AddMemberToGroup",
        "rolesanywhere:CreateTrustAnchor",
        "rolesanywhere:CreateSession",
        "codecommit:GitPull",
        "organizations:LeaveOrganization",
        "cloudtrail:StopLogging",
        "access-analyzer:DeleteAnalyzer",
        "monitoring:DeleteAlarms",
        "elasticloadbalancing:CreateLoadBalancer",
        "elb:CreateLoadBalancer",
        "amazonmq:DeleteBroker",
        "application-insights:DeleteApplication",
        "chime:CreateMeeting",
        "pinpoint:DeleteApp",
        "servicecatalog-appregistry:CreateApplication",
        "tax:PutTaxRegistration",
        "voiceid:DeleteDomain",
        "lambda:UpdateFunctionCode20150331v2",
        "lambda:UpdateFunctionCode*",
        "lambda:AddLayerVersionPermission20181031",
        "lambda:CreateAlias20150331",
        "lambda:CreateFunctionUrlConfig",
        "lambda:PutFunctionConcurrency20171031",
        "lambda:RemoveLayerVersionPermission",
        "lambda:RemoveLayerVersionPermission20181031",
        "lambda:TagResource20170331v2",
        "s3:DeleteAccountPublicAccessBlock",
        "s3:GetBucketObjectLockConfiguration",
        "s3:PutAccelerateConfiguration",
        "s3:PutBucketLifecycle",
        "s3:PutBucketNotification",
        "s3:PutBucketPublicAccessBlock",
        "cloudfront:CreateFunction2020_05_31",
        "cloudfront:UpdateDistribution",
    ],
)
def test_actions_that_cloudtrail_records_are_known(text):
    assert texts(parse_actions([text])) == [text]


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("iam:CreateUsr", ["'iam:CreateUsr'", "'iam:CreateUser'"]),
        ("iam:createuser", ["'iam:CreateUser'"]),
        ("iam:Craete*Key", ["matches no known action"]),
        ("signin:consolelogin", ["'signin:ConsoleLogin'"]),
        ("iam:ConsoleLogin", ["'signin:ConsoleLogin'"]),
        ("iam:AssumeRole", ["'sts:AssumeRole'"]),
        ("iamm:CreateUser", ["no service 'iamm'", "'iam:CreateUser'"]),
        ("cloudwach:DeleteAlarms", ["no service 'cloudwach'", "'monitoring:DeleteAlarms'"]),
        ("lambda:CreateFunction", ["'lambda:CreateFunction20150331'", "'lambda:CreateFunction*'"]),
    ],
)
def test_an_unknown_action_fails_with_the_nearest_names(text, hints):
    with pytest.raises(UnknownActionError) as error:
        parse_actions(["iam:CreateRole", text])
    assert [hint for hint in hints if hint not in str(error.value)] == []


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("accessanalyzer", "access-analyzer"),
        ("cloudwatch", "monitoring"),
        ("efs", "elasticfilesystem"),
        ("elbv2", "elasticloadbalancing"),
        ("emr", "elasticmapreduce"),
        ("keyspaces", "cassandra"),
        ("mq", "amazonmq"),
        ("opensearch", "es"),
        ("sso-admin", "sso"),
        ("stepfunctions", "states"),
    ],
)
def test_a_service_is_to_be_written_as_cloudtrail_records_it(service, source):
    with pytest.raises(UnknownActionError) as error:
        parse_actions([f"{service}:Delete*"])
    assert str(error.value) == f"CloudTrail records '{service}' as '{source}': write '{source}:Delete*'."
    assert texts(parse_actions([f"{source}:Delete*"])) == [f"{source}:Delete*"]


def test_a_service_that_cloudtrail_records_as_several_may_be_any_of_them():
    with pytest.raises(UnknownActionError, match="as 'sso' or 'sso-oauth': write 'sso:CreateToken' or 'sso-oauth:"):
        parse_actions(["sso-oidc:CreateToken"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "s3:PutPublicAccessBlock",
            "CloudTrail records 's3:PutPublicAccessBlock' as 'PutBucketPublicAccessBlock' or "
            "'PutAccountPublicAccessBlock': write 's3:PutBucketPublicAccessBlock' or 's3:PutAccountPublicAccessBlock'.",
        ),
        (
            "s3:PutBucketLifecycleConfiguration",
            "CloudTrail records 's3:PutBucketLifecycleConfiguration' as 'PutBucketLifecycle': "
            "write 's3:PutBucketLifecycle'.",
        ),
        (
            "s3control:DeletePublicAccessBlock",
            "CloudTrail records 's3control' as 's3': "
            "write 's3:DeleteBucketPublicAccessBlock' or 's3:DeleteAccountPublicAccessBlock'.",
        ),
        (
            "lambda:TagResource",
            "CloudTrail records 'lambda:TagResource' as 'TagResource20170331v2': "
            "write 'lambda:TagResource20170331v2' or 'lambda:TagResource*'.",
        ),
    ],
)
def test_an_operation_is_to_be_written_as_cloudtrail_records_it(text, told):
    with pytest.raises(UnknownActionError) as error:
        parse_actions([text])
    assert str(error.value) == told


def test_all_unknown_actions_are_named_at_once():
    with pytest.raises(UnknownActionError, match=r"iam:CreateUsr.*sts:AssumeRol"):
        parse_actions(["sts:AssumeRol", "iam:CreateUsr"])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("CreateUser", "'iam:CreateUser'"),
        ("NoSuchThing", "'service:NoSuchThing'"),
        ("IAM:CreateUser", "'iam:CreateUser'"),
        ("iam.amazonaws.com:CreateUser", "'iam:CreateUser'"),
        ("*:CreateUser", "service must be named"),
        ("i*m:CreateUser", "service must be named"),
        (":CreateUser", "no service prefix"),
        ("iam:", "letters, digits"),
        ("iam:Create?ser", "letters, digits"),
        ("iam:Create User", "letters, digits"),
        ('iam:Create"User', "letters, digits"),
        ("iam:Create[AB]", "letters, digits"),
        ("", "names no service"),
    ],
)
@pytest.mark.parametrize("parse", [parse_actions, parse_format])
def test_a_malformed_action_fails_and_tells_what_to_write(parse, text, hint):
    with pytest.raises(ActionError) as error:
        parse([text])
    assert hint in str(error.value)


@pytest.mark.parametrize("parse", [parse_actions, parse_format])
def test_an_empty_list_fails(parse):
    with pytest.raises(ActionError, match="empty"):
        parse([])


def test_an_unknown_action_passes_unchecked():
    assert texts(parse_format(["iam:BrandNew", "brandnew:*"])) == ["brandnew:*", "iam:BrandNew"]


def test_what_a_wildcard_covers_collapses():
    entries = ["iam:CreateUser", "iam:Create*", "iam:**User", "iam:*User", "sts:AssumeRole", "sts:AssumeRole"]
    assert texts(parse_actions(entries)) == ["iam:*User", "iam:Create*", "sts:AssumeRole"]


def test_a_wildcard_covers_no_other_service():
    assert texts(parse_actions(["iam:*", "sts:AssumeRole"])) == ["iam:*", "sts:AssumeRole"]


@given(st.lists(st.builds(Action, st.sampled_from(["iam", "sts"]), GLOBS), max_size=8), NAMES, st.randoms())
@settings(deadline=None, database=None)
def test_collapsing_changes_nothing_about_what_matches(actions, name, chance: random.Random):
    def matched(some):
        return any(each.service == "iam" and fnmatchcase(name, each.name) for each in some)

    shuffled = chance.sample(actions, len(actions))
    assert matched(collapse(actions)) == matched(actions)
    assert collapse(shuffled) == collapse(actions)


@given(GLOBS, GLOBS, NAMES)
@settings(deadline=None, database=None)
def test_what_covers_matches_all_that_the_covered_matches(wide, narrow, name):
    if Action("iam", wide).covers(Action("iam", narrow)) and fnmatchcase(name, narrow):
        assert fnmatchcase(name, wide)


@given(GLOBS, NAMES)
@settings(deadline=None, database=None)
def test_matching_is_fnmatch_on_the_name_and_equality_on_the_source(glob, name):
    assert Action("iam", glob).matches("iam.amazonaws.com", name) == fnmatchcase(name, glob)
    assert not Action("iam", glob).matches("sts.amazonaws.com", name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iam:GetUser", True),
        ("iam:ListUsers", True),
        ("iam:GenerateCredentialReport", True),
        ("iam:SimulatePrincipalPolicy", True),
        ("organizations:DescribeAccount", True),
        ("iam:CreateUser", False),
        ("sts:AssumeRole", True),
        ("sts:AssumeRoleWithSAML", True),
        ("sts:AssumeRoleWithWebIdentity", True),
        ("sts:AssumeRoot", False),
        ("sts:GetFederationToken", False),
        ("sts:GetSessionToken", False),
        ("sts:GetCallerIdentity", True),
        ("signin:ConsoleLogin", False),
        ("signin:GetSigninToken", False),
        ("signin:CreateOAuth2Token", True),
        ("kms:Decrypt", True),
        ("kms:Encrypt", True),
        ("kms:ReEncrypt", True),
        ("kms:ReEncrypt*", True),
        ("kms:Sign", True),
        ("kms:DeriveSharedSecret", True),
        ("kms:Decapsulate", True),
        ("kms:GenerateDataKeyWithoutPlaintext", True),
        ("kms:GenerateMac", True),
        ("kms:Verify", True),
        ("kms:ScheduleKeyDeletion", False),
        ("kms:Disable*", False),
        ("bedrock:InvokeModel", True),
        ("bedrock:Converse*", True),
        ("bedrock:DeleteGuardrail", False),
        ("codecommit:GitPull", True),
        ("codecommit:GitPush", True),
        ("codecommit:CreateCommit", False),
        ("identitystore:IsMemberInGroups", True),
        ("ecr:BatchCheckLayerAvailability", True),
        ("ecr:BatchDeleteImage", False),
        ("iam:*", True),
        ("iam:*User", True),
        ("iam:G*", True),
        ("iam:G*s*", True),
        ("iam:GetU*", True),
        ("iam:Create*", False),
        ("iam:Attach*Policy", False),
        ("sts:Assume*", True),
        ("sts:AssumeRoo*", False),
    ],
)
def test_read_only(text, expected):
    assert is_read_only(action(text)) is expected


def test_a_wildcard_is_read_only_if_a_known_action_that_it_matches_is():
    for service in ("iam", "sts", "signin", "organizations"):
        for name in known_names(service):
            for glob in (f"{name[:3]}*", f"*{name[-4:]}", f"{name[:2]}*{name[-2:]}"):
                assert is_read_only(Action(service, glob)) >= is_read_only(Action(service, name)), glob


@pytest.mark.skipif(
    tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 44), reason="the table has models that came with 1.44"
)
def test_every_model_of_the_table_is_one_of_botocore():
    models = {model for models in MODELS.values() for model in models}
    assert models - set(Loader().list_available_services("service-2")) == set()


def test_what_is_only_a_model_of_another_service_has_no_names():
    models = {model for models in MODELS.values() for model in models}
    assert [model for model in models - {*MODELS, *EVENT_ONLY} if known_names(model)] == []


@pytest.mark.parametrize("service", RECORDED_AS)
def test_what_is_recorded_otherwise_is_an_operation_under_names_that_are_known(service):
    assert set(RECORDED_AS[service]) <= set(Loader().load_service_model(service, "service-2")["operations"])
    assert {name for names in RECORDED_AS[service].values() for name in names} <= known_names(service)
    assert known_names(service) & set(RECORDED_AS[service]) == set()
