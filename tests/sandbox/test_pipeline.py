"""From an API call to a mail, and where it ends when one thing is missing."""

from __future__ import annotations

from tests.sandbox.small_pipeline import FAILING, NAME, policy


def test_create_and_delete_user_give_one_mail_each(account, sandbox, eventually):
    account.deploy()
    iam = account.client("iam")
    iam.create_user(UserName="mallory")
    iam.delete_user(UserName="mallory")
    mails = sandbox.wait_for_mails(account.address, 2)
    assert sorted(mail["Subject"] for mail in mails) == [f"CreateUser in {account.id}", f"DeleteUser in {account.id}"]
    assert str(mails[0]["From"]) == "Alerts <no-reply@sns.amazonaws.com>"
    assert "mallory" in mails[0].get_content()
    assert "unsubscribe" in mails[0].get_content()


def test_function_calls_are_its_roles(account, sandbox, eventually):
    account.deploy()
    account.client("iam").create_user(UserName="mallory")
    published = eventually(lambda: sandbox.calls(account.id, by="lambda"))[0]
    assert published["eventName"] == "Publish"
    assert published["managementEvent"] is False
    assert published["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == NAME
    assert "exec-env/AWS_Lambda_python3.13" in published["userAgent"]


def test_missing_permission_goes_to_the_targets_dead_letter_queue(account, sandbox, messages):
    account.make_trail()
    function = account.make_function(account.make_topic())
    queue = account.make_queue("dead", "events.amazonaws.com")
    rule = account.make_rule(function, permission=False, DeadLetterConfig={"Arn": queue})
    account.client("iam").create_user(UserName="mallory")
    event, attributes = messages(account, "dead")
    assert event["detail"]["requestParameters"]["userName"] == "mallory"
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["RULE_ARN"] == rule
    assert sandbox.mails(account.address) == []


def test_dead_letter_queue_without_policy_loses_the_event(account, messages):
    account.make_trail()
    function = account.make_function(account.make_topic())
    queue = account.make_queue("dead")
    account.make_rule(function, permission=False, DeadLetterConfig={"Arn": queue})
    account.client("iam").create_user(UserName="mallory")
    assert messages(account, "dead", timeout=1) is None


def test_failing_handler_is_retried_then_dead_lettered(account, sandbox, messages, eventually):
    queue = account.make_queue("dead")
    account.deploy(FAILING, DeadLetterConfig={"TargetArn": queue})
    account.client("iam").create_user(UserName="mallory")
    event, attributes = messages(account, "dead", timeout=15)
    assert event["detail"]["eventName"] == "CreateUser"
    assert attributes["ErrorMessage"] == "no luck"
    logs = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{NAME}", filterPattern="START")
    assert len(logs["events"]) == 3
    told = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{NAME}", filterPattern='"[ERROR]"')
    assert [event["message"] for event in told["events"]] == ["[ERROR] RuntimeError: no luck"] * 3


def test_all_that_a_handler_prints_is_in_its_log_however_long_that_takes(account):
    account.deploy("def lambda_handler(event, context):\n    for number in range(9000):\n        print(number)\n")
    account.client("lambda").invoke(FunctionName=NAME, Payload=b"{}")
    pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{NAME}")
    printed = [event["message"] for page in pages for event in page["events"] if event["message"].isdigit()]
    assert printed == [str(number) for number in range(9000)]


def test_on_failure_destination_tells_the_story(account, messages):
    queue = account.make_queue("failed")
    account.deploy(FAILING)
    account.client("lambda").put_function_event_invoke_config(
        FunctionName=NAME, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    account.client("iam").create_user(UserName="mallory")
    story, _ = messages(account, "failed")
    assert story["requestContext"]["condition"] == "RetriesExhausted"
    assert story["requestContext"]["approximateInvokeCount"] == 1
    assert story["responsePayload"]["errorMessage"] == "no luck"


def test_role_without_publish_cannot_alert(account, sandbox, eventually, messages):
    queue = account.make_queue("dead")
    account.deploy(actions=("sqs:SendMessage", "logs:*"), DeadLetterConfig={"TargetArn": queue})
    account.client("iam").create_user(UserName="mallory")
    refused = eventually(lambda: sandbox.calls(account.id, by="lambda"))[0]
    assert refused["errorCode"].startswith("AuthorizationError")
    assert messages(account, "dead", timeout=15)
    assert sandbox.mails(account.address) == []


def test_role_that_no_longer_trusts_lambda_cannot_alert(account, sandbox, messages):
    queue = account.make_queue("dead")
    account.deploy(DeadLetterConfig={"TargetArn": queue})
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    account.client("iam").update_assume_role_policy(RoleName=NAME, PolicyDocument=trust)
    account.client("iam").create_user(UserName="mallory")
    _, attributes = messages(account, "dead")
    assert "cannot be assumed by Lambda" in attributes["ErrorMessage"]


def test_topic_policy_denies_all_but_the_functions_role(account, sandbox):
    account.deploy()
    topic, role = account.arn("sns", NAME), f"arn:aws:iam::{account.id}:role/{NAME}"
    deny = policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": role}},
        }
    )
    sns = account.client("sns")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=deny)
    account.client("iam").create_user(UserName="mallory")
    assert len(sandbox.wait_for_mails(account.address)) == 1
    try:
        sns.publish(TopicArn=topic, Message="by someone else")
    except sns.exceptions.AuthorizationErrorException:
        return
    raise AssertionError("the deny did not hold")
