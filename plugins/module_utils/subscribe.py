# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscribe to an SNS topic, so that CloudTrail's event history tells later who was asked, and when.

CloudTrail hides the endpoint of the call, and SNS shows no ARN of a subscription that waits for confirmation. So the
call says itself who it is for, by a hash in its user agent, and asks for the ARN, which CloudTrail keeps with it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call

_PRODUCT = "trailwatch-subscriber"
_DIGITS = 16


def marker(protocol: str, endpoint: str) -> str:
    """What the user agent of the call for this subscriber has; of a URL's password nothing is in it."""
    return f"{_PRODUCT}/{hashlib.sha256(f'{protocol} {endpoint}'.encode()).hexdigest()[:_DIGITS]}"


def subscribe(client: Any, topic_arn: str, shown: Document, endpoint: str, attributes: Document | None = None) -> str:
    """The ARN of the subscription, also while it waits for confirmation.

    SNS asks for confirmation again if it does so already (Amazon SNS API Reference, "Subscribe").

    Args:
        shown: protocol and endpoint, the latter without the password of a URL.
        endpoint: the endpoint as a whole.
        attributes: those of a new subscription, as texts. Others than those of one that is there are refused.
    """
    protocol = shown["Protocol"]
    mark = marker(protocol, shown["Endpoint"])

    def add(request: Any, **_details: Any) -> None:
        agent = request.headers["User-Agent"]
        request.headers["User-Agent"] = f"{agent.decode() if isinstance(agent, bytes) else agent} {mark}"

    # Not before: botocore writes the header until then. It is not signed.
    event = "before-send.sns.Subscribe"
    client.meta.events.register(event, add)
    try:
        answer = call(
            f"subscribe {protocol} {shown['Endpoint']} to topic {topic_arn}",
            client.subscribe,
            TopicArn=topic_arn,
            Protocol=protocol,
            Endpoint=endpoint,
            ReturnSubscriptionArn=True,
            **({"Attributes": attributes} if attributes else {}),
        )
    finally:
        client.meta.events.unregister(event, add)
    return str(answer["SubscriptionArn"])
