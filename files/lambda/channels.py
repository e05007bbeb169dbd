# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One publication for all kinds of subscribers: people get the mail, programs the finding, a chat its notification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assess import Assessment
from message import Message

_PROGRAMS = ("sqs", "lambda", "http", "https", "firehose")
_TITLE = 250
_DESCRIPTION = 7500
# Nothing in the text may end the code block that it stands in, mention people or make a link.
_PLAIN = str.maketrans("`<>", "'()")


def by_protocol(message: Message, finding: Mapping[str, Any], chat: Mapping[str, Any] | None = None) -> str:
    """The message for SNS with MessageStructure json. With `chat`, subscribers by https get that."""
    document = _compact(finding)
    texts = {
        "default": message.body,
        "email": message.body,
        "sms": message.subject,
        **dict.fromkeys(_PROGRAMS, document),
    }
    return _compact(texts if chat is None else {**texts, "https": _compact(chat)})


def chat_notification(message: Message, assessment: Assessment, event_id: str) -> dict[str, Any]:
    """A custom notification for Amazon Q Developer in chat applications, which shows no other JSON."""
    title = message.subject.translate(_PLAIN)[:_TITLE]
    content = {
        "textType": "client-markdown",
        "title": title,
        "description": f"```\n{message.body.translate(_PLAIN)[:_DESCRIPTION]}\n```",
    }
    steps = {"nextSteps": [assessment.next]} if assessment.next else {}
    metadata = {"summary": title, "eventType": assessment.rule, **({"threadId": event_id} if event_id else {})}
    return {"version": "1.0", "source": "custom", "content": {**content, **steps}, "metadata": metadata}


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
