# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from an event, made fit for a mail.

Whoever can name a user or set a user agent can write into an alert. So no such text may start a line,
hide or turn around what is written, become a link, or fill the screen.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import redact

_READ_AT_MOST = 2000  # characters looked at; fewer are shown
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)
_SPACES = ("Cc", "Zl", "Zp", "Zs")
_REMOVED = ("Cf", "Cs", "Co", "Cn")

# Domains under which mail clients make a link of two bare words; any country's domain counts too.
# A user called john.doe must stay readable.
_DOMAIN = re.compile(
    "app|biz|click|cloud|club|com|dev|edu|email|gov|help|info|ink|int|link|live|ltd|mil|mobi|mov|name|net|news|online"
    "|org|page|pro|run|sale|security|services|shop|site|solutions|space|store|support|tech|today|top|vip|web|website"
    r"|work|world|wtf|xyz|zip|zone|xn--[a-z0-9-]+|[^\W\d_]{2}",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?P<http>http(?=s?://))|(?<!http)(?<!https)(?<!\bs3)://", re.IGNORECASE)
_WORD_WITH_DOT = re.compile(r"(?<![\w.@+=-])[\w@+=-]*+\.[\w.@+=-]*")
_JOINTS = re.compile(r"[@+=]|\.{2,}")
_MAIL_ADDRESS = re.compile(r"[^@]+@[^@=+]+")
_SERVICE = re.compile(r"[a-z0-9-]+\.amazonaws\.(com|com\.cn|eu)")


def as_name(value: str, limit: int) -> str:
    """A name or ARN from the event on one line, at most `limit` characters; nothing in it can be a secret."""
    return cap(defang(redact.shorten_keys(clean(value))), limit)


def as_text(value: str, limit: int) -> str:
    """Any other text from the event on one line, at most `limit` characters, what looks like a secret masked."""
    # Secrets are looked for in all of it, links only in what is shown.
    return cap(defang(cap(_masked(value[:_READ_AT_MOST]), limit)), limit)


@functools.lru_cache(maxsize=64)  # mail and finding say the same, and reasons come again
def _masked(value: str) -> str:
    return redact.mask(clean(value))


def as_value(value: str, limit: int) -> str:
    """A name or ARN for programs to compare: on one line, at most `limit` characters, links left as they are."""
    return cap(redact.shorten_keys(clean(value)), limit)


def clean(value: str) -> str:
    """The text on one line: runs of white space and control characters are one space, invisible marks are gone."""
    value = value[:_READ_AT_MOST]
    if value.isascii() and value.isprintable():
        return " ".join(value.split()) if "  " in value or value[:1] == " " or value[-1:] == " " else value
    # One character may become eighteen.
    value = unicodedata.normalize("NFKC", value)[:_READ_AT_MOST].replace("\u3002", ".")
    return " ".join("".join(map(_visible, value)).split())


def defang(text: str) -> str:
    """The text with links broken: hxxp for http and [.] for the dots of a host.

    Mail addresses and names of AWS services stay as they are.
    """
    if "://" in text:
        text = _SCHEME.sub(lambda found: "hxxp" if found["http"] else "[:]//", text)
    return _WORD_WITH_DOT.sub(_broken_word, text) if "." in text else text


def cap(text: str, limit: int) -> str:
    """The text, cut with an ellipsis if it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 3, 0)].rstrip() + "..."[:limit]


def to_ascii(text: str) -> str:
    """The text in printable ASCII: accents dropped, other characters as question marks."""
    if text.isascii() and text.isprintable():
        return text
    letters = (mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return "".join(mark if " " <= mark <= "~" else "?" for mark in letters)


def _visible(mark: str) -> str:
    category = unicodedata.category(mark)
    if category in _SPACES:
        return " "
    return "" if category in _REMOVED or mark in _INVISIBLE else mark


def _broken_word(found: re.Match[str]) -> str:
    word = found.group()
    if word.replace(".", "").isdigit():
        return word
    path_follows = found.string[found.end() : found.end() + 1] in ("/", ":")
    if not path_follows and (_MAIL_ADDRESS.fullmatch(word) or _SERVICE.fullmatch(word)):
        return word
    return word.replace(".", "[.]") if any(map(_is_link, _JOINTS.split(word))) else word


def _is_link(host: str) -> bool:
    """Whether a mail client may make a link of the words: three and more, or two of which one is a domain's name."""
    _first, *labels = (label.strip("-_") for label in host.strip(".").split("."))
    if len(labels) > 1 and labels[-1].isalpha():
        return True
    return any(_DOMAIN.fullmatch(label) for label in labels)
