"""Subscribers are confirmed with the links of their mails, so that no link undoes it, and asked again if need be."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from sandbox.client import Sandbox
from tests.integration.conftest import Playbooks, Run
from tests.integration.live import Account

MINUTE = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
WRITES = {"ConfirmSubscription", "Subscribe", "Unsubscribe"}


class Confirm:
    """Two accounts, deployed once. In one nobody follows a link, in the other its only subscriber does."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account], folder: Path
    ) -> None:
        self.sandbox, self.playbooks, self.folder = sandbox, playbooks, folder
        self.one, self.clicked = open_account(), open_account()
        self.careful, self.late = (f"{name}-{self.one.id}@example.com" for name in ("careful", "late"))
        self.quick, self.spare = (f"{name}-{self.clicked.id}@example.com" for name in ("quick", "spare"))
        playbooks.deployed(self.hosts)
        visit(self.asked(self.quick)[0])

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        return {
            "one": {"account_id": self.one.id, "iam_alerting_subscribers": [self.careful, self.late]},
            "clicked": {
                "account_id": self.clicked.id,
                "iam_alerting_subscribers": [self.quick],
                "iam_alerting_fallback": self.spare,
            },
        }

    def run(self, *options: str, **variables: Any) -> Run:
        path = self.folder / "variables.json"
        path.write_text(json.dumps({f"iam_alerting_{name}": value for name, value in variables.items()}))
        for account in (self.one, self.clicked):
            self.sandbox.clear_calls(account.id)
        return self.playbooks.run("confirm", self.hosts, "-e", f"@{path}", *options)

    def asked(self, address: str) -> list[EmailMessage]:
        return self.sandbox.mails(address, "confirmation")

    def link(self, address: str) -> str:
        return link_in(self.asked(address)[-1])

    def written(self, account: Account) -> list[str]:
        return [call["eventName"] for call in self.sandbox.calls(account.id, writes=True)]

    def alert(self, account: Account, address: str) -> EmailMessage:
        before = len(self.sandbox.mails(address))
        account.client("iam").create_user(UserName=f"mallory-{before}")
        return self.sandbox.wait_for_mails(address, before + 1)[before]

    def status(self) -> dict[str, Any]:
        file = self.folder / "status.json"
        run = self.playbooks.run("status", self.hosts, "-e", f"iam_alerting_status_json={file}")
        assert run.status == 0, run.output
        return {account["host"]: account for account in json.loads(file.read_text())["accounts"]}


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/\S+", mail.get_content())
    assert found, mail
    return found[0]


def visit(mail: EmailMessage) -> str:
    with urllib.request.urlopen(link_in(mail)) as page:
        return str(page.read().decode())


def token(link: str) -> str:
    return link.partition("Token=")[2].partition("&")[0]


