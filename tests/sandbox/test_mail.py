"""SNS's e-mail: confirmation, notifications, unsubscribing."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def topic(account):
    return account.client("sns").create_topic(Name="news", Attributes={"DisplayName": "Night Watch"})["TopicArn"]


def visit(mail) -> str:
    link = re.search(r"http://127\.0\.0\.1:\d+/\S+", mail.get_content())[0]
    with urllib.request.urlopen(link) as page:
        return page.read().decode()


def test_confirmation_by_link(account, sandbox, topic):
    sns = account.client("sns")
    subscribed = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    assert subscribed["SubscriptionArn"] == "pending confirmation"
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == ["PendingConfirmation"]
    sns.publish(TopicArn=topic, Message="too early")
    [mail] = sandbox.mails(account.address, "*")
    assert mail["Subject"] == "AWS Notification - Subscription Confirmation"
    assert "Subscription confirmed" in visit(mail)
    sns.publish(TopicArn=topic, Message="now", Subject="Hello")
    [mail] = sandbox.mails(account.address)
    assert (mail["From"].addresses[0].display_name, mail["Subject"]) == ("Night Watch", "Hello")
    assert mail.get_content().startswith("now\n")
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    again = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    assert again["SubscriptionArn"] == listed["SubscriptionArn"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"


def test_unsubscribe_by_link(account, sandbox, topic):
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    sandbox.confirm(account.address)
    sns.publish(TopicArn=topic, Message="first")
    assert "Subscription removed" in visit(sandbox.mails(account.address)[0])
    sns.publish(TopicArn=topic, Message="second")
    assert len(sandbox.mails(account.address)) == 1


def test_authenticated_confirmation_guards_against_the_link(account, sandbox, topic):
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    [mail] = sandbox.mails(account.address, "confirmation")
    token = re.search(r"Token=(\w+)", mail.get_content())[1]
    sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    sns.publish(TopicArn=topic, Message="first")
    with pytest.raises(urllib.request.HTTPError):
        visit(sandbox.mails(account.address)[0])


def test_a_link_can_be_followed_again_and_changes_nothing(account, sandbox, topic):
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    [mail] = sandbox.mails(account.address, "confirmation")
    visit(mail)
    token = re.search(r"Token=(\w+)", mail.get_content())[1]
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    again = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    assert again["SubscriptionArn"] == listed["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=listed["SubscriptionArn"])["Attributes"]
    assert attributes["ConfirmationWasAuthenticated"] == "false"
    with pytest.raises(ClientError, match="InvalidParameter.*Token"):
        sns.confirm_subscription(TopicArn=topic, Token="0" * 128)


def test_pending_subscriber_is_asked_again_and_cannot_be_unsubscribed(account, sandbox, topic):
    sns = account.client("sns")
    wanted = {"TopicArn": topic, "Protocol": "email", "Endpoint": account.address}
    arn = sns.subscribe(**wanted, ReturnSubscriptionArn=True)["SubscriptionArn"]
    sns.subscribe(**wanted)
    assert len(sandbox.mails(account.address, "confirmation")) == 2
    for target in (arn, "PendingConfirmation"):
        with pytest.raises(ClientError, match="InvalidParameter"):
            sns.unsubscribe(SubscriptionArn=target)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"


@pytest.mark.parametrize(("protocol", "endpoint"), [("email", "nobody"), ("pigeon", "a@example.com")])
def test_bad_address_or_protocol(account, topic, protocol, endpoint):
    with pytest.raises(ClientError, match="InvalidParameter"):
        account.client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


@pytest.mark.parametrize("subject", ["x" * 101, "two\nlines", "grün", " leading"])
def test_bad_subject(account, topic, subject):
    with pytest.raises(ClientError, match=r"InvalidParameter.*Subject"):
        account.client("sns").publish(TopicArn=topic, Message="m", Subject=subject)


def test_message_per_protocol(account, sandbox, topic):
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    sandbox.confirm(account.address)
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "email": "for readers"}))
    assert sandbox.mails(account.address)[0].get_content().startswith("for readers\n")
    with pytest.raises(ClientError, match="No default entry"):
        sns.publish(TopicArn=topic, MessageStructure="json", Message="{}")


def test_storm_suspends_the_subscription(account, sandbox, topic):
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=account.address)
    sandbox.confirm(account.address)
    for number in range(12):
        sns.publish(TopicArn=topic, Message=str(number))
    assert len(sandbox.mails(account.address)) == 10
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"
