# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who gets what the topic publishes, besides the queues of verifications, which nobody reads.

A mail subscription that SNS suspends, as it got more than ten mails a second, is in the state PendingConfirmation again
(https://repost.aws/knowledge-center/sns-email-subscription-disabled). So the topic as it is now counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.trailwatch.aws.plugins.module_utils import topic as sns_topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.leftovers import INFIX

# Those of other members, which may be called otherwise than the hub, are subscribed to its topic, too.
_OF_A_VERIFICATION = re.compile(rf"{INFIX}[0-9a-f]+$")


@dataclass(frozen=True)
class Audience:
    """The subscribers of a topic, in order: those who get its messages, and those who have not confirmed."""

    topic: str
    confirmed: tuple[str, ...]
    pending: tuple[str, ...]


def of_topic(alerting: Entered) -> Audience:
    """The subscribers of the topic in the account that alerts.

    Raises:
        AnsibleAWSError: a read failed.
    """
    topic = names.topic_arn(alerting.settings)
    live = sns_topic.describe(alerting.clients["sns"], {"TopicArn": topic, "Subscriptions": []}) or {}
    people = [each for each in live.get("Subscriptions", []) if not _is_of_a_verification(each)]

    def those(state: str) -> tuple[str, ...]:
        return tuple(sorted(sns_topic.subscription_key(each)[1] for each in people if each["State"] == state))

    return Audience(topic, those(sns_topic.CONFIRMED), those(sns_topic.PENDING))


def _is_of_a_verification(subscription: Mapping[str, str]) -> bool:
    return subscription["Protocol"] == "sqs" and bool(_OF_A_VERIFICATION.search(subscription["Endpoint"]))
