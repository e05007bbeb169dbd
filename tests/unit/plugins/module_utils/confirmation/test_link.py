# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is taken for a link of a confirmation mail, and what is refused, by name and without its token."""

from __future__ import annotations

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.link import (
    LONGEST_LINK,
    LONGEST_TEXT,
    Link,
    LinkError,
    read_links,
)

TOPIC = "arn:aws:sns:us-east-1:111111111111:iam-alerting"
TOKEN = "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92"
SNS = "https://sns.us-east-1.amazonaws.com"
LINK = f"{SNS}/confirmation.html?TopicArn={TOPIC}&Token={TOKEN}&Endpoint=secops@example.com"
MAIL = f"""You have chosen to subscribe to the topic:
{TOPIC}

To confirm this subscription, click or visit the link below (If this was in error no action is necessary):
{LINK}

Please do not reply directly to this email. If you have any questions see https://aws.amazon.com/support.
"""


def read(*texts: object) -> list[Link]:
    return read_links({f"links[{number}]": text for number, text in enumerate(texts)})


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        MAIL,
        MAIL.replace("\n", "\r\n"),
        f"<{LINK}>",
        f"({LINK}).",
        f'<a href="{LINK.replace("&", "&amp;")}">Confirm subscription</a>',
        LINK.replace(TOPIC, TOPIC.replace(":", "%3A")).replace("@", "%40"),
        LINK.replace(SNS, "https://sns.us-east-1.api.aws"),
    ],
)
def test_a_link_is_found_in_what_is_around_it(text: str) -> None:
    assert read(text) == [Link(TOPIC, TOKEN, "secops@example.com")]


def test_each_link_is_taken_once_also_that_of_a_mail_for_programs() -> None:
    other = f"{SNS}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN[::-1]}"
    assert read(f"{LINK}\n{other}\n", MAIL, f'"SubscribeURL": "{other}",') == [
        Link(TOPIC, TOKEN, "secops@example.com"),
        Link(TOPIC, TOKEN[::-1]),
    ]


def test_a_plus_in_an_address_is_a_plus() -> None:
    assert read(LINK.replace("secops@", "secops+aws@"))[0].endpoint == "secops+aws@example.com"


@pytest.mark.parametrize("endpoint", ["a%0Ab@example.com", "a%1B[2J@example.com", "%E2%80%AEa@example.com", "a" * 400])
def test_an_address_that_is_none_is_not_shown(endpoint: str) -> None:
    assert read(LINK.replace("secops@example.com", endpoint))[0].endpoint == ""


NO_TOPIC = "which is no topic"
NOT_WHOLE = "without one TopicArn and one Token"
NO_TOKEN = "a Token that is none of SNS"
REFUSED = {
    "nothing": ("", "no link with TopicArn and Token"),
    "no text": (7, "is no text"),
    "too long a text": ("x" * (LONGEST_TEXT + 1), "a longer one than any mail"),
    "too long a link": (f"{LINK}&x={'x' * LONGEST_LINK}", "has a link of"),
    "an unsubscribe link": (f"{SNS}/unsubscribe.html?SubscriptionArn={TOPIC}:1&Endpoint=a@example.com", "no link with"),
    "another scheme": (LINK.replace("https://", "javascript://"), "no link with"),
    "no host": ("http://[/confirmation.html?TopicArn=x&Token=y", "no link with"),
    "broken over two lines": (LINK.replace(TOKEN, f"{TOKEN[:8]}\n{TOKEN[8:]}"), NO_TOKEN),
    "no token": (f"{SNS}/confirmation.html?TopicArn={TOPIC}", NOT_WHOLE),
    "no topic": (f"{SNS}/confirmation.html?Token={TOKEN}", NOT_WHOLE),
    "two topics": (f"{LINK}&TopicArn={TOPIC}", NOT_WHOLE),
    "two tokens": (f"{LINK}&Token={TOKEN}", NOT_WHOLE),
    "a queue": (LINK.replace(":sns:", ":sqs:"), NO_TOPIC),
    "a subscription": (LINK.replace(TOPIC, f"{TOPIC}:49506bc6"), NO_TOPIC),
    "more in the topic": (LINK.replace(TOPIC, f"{TOPIC}%0AX"), NO_TOPIC),
    "digits of another script": (LINK.replace("111111111111", "%D9%A1" * 12), NO_TOPIC),
    "more in the token": (LINK.replace(TOKEN, f"{TOKEN}%26Action%3DPublish"), NO_TOKEN),
    "too long a token": (LINK.replace(TOKEN, TOKEN * 20), NO_TOKEN),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_by_name_and_without_the_token(text: object, reason: str) -> None:
    with pytest.raises(LinkError, match=reason) as refused:
        read(MAIL, text)
    assert str(refused.value).startswith("links[1] ")
    assert TOKEN[:8] not in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_token_is_not_in_what_a_link_looks_like() -> None:
    assert TOKEN not in repr(read(LINK))
