# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of confirmation mails, read as the texts of strangers that they are: nothing is ever fetched.

What counts in a link is the topic and the token, and SNS alone judges the token. The token is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

# Far longer than any mail, any link, any address that SNS takes.
LONGEST_TEXT = 1_000_000
LONGEST_LINK = 4096
LONGEST_ADDRESS = 320

_URL = re.compile(r"https?://[^\s<>\"'\\]+")
_AFTER_A_SENTENCE = ".,;:!?)]}"
_TOPIC = re.compile(r"arn:[a-z-]{3,20}:sns:[a-z0-9-]{4,30}:[0-9]{12}:[A-Za-z0-9_-]{1,256}", re.ASCII)
_TOKEN = re.compile(r"[0-9A-Za-z]{16,1024}", re.ASCII)
_SHOWN = 100


class LinkError(ValueError):
    """A text is no link of a confirmation mail. It says which text and why, and nothing of a token."""


@dataclass(frozen=True)
class Link:
    """What a link asks to confirm.

    Attributes:
        endpoint: who is asked, as the link says and nobody has proven; empty if it does not say.
    """

    topic_arn: str
    token: str = field(repr=False)
    endpoint: str = ""


def read_links(texts: Mapping[str, object]) -> list[Link]:
    """The links of all texts, each once.

    Args:
        texts: a link each, or a mail or a list with some, by what it is called.

    Raises:
        LinkError: a text has none, or one that SNS cannot have written.
    """
    found: dict[tuple[str, str], Link] = {}
    for where, text in texts.items():
        for link in _links(where, text):
            found.setdefault((link.topic_arn, link.token), link)
    return list(found.values())


def _links(where: str, text: object) -> list[Link]:
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise LinkError(f"{where} is no text, or a longer one than any mail. Give a link of a confirmation mail.")
    links = list(_found(where, text))
    if not links:
        raise LinkError(
            f"{where} has no link with TopicArn and Token. Give the link of a mail with the subject "
            "'AWS Notification - Subscription Confirmation', or the whole text of the mail."
        )
    return links


def _found(where: str, text: str) -> Iterator[Link]:
    for url in _URL.findall(text):
        query = _query(where, url.rstrip(_AFTER_A_SENTENCE).replace("&amp;", "&"))
        if "TopicArn" in query or "Token" in query:
            yield _link(where, query)


def _query(where: str, url: str) -> dict[str, list[str]]:
    """What a URL asks for; nothing if it cannot be read."""
    if len(url) > LONGEST_LINK:
        raise LinkError(f"{where} has a link of {len(url)} characters; those of SNS have some hundred.")
    try:
        # A plus in an address is a plus.
        return parse_qs(urlsplit(url).query.replace("+", "%2B"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}


def _link(where: str, query: dict[str, list[str]]) -> Link:
    topics, tokens = query.get("TopicArn", []), query.get("Token", [])
    if len(topics) != 1 or len(tokens) != 1:
        raise LinkError(f"{where} has a link without one TopicArn and one Token. Give it as it is in the mail, whole.")
    if not _TOPIC.fullmatch(topics[0]):
        raise LinkError(
            f"{where} has a link for {topics[0][:_SHOWN]!a}, which is no topic. Give it as it is in the mail."
        )
    if not _TOKEN.fullmatch(tokens[0]):
        raise LinkError(f"{where} has a link with a Token that is none of SNS. Give it as it is in the mail, whole.")
    endpoint = query.get("Endpoint", [""])[0]
    plausible = endpoint.isprintable() and len(endpoint) <= LONGEST_ADDRESS
    return Link(topics[0], tokens[0], endpoint if plausible else "")