@pytest.fixture(scope="module")
def confirm(
    sandbox: Sandbox,
    playbooks: Playbooks,
    open_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Confirm:
    return Confirm(sandbox, playbooks, open_account, tmp_path_factory.mktemp("confirm"))


def test_a_check_says_who_would_be_confirmed_or_asked_again_and_writes_nothing(confirm: Confirm) -> None:
    run = confirm.run("--check", confirmation_links=[confirm.link(confirm.careful)], resend_confirmations=True)
    assert run.outcome("one") == f"would confirm: {confirm.careful}; would ask again: {confirm.late}", run.output
    assert run.outcome("clicked") == f"would ask again: {confirm.spare}"
    assert run.changed() == {"one": 1, "clicked": 1}
    assert confirm.written(confirm.one) == []
    assert len(confirm.asked(confirm.late)) == 1


def test_links_of_mails_confirm_and_the_token_is_shown_nowhere(confirm: Confirm) -> None:
    links = confirm.folder / "links.txt"
    links.write_text(f"{confirm.link(confirm.quick)}\n{confirm.link(confirm.spare)}\n")
    mail = confirm.asked(confirm.careful)[0].get_content()
    run = confirm.run("-vvv", confirmation_links=[mail], confirmation_file=str(links))
    assert run.status == 0, run.output
    assert run.outcome("one") == f"confirmed: {confirm.careful}"
    quick, spare = confirm.quick, confirm.spare
    assert run.outcome("clicked") == f"confirmed: {spare}; already confirmed, and not protected: {quick}"
    for address in (confirm.careful, quick, spare):
        assert token(confirm.link(address)) not in run.output
    assert confirm.written(confirm.one) == confirm.written(confirm.clicked) == ["ConfirmSubscription"]


def test_only_who_was_confirmed_so_stays_when_a_link_in_an_alert_is_followed(confirm: Confirm) -> None:
    protected = confirm.alert(confirm.one, confirm.careful)
    assert protected["Subject"].startswith("CRITICAL iam:CreateUser by ")
    with pytest.raises(HTTPError):
        visit(protected)
    assert confirm.alert(confirm.one, confirm.careful)
    assert "Subscription removed" in visit(confirm.alert(confirm.clicked, confirm.quick))


def test_status_tells_who_is_protected_and_what_is_known_of_the_others(confirm: Confirm) -> None:
    accounts = confirm.status()
    careful, late = accounts["one"]["subscribers"]
    assert (careful["state"], careful["protected"]) == ("confirmed", True)
    assert (late["state"], late["protected"]) == ("pending", None)
    # The calls of the deployment are forgotten, so nothing is known of who followed a link, and nothing is claimed.
    assert accounts["clicked"]["problems"][-1] == {"kind": "drift", "what": f"missing: {confirm.quick}"}


def test_a_link_can_be_given_again_and_one_that_is_too_old_is_told_with_the_way_to_a_new_mail(confirm: Confirm) -> None:
    link, old = confirm.link(confirm.careful), confirm.link(confirm.late)
    run = confirm.run(confirmation_links=[link, link.partition("&Endpoint=")[0], old.replace(token(old), "0" * 128)])
    assert run.status != 0
    told = f"already confirmed: {confirm.careful}; no longer valid: {confirm.late}. The link of {confirm.late} is no"
    assert told in run.outcome("one")
    assert "-e iam_alerting_resend_confirmations=true" in run.outcome("one")
    assert run.changed() == {"one": 0, "clicked": 0}
    assert "0" * 128 not in run.output


def test_who_is_pending_is_asked_again_and_once_confirmed_no_more(confirm: Confirm) -> None:
    run = confirm.run(resend_confirmations=True)
    assert run.outcome("one") == f"asked again: {confirm.late}", run.output
    assert run.changed() == {"one": 1, "clicked": 0}
    assert len(confirm.asked(confirm.late)) == 2
    pending = confirm.status()["one"]
    assert re.fullmatch(rf"not confirmed: {confirm.late} \(asked {MINUTE}\)", pending["problems"][0]["what"])
    confirmed = confirm.run(confirmation_links=[confirm.link(confirm.late)])
    assert confirmed.outcome("one") == f"confirmed: {confirm.late}"
    assert confirm.run(resend_confirmations=True).outcome("one") == "nothing to confirm"
    assert WRITES.isdisjoint(confirm.written(confirm.one))


def test_links_for_others_are_refused_by_name_and_the_rest_is_done(confirm: Confirm) -> None:
    sns, topic = confirm.one.client("sns"), f"arn:aws:sns:us-east-1:{confirm.one.id}:iam-alerting"
    stranger = f"stranger-{confirm.one.id}@example.com"
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=stranger)
    nobodys = confirm.link(stranger).replace(confirm.one.id, "999999999999")
    unnamed = confirm.link(stranger).partition("&Endpoint=")[0]
    run = confirm.run(confirmation_links=[unnamed, nobodys, confirm.link(confirm.careful)])
    assert run.status != 0
    assert f"{stranger} is not in iam_alerting_subscribers" in run.outcome("one")
    assert confirm.written(confirm.one) == ["ConfirmSubscription", "Unsubscribe"]
    assert run.outcome("clicked") == "nothing to confirm"
    assert "There are links for arn:aws:sns:us-east-1:999999999999:iam-alerting, which no account" in run.output
    assert run.recap["localhost"]["failed"] == 1
    assert token(nobodys) not in run.output
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert stranger not in {each["Endpoint"] for each in listed}


def test_what_is_refused_is_refused_with_a_limit_too(confirm: Confirm) -> None:
    limit = ("--limit", "clicked")
    assert_refused(confirm.run(*limit), "It is not said what to do.")
    assert_refused(confirm.run(*limit, confirmation_file="/nowhere"), "'/nowhere', which cannot be read")
    nobodys = confirm.link(confirm.careful).replace(confirm.one.id, "999999999999")
    run = confirm.run(*limit, confirmation_links=[nobodys, confirm.link(confirm.late)])
    assert_refused(run, "There are links for arn:aws:sns:us-east-1:999999999999:iam-alerting, which no account of the")
    assert run.recap["clicked"]["failed"] == 1
    # Of the account that was left out, the link is nobody's fault.
    assert confirm.run(*limit, confirmation_links=[confirm.link(confirm.late)]).status == 0
    assert confirm.written(confirm.one) == confirm.written(confirm.clicked) == []


def assert_refused(run: Run, told: str) -> None:
    assert run.status != 0
    assert told in run.output


def test_who_was_unsubscribed_is_subscribed_again_and_told_of(confirm: Confirm) -> None:
    assert confirm.playbooks.run("deploy", confirm.hosts).status == 0  # asks the one who followed the link in the mail
    sns, topic = confirm.clicked.client("sns"), f"arn:aws:sns:us-east-1:{confirm.clicked.id}:iam-alerting"
    confirm.sandbox.confirm(confirm.quick)
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=listed["SubscriptionArn"])
    lost = rf"{confirm.quick} \(unsubscribed {MINUTE} by assumed-role/OrganizationAccountAccessRole/tester\)"
    checked = confirm.playbooks.run("deploy", confirm.hosts, "--check")
    assert re.fullmatch(rf"would change: topic; lost: {lost}", checked.outcome("clicked")), checked.output
    run = confirm.playbooks.run("deploy", confirm.hosts)
    told = rf"changed: topic; not confirmed yet: {confirm.quick}; lost and subscribed again: {lost}"
    assert re.fullmatch(told, run.outcome("clicked")), run.output


def test_texts_that_are_no_links_are_refused_before_anything_is_done(confirm: Confirm) -> None:
    run = confirm.run(confirmation_links=["https://example.com/confirmation.html?TopicArn=arn:aws:sns&Token=abc"])
    assert "iam_alerting_confirmation_links[0] has a link for 'arn:aws:sns', which is no topic" in run.outcome("one")
    assert confirm.sandbox.calls(confirm.one.id) == []
    assert "It is not said what to do." in confirm.run().output
