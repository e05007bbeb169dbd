# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: every account is in it, nothing of it is believed. How it looks and works is tested in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.status.page import page
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.status.made_up import (
    TROUBLED,
    failed,
    healthy,
    many,
    report,
    troubled,
)

HOSTILE = "</script></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{ 7*7 }}\u202e\x00"


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def of(text: str) -> dict[str, Any]:
    """An account of which every text is this one."""
    account = troubled(text, 1, ("deaf", text))
    return {
        **account,
        "account_id": text,
        "account_name": f"other {text}",
        "function": {**account["function"], "state": text, "last_modified": text},
        "trail": {**account["trail"], "last_delivery": text, "delivery_error": text},
        "subscribers": [
            {"protocol": text, "endpoint": text, "state": text, "asked": text, "protected": None, "note": text}
        ],
        "last_alert": text,
    }


def test_hostile_values_are_text_and_nothing_else() -> None:
    tame, parsed = Parsed(page(report(of("tame")))), Parsed(page(report(of(HOSTILE))))
    assert [(tag, sorted(attributes)) for tag, attributes in parsed.tags] == [
        (tag, sorted(attributes)) for tag, attributes in tame.tags
    ]
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{ 7*7 }}" in "".join(parsed.texts)
    assert "\u202e" not in "".join(parsed.texts)


def test_only_its_own_style_and_script_may_take_effect() -> None:
    text = page(report(*TROUBLED))
    (policy,) = [
        str(attributes["content"])
        for attributes in Parsed(text).named("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_nothing_is_loaded() -> None:
    parsed = Parsed(page(report(*TROUBLED)))
    assert [name for _tag, attributes in parsed.tags for name in attributes if name in ("src", "href", "style")] == []


def test_it_is_a_table_for_those_who_do_not_see_it() -> None:
    parsed = Parsed(page(report(*TROUBLED)))
    scopes = [attributes.get("scope") for attributes in parsed.named("th")]
    assert scopes.count("col") == 9
    assert scopes.count("row") == len(TROUBLED)
    assert None not in scopes
    assert len(parsed.named("caption")) == 1
    assert parsed.named("html") == [{"lang": "en"}]


@pytest.mark.parametrize("account", [*TROUBLED, *many(1)], ids=lambda account: account["host"])
def test_every_state_is_said_in_words(account: dict[str, Any]) -> None:
    text = "".join(Parsed(page(report(account))).texts)
    for problem in account["problems"]:
        assert problem["what"] in text
    assert account["account_id"] in text


def test_a_thousand_accounts() -> None:
    text = page(report(*many(992), *TROUBLED))
    assert text.count('<th scope="row"') == 1000
    assert len(text) < 1_500_000


def test_no_account_and_none_that_could_be_read() -> None:
    assert "There is no account." in page(report())
    assert "There is no account." not in page(report(failed("a", 1, "no access"), failed("b", 2, "no access")))


def test_an_account_by_another_name_in_its_alerts_has_both() -> None:
    text = page(report(healthy("prod-1", 1, account_name="Production")))
    assert "prod-1" in text
    assert "Production" in text


def test_an_account_whose_host_is_its_id_is_called_by_its_name() -> None:
    text = page(report(healthy("000000000001", 1, account_name="Production")))
    assert ">Production <small>000000000001</small>" in text


@pytest.mark.parametrize("part", ["trail", "rules", "function", "subscribers", "dead_letters"])
def test_what_was_not_looked_at_is_a_dash(part: str) -> None:
    assert ">-" in re.sub(r">\s+", ">", page(report(healthy("a", 1, **{part: None}))))
