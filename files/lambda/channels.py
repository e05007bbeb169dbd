# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One publication for all kinds of subscribers: people get the mail, programs the finding, a chat its notification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from message import Message
from untrusted import cap

CHAT = "amazon-q"  # the format of subscribers by https that are chats

_TITLE = 250
_DESCRIPTION = 7500
# Nothing in the text may end the code block that it stands in, mention people or make a link.
_PLAIN = str.maketrans("`<>", "'()")


def by_protocol(message: Message, finding: Mapping[str, Any], chat: Mapping[str, Any] | None = None) -> str:
    """The message for SNS with MessageStructure json. With `chat`, subscribers by https get that.

    The finding is the default, so that SQS, Lambda, HTTP, HTTPS and Firehose share one copy of it.
    """
    texts = {"default": _compact(finding), "email": message.body, "sms": message.subject}
    return _compact(texts if chat is None else {**texts, "https": _compact(chat)})


def chat_notification(message: Message, event_id: str, rule: str, step: str = "") -> dict[str, Any]:
    """A custom notification for Amazon Q Developer in chat applications, which shows no other JSON.

    See "Custom notifications" in its administrator guide. Notifications of the same event share a thread. `rule` is
    what decided on it, `step` what to do next.
    """
    title = cap(message.subject.translate(_PLAIN), _TITLE)
    steps = {"nextSteps": [step]} if step else {}
    thread = {"threadId": event_id} if event_id else {}
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": title,
            "description": f"```\n{cap(message.body.translate(_PLAIN), _DESCRIPTION)}\n```",
            **steps,
        },
        "metadata": {"summary": title, "eventType": rule, **thread},
    }


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
