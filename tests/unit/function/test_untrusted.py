# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an attacker's text may not do to a mail."""

from __future__ import annotations

import time

import pytest
import untrusted


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\r\nResult  succeeded", "a Result succeeded"),
        ("a\x00\x1b[31mb\tc\u2028d\u0085e", "a [31mb c d e"),
        ("al\u200bi\u00adce\ufeff", "alice"),
        ("\u202egro.live\u2066", "gro.live"),
        ("\ud800lone", "lone"),
        ("evil\uff0ecom", "evil.com"),
        ("José 山田", "José 山田"),
    ],
)
def test_text_is_one_visible_line(written: str, shown: str) -> None:
    assert untrusted.clean(written) == shown


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("http://evil.example.com/x", "hxxp://evil[.]example[.]com/x"),
        ("HTTPS://evil.com", "hxxpS://evil[.]com"),
        ("_https://192.0.2.1/x", "_hxxps://192.0.2.1/x"),
        ("see www.evil.com.", "see www[.]evil[.]com[.]"),
        ("evil.com", "evil[.]com"),
        ("login.evil.anything", "login[.]evil[.]anything"),
        ("evil.li/path", "evil[.]li/path"),
        ("wait...evil.com", "wait[.][.][.]evil[.]com"),
        ("evil.com=x", "evil[.]com=x"),
        ("-evil.com-", "-evil[.]com-"),
        ("ftp://files.example.org", "ftp[:]//files[.]example[.]org"),
        ("x@evil.com/path", "x@evil[.]com/path"),
        ("x@y@evil.com", "x@y@evil[.]com"),
        ("bucket.s3.amazonaws.com", "bucket[.]s3[.]amazonaws[.]com"),
        ("s3.amazonaws.com/bucket", "s3[.]amazonaws[.]com/bucket"),
        ("evil.xn--p1ai", "evil[.]xn--p1ai"),
    ],
)
def test_links_are_broken(link: str, broken: str) -> None:
    assert untrusted.defang(link) == broken


@pytest.mark.parametrize(
    "text",
    [
        "john.doe",
        "AKIA...WXYZ",
        "deploy/john.doe",
        "bob@example.com",
        "arn:aws:sts::111111111111:assumed-role/ops/bob@example.com",
        "192.0.2.10",
        "2001:db8::17",
        "aws-cli/2.31.1 Python/3.13.7 os/linux#5.10.0-amzn2.x86_64",
        "cloudtrail.amazonaws.com",
        "s3://logs/prefix",
    ],
)
def test_names_addresses_and_versions_stay_readable(text: str) -> None:
    assert untrusted.defang(text) == text


def test_long_text_is_cut_visibly() -> None:
    assert untrusted.as_text("a" * 50, 10) == "aaaaaaa..."


def test_ascii_keeps_names_recognisable() -> None:
    assert untrusted.to_ascii("José 山") == "Jose ?"


@pytest.mark.parametrize("text", ["a." * 130_000, "=" * 260_000, "token" * 52_000, "eyJ-" * 65_000, "://a:" * 52_000])
def test_hostile_text_takes_no_time(text: str) -> None:
    begin = time.process_time()
    untrusted.as_text(text, 200)
    assert time.process_time() - begin < 0.25


def test_value_for_programs_keeps_its_dots_and_shortens_keys() -> None:
    assert untrusted.as_value("alice.example.com\n AKIAEXAMPLE00000WXYZ", 40) == "alice.example.com AKIA...WXYZ"
    assert untrusted.as_value("x" * 50, 10) == "xxxxxxx..."
