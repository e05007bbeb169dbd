# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must never reach a mailbox: secrets are masked, access key ids shortened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import shape

MASK = "(masked)"

_SECRET_WORDS = re.compile(
    "password|passwd|passphrase|passcode|pwd|secret|token|credential|privatekey|keymaterial|apikey|signature|presigned"
    "|authorization|authenticationcode|codeverifier|samlassertion|cookie|connectionstring|plaintext|seed|qrcode"
)
# Names with such a word in them whose values are settings or identifiers.
_NOT_SECRET = re.compile(
    "(minimumpasswordlength|passwordpolicy|maxpasswordage|passwordreuseprevention|passwordlastused|tokentype|tokenstatus|httptokens"
    "|credentialtype|(service|servicespecific)?credentialid|secret(id|arn|name|versionid|tagkeys))"
)
_NO_SECRETS = ("", "true", "false", "success", "failure")
_ACCESS_KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}(?![A-Za-z0-9])")
# Each with what a text must contain to be worth the look.
_SECRET_TEXTS = (
    (
        "-----BEGIN",
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
    ),
    # STS session tokens
    ("Q", re.compile(r"(?<![A-Za-z0-9+/])(?:IQoJ|FQoG|AQoD|AQoE)[A-Za-z0-9+/=%]{40,}")),
    ("FwoG", re.compile(r"(?<![A-Za-z0-9+/])FwoG[A-Za-z0-9+/=%]{40,}")),
    # JSON web tokens
    ("eyJ", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")),
    # secret access keys: 40 characters of base64 in mixed case
    (
        "",
        re.compile(
            r"(?<![A-Za-z0-9+/=])(?=[^a-z]{0,39}[a-z])(?=[^A-Z]{0,39}[A-Z])(?=[^0-9]{0,39}[0-9])"
            r"[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"
        ),
    ),
)
_ASSIGNMENT = re.compile(
    r"((?:password|passwd|pwd|secret|token|api_?key|access_?key|credential|authorization|signature)[\w-]{0,20}[\"']?"
    r"(?:\s{0,3}=\s{0,3}|:\s{1,3}|:(?=[\"'])))"
    r"(?:(?:bearer|basic)\s)?(?:\"[^\"]*\"?|'[^']*'?|[^\s,;&\"']+)",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[^a-z0-9]")
_SHORTEST_SECRET_TEXT = 16  # that of an access key id
_USER_INFO = re.compile(r"(://[^/\s:@]{1,100}:)[^/\s@]{1,200}@")


def is_secret(name: str) -> bool:
    """Whether a field of this name may hold a secret, by the words in the name and however it is spelt.

    Of condition keys such as token.actions.githubusercontent.com:sub only what stands after the host counts.
    """
    host, _colon, claim = name.rpartition(":")
    plain = _plain(claim if "." in host and ":" not in host and claim.isidentifier() else name)
    return bool(_SECRET_WORDS.search(plain)) and not _NOT_SECRET.fullmatch(plain)


def secret_keys(fields: Mapping[str, Any]) -> set[str]:
    """The keys of an object whose values must be masked.

    Besides the keys that sound secret these are the values of name-and-value pairs, as in
    {"key": "db-password", "value": "…"}. A boolean or a result is never a secret.
    """
    named_secret = any(
        _plain(key).endswith(("key", "name")) and isinstance(value, str) and is_secret(value)
        for key, value in fields.items()
    )
    return {
        key
        for key, value in fields.items()
        if shape.text(value).lower() not in _NO_SECRETS or isinstance(value, (dict, list))
        if is_secret(key) or (named_secret and _plain(key).endswith(("value", "values")))
    }


def is_access_key_id(name: str) -> bool:
    """Whether a field of this name holds an access key id."""
    return _plain(name).endswith("accesskeyid")


def shorten(access_key_id: str) -> str:
    """Enough of an access key id to recognise it in a list: AKIA...WXYZ."""
    return access_key_id if len(access_key_id) <= 8 else f"{access_key_id[:4]}...{access_key_id[-4:]}"


def shorten_keys(text: str) -> str:
    """The text with every access key id in it shortened."""
    if len(text) < _SHORTEST_SECRET_TEXT or ("IA" not in text and "ACCA" not in text):
        return text
    return _ACCESS_KEY_ID.sub(lambda found: shorten(found.group()), text)


def mask(text: str) -> str:
    """The text with everything masked that looks like a secret, and access key ids shortened."""
    if len(text) >= _SHORTEST_SECRET_TEXT:
        for mark, secret in _SECRET_TEXTS:
            if mark in text:
                text = secret.sub(MASK, text)
    if "=" in text or ":" in text:
        text = _ASSIGNMENT.sub(rf"\1{MASK}", text)
        text = _USER_INFO.sub(rf"\1{MASK}@", text)
    return shorten_keys(text)


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())
