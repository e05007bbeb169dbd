"""What AWS refuses, the sandbox refuses."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.small_pipeline import IAM_WRITES, NAME, connect, packed, policy


def refused(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


def test_trail_needs_a_bucket_that_lets_it_write(account):
    trail, s3, bucket = account.client("cloudtrail"), account.client("s3"), f"trail-{account.id}"
    assert refused(trail.create_trail, Name=NAME, S3BucketName=bucket) == "S3BucketDoesNotExistException"
    s3.create_bucket(Bucket=bucket)
    assert refused(trail.create_trail, Name=NAME, S3BucketName=bucket) == "InsufficientS3BucketPolicyException"
    s3.put_bucket_policy(Bucket=bucket, Policy=account.bucket_policy())
    assert refused(trail.create_trail, Name="a..b", S3BucketName=bucket) == "InvalidTrailNameException"
    tags = [{"Key": "trailwatch", "Value": "x"}]
    arn = trail.create_trail(Name=NAME, S3BucketName=bucket, TagsList=tags)["TrailARN"]
    assert trail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == tags
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(trail.update_trail, Name=NAME, S3BucketName=bucket) == "InsufficientS3BucketPolicyException"


def test_event_selectors_are_told_in_the_home_region_only(account):
    account.make_trail(IsMultiRegionTrail=True)
    arn = account.arn("cloudtrail", f"trail/{NAME}")
    assert account.client("cloudtrail").get_event_selectors(TrailName=arn)["EventSelectors"]
    elsewhere = account.client("cloudtrail", "eu-west-1")
    assert elsewhere.describe_trails()["trailList"][0]["TrailARN"] == arn
    assert refused(elsewhere.get_event_selectors, TrailName=arn) == "TrailNotFoundException"


def test_no_member_makes_a_trail_of_the_organization(account):
    account.make_trail()
    update = account.client("cloudtrail").update_trail
    assert refused(update, Name=NAME, IsOrganizationTrail=True) == "NotOrganizationMasterAccountException"


def test_an_administrator_makes_the_trail_of_an_organization_that_trusts_cloudtrail(account, sandbox):
    management = sandbox.management_account
    organizations = connect(sandbox, "organizations", management, "x")
    appoint = connect(sandbox, "cloudtrail", management, "x").register_organization_delegated_admin
    assert refused(account.client("organizations").list_delegated_administrators) == "AccessDeniedException"
    appoint(MemberAccountId=account.id)
    listed = account.client("organizations").list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")
    assert [each["Id"] for each in listed["DelegatedAdministrators"]] == [account.id]
    organization = organizations.describe_organization()["Organization"]["Id"]
    arn = f"arn:aws:cloudtrail:us-east-1:{management}:trail/all"
    account.client("s3").create_bucket(Bucket=f"all-{account.id}")
    asked = {
        "Name": "all",
        "S3BucketName": f"all-{account.id}",
        "IsOrganizationTrail": True,
        "IsMultiRegionTrail": True,
    }
    client = account.client("cloudtrail")
    assert refused(client.create_trail, **asked) == "CloudTrailAccessNotEnabledException"
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    assert refused(client.create_trail, **asked) == "InsufficientS3BucketPolicyException"
    may = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    bucket = f"arn:aws:s3:::all-{account.id}"
    folder = {**may, "Action": "s3:PutObject", "Resource": f"{bucket}/AWSLogs/{organization}/*"}
    look = {**may, "Action": "s3:GetBucketAcl", "Resource": bucket}
    account.client("s3").put_bucket_policy(Bucket=f"all-{account.id}", Policy=policy(look, folder))
    assert client.create_trail(**asked, TagsList=[{"Key": "team", "Value": "x"}])["TrailARN"] == arn
    try:
        assert refused(client.start_logging, Name="all") == "TrailNotFoundException"
        client.start_logging(Name=arn)
        assert client.get_event_selectors(TrailName=arn)["EventSelectors"]
        assert client.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [
            {"Key": "team", "Value": "x"}
        ]
    finally:
        client.delete_trail(Name=arn)
        organizations.disable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")


def test_the_simulator_knows_conditions_context_and_boundaries(account):
    iam = account.client("iam")
    passed = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    here = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    may = policy(
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": passed},
        {"Effect": "Allow", "Action": ["sns:*", "sqs:CreateQueue"], "Resource": "arn:aws:sns:*:*:here"},
    )
    trust = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="simulated", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="simulated", PolicyName="may", PolicyDocument=may)

    def asked(action, *resources, **context):
        entries = [
            {"ContextKeyName": f"iam:{key}", "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in context.items()
        ]
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=[action], ResourceArns=list(resources), ContextEntries=entries
        )
        return [(each["EvalDecision"], each.get("MissingContextValues", [])) for each in answer["EvaluationResults"]]

    assert asked("iam:PassRole", arn, PassedToService="lambda.amazonaws.com") == [("allowed", [])]
    assert asked("iam:PassRole", arn, PassedToService="ec2.amazonaws.com") == [("implicitDeny", [])]
    assert asked("iam:PassRole", arn) == [("implicitDeny", ["iam:PassedToService"])]
    topics = ["arn:aws:sns:us-east-1:1:here", "arn:aws:sns:us-east-1:1:there"]
    decisions = [decision for decision, _missing in asked("sns:CreateTopic", *topics)]
    assert decisions == ["allowed", "implicitDeny"]
    limit = policy({"Effect": "Deny", "Action": "sns:*", "Resource": "*", "Condition": here})
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=limit)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="simulated", PermissionsBoundary=boundary)
    assert asked("sns:CreateTopic", topics[0])[0] == ("implicitDeny", ["aws:SourceVpc", "iam:PassedToService"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Name": "no spaces"}, "ValidationException"),
        ({"State": "BOGUS"}, "ValidationException"),
        ({"EventPattern": None}, "ValidationException"),
        ({"EventPattern": "{}"}, "InvalidEventPatternException"),
        ({"EventPattern": json.dumps({"source": ["x" * 2048]})}, "LimitExceededException"),
    ],
)
def test_rule(account, change, code):
    wanted = {"Name": NAME, "EventPattern": json.dumps(IAM_WRITES)} | change
    given = {name: value for name, value in wanted.items() if value is not None}
    assert refused(account.client("events").put_rule, **given) == code


def test_put_rule_replaces_all_but_tags(account):
    events = account.client("events")
    wanted = {"Name": NAME, "EventPattern": json.dumps(IAM_WRITES)}
    arn = events.put_rule(**wanted, Description="old", State="DISABLED", Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    events.put_rule(**wanted, Tags=[{"Key": "a", "Value": "2"}])
    rule = events.describe_rule(Name=NAME)
    assert rule["State"] == "ENABLED"
    assert "Description" not in rule
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_targets(account):
    events = account.client("events")
    events.put_rule(Name=NAME, EventPattern=json.dumps(IAM_WRITES))
    queue = account.arn("sqs", "q")
    good = [{"Id": str(number), "Arn": queue} for number in range(5)]
    events.put_targets(Rule=NAME, Targets=good)
    more = {"Id": "5", "Arn": queue}
    assert refused(events.put_targets, Rule=NAME, Targets=[more]) == "LimitExceededException"
    foreign = "arn:aws:sqs:eu-west-1:111111111111:q"
    for bad in (
        {"RetryPolicy": {"MaximumRetryAttempts": 186}},
        {"RetryPolicy": {"MaximumEventAgeInSeconds": 86401}},
        {"DeadLetterConfig": {"Arn": foreign}},
        {"DeadLetterConfig": {"Arn": "q"}},
    ):
        assert refused(events.put_targets, Rule=NAME, Targets=[good[0] | bad]) == "ValidationException"
    assert refused(events.delete_rule, Name=NAME) == "ValidationException"
    events.remove_targets(Rule=NAME, Ids=[one["Id"] for one in good])
    events.delete_rule(Name=NAME)
    events.delete_rule(Name=NAME)
    assert refused(events.put_targets, Rule=NAME, Targets=good) == "ResourceNotFoundException"


def test_event_bus(account):
    events, bus = account.client("events"), {"EventBusName": NAME}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "any", **statement}]}
    assert refused(events.put_permission, Policy=json.dumps(document), **bus) == "ResourceNotFoundException"
    assert refused(events.list_rules, **bus) == "ResourceNotFoundException"
    events.create_event_bus(Name=NAME)
    long = json.dumps({**document, "Id": "x" * 10240})
    assert refused(events.put_permission, Policy=long, **bus) == "PolicyLengthExceededException"
    events.put_permission(Policy=json.dumps(document), **bus)
    assert json.loads(events.describe_event_bus(Name=NAME)["Policy"]) == document
    events.put_rule(Name=NAME, EventPattern=json.dumps(IAM_WRITES), **bus)
    assert refused(events.delete_event_bus, Name=NAME) == "ValidationException"
    events.delete_rule(Name=NAME, **bus)
    events.delete_event_bus(Name=NAME)
    events.create_event_bus(Name=NAME)
    assert "Policy" not in events.describe_event_bus(Name=NAME)


def test_function_needs_a_role_for_lambda(account):
    iam, function = account.client("iam"), account.client("lambda")
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="wrong", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    wanted = {
        "FunctionName": NAME,
        "Runtime": "python3.13",
        "Handler": "handler.lambda_handler",
        "Code": {"ZipFile": packed("")},
    }
    assert refused(function.create_function, Role=role, **wanted) == "InvalidParameterValueException"
    right = account.make_role()
    dead = {"DeadLetterConfig": {"TargetArn": account.make_queue("dead")}}
    assert refused(function.create_function, Role=right, **wanted, **dead) == "InvalidParameterValueException"
    reserved = {"Environment": {"Variables": {"AWS_REGION": "x"}}}
    assert refused(function.create_function, Role=right, **wanted, **reserved) == "InvalidParameterValueException"
    function.create_function(Role=right, **wanted)
    assert refused(function.get_policy, FunctionName=NAME) == "ResourceNotFoundException"


def test_dry_run_of_code_changes_nothing(account):
    function = account.client("lambda")
    role = account.make_role()
    made = function.create_function(
        FunctionName=NAME, Runtime="python3.13", Handler="handler.f", Role=role, Code={"ZipFile": packed("a = 1")}
    )
    function.get_waiter("function_active_v2").wait(FunctionName=NAME)
    function.update_function_code(FunctionName=NAME, ZipFile=packed("a = 2"), DryRun=True)
    assert function.get_function(FunctionName=NAME)["Configuration"]["CodeSha256"] == made["CodeSha256"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Statement": [{"Effect": "Perhaps"}]}'])
def test_malformed_policies(account, text):
    sns, sqs, s3 = (account.client(name) for name in ("sns", "sqs", "s3"))
    s3.create_bucket(Bucket=f"b-{account.id}")
    assert refused(sns.create_topic, Name="t", Attributes={"Policy": text}).startswith("InvalidParameter")
    assert refused(sqs.create_queue, QueueName="q", Attributes={"Policy": text}) == "InvalidAttributeValue"
    assert refused(s3.put_bucket_policy, Bucket=f"b-{account.id}", Policy=text) == "MalformedPolicy"


@pytest.mark.parametrize("text", ["{", "{}", '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}'])
def test_malformed_trust_and_key_policies(account, text):
    iam, kms = account.client("iam"), account.client("kms")
    assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=text).startswith("MalformedPolicyDocument")
    assert refused(kms.create_key, Policy=text) == "MalformedPolicyDocumentException"


def test_topic_with_a_key_asks_for_the_key(account, sandbox):
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic = account.client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    account.client("sns").publish(TopicArn=topic, Message="by an administrator")
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    may = policy({"Effect": "Allow", "Action": "sns:*", "Resource": "*"})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=may)
    given = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = connect(sandbox, "sns", given["AccessKeyId"], given["SecretAccessKey"])
    assert refused(alice.publish, TopicArn=topic, Message="by alice") == "KMSAccessDenied"


def test_what_queues_and_topics_say_of_themselves(account):
    sns, sqs = account.client("sns"), account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert (
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["SqsManagedSseEnabled"] == "true"
    )
    topic = sns.create_topic(Name="t", Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"]
    assert refused(sns.create_topic, Name="t", Attributes={"DisplayName": "other"}).startswith("InvalidParameter")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="")
    assert "KmsMasterKeyId" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]


def test_organization_knows_the_accounts(account, sandbox):
    organizations = connect(sandbox, "organizations", sandbox.management_account, "x")
    pages = organizations.get_paginator("list_accounts").paginate()
    assert account.id in [one["Id"] for page in pages for one in page["Accounts"]]


def test_organization_has_pages_states_and_no_status(account, sandbox):
    organizations = connect(sandbox, "organizations", sandbox.management_account, "x")
    root = organizations.list_roots()["Roots"][0]["Id"]
    numbers = [str(number) for number in range(888888880001, 888888880022)]
    sandbox.add_accounts(*numbers, name="one of many")
    first = organizations.list_accounts_for_parent(ParentId=root)
    assert len(first["Accounts"]) == 20
    pages = organizations.get_paginator("list_accounts_for_parent").paginate(ParentId=root)
    names = {one["Id"]: one["Name"] for page in pages for one in page["Accounts"]}
    assert {names[number] for number in numbers} == {"one of many"}
    organizations.close_account(AccountId=account.id)
    pages = organizations.get_paginator("list_accounts").paginate()
    listed = {one["Id"]: one for page in pages for one in page["Accounts"]}
    assert listed[account.id]["State"] == "CLOSED"
    assert listed[sandbox.management_account]["State"] == "ACTIVE"
    assert "Status" not in listed[account.id]


def test_organization_tells_members_that_it_is_there_and_no_more(account, sandbox):
    organizations = account.client("organizations")
    known = organizations.describe_organization()["Organization"]
    assert known["MasterAccountId"] == sandbox.management_account
    assert refused(organizations.list_roots) == "AccessDeniedException"
    assert refused(organizations.list_accounts) == "AccessDeniedException"
