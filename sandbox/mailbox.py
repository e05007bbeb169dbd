"""The mails: one .eml file each, in a folder per address."""

from __future__ import annotations

import itertools
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path

SENDER = "no-reply@sns.amazonaws.com"


class Mailbox:
    """Writes mails below ``root`` as ``<address>/NNNN-<kind>.eml``, in order of delivery."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._number = itertools.count(1)

    def deliver(self, address: str, sender_name: str, subject: str, body: str, kind: str) -> Path:
        """Write one mail. It appears under its name complete or not at all."""
        message = EmailMessage()
        message["From"] = Address(sender_name or "AWS Notifications", addr_spec=SENDER)
        message["To"] = address
        message["Subject"] = subject
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain="sns.amazonaws.com")
        message.set_content(body)
        folder = self._root / re.sub(r"[^\w.@+-]", "_", address)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{next(self._number):04d}-{kind}.eml"
        draft = path.with_suffix(".part")
        draft.write_bytes(bytes(message))
        return draft.rename(path)
