# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EventBridge rule that hands the actions of the list to the function, or to the queue before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# The same whether it is the function or the queue: so one is replaced by the other in one call, and no event goes to
# both, or to none.
TARGET_ID = "function"
OTHER_PERMISSIONS = "OtherPermissions"


def desired(settings: Settings) -> dict[str, Any]:
    """The rule, in the terms of the module iam_event_rule: patterns and shards follow from the actions."""
    return {
        "Name": settings.name,
        "Description": "Critical IAM actions, for the function of the same name.",
        "Actions": list(settings.actions),
        "Target": {
            "Id": TARGET_ID,
            "Arn": names.event_queue_arn(settings) if settings.group_seconds else names.function_arn(settings),
            "DeadLetterArn": names.queue_arn(settings),
        },
        "FunctionArn": names.function_arn(settings),
        "Tags": settings.tags,
    }


def live(account: Account, desired: Document) -> event_rule.Live:
    """The rules as they are, and who may invoke the function; without rules if there are none.

    Raises:
        InvalidValueError: a rule of this name belongs to something else.
        AnsibleAWSError: a read failed.
    """
    wanted = desired["Tags"]

    def known_tags(arn: str) -> Mapping[str, str]:
        known = account.tagged.get(arn, {})
        return known if wanted.items() <= known.items() else {}

    return event_rule.describe(
        account.clients["events"],
        account.clients["lambda"],
        desired["Name"],
        functions=[desired["FunctionArn"]],
        known=event_rule.Known(tags=known_tags),
    )


def difference(live: event_rule.Live, desired: Document) -> Change:
    """What of the rules differs, by rule and attribute, and statements that let others invoke the function."""
    changes = event_rule.difference(live.found, event_rule.desired(_options(desired), live))
    before, after = _only_differing(*event_rule.reported_changes(changes))
    others = live.others.get(desired["FunctionArn"], {})
    if others:
        before[OTHER_PERMISSIONS], after[OTHER_PERMISSIONS] = dict(others), {}
    return Change(before, after)


def _options(desired: Document) -> event_rule.Options:
    target = desired["Target"]
    arguments = {"id": target["Id"], "arn": target["Arn"], "dead_letter_arn": target["DeadLetterArn"]}
    return event_rule.Options(
        name=desired["Name"],
        actions=parse_format(desired["Actions"]),
        targets=event_rule.checked_targets([arguments]),
        description=desired["Description"],
        tags=desired["Tags"],
        purge_tags=False,
    )


def _only_differing(before: Document, after: Document) -> tuple[Document, Document]:
    """Of each rule that is there and stays, the attributes that differ, by both names; of others all, by the rule's."""
    old_side: Document = {}
    new_side: Document = {}
    for name, old in before.items():
        new = after[name]
        if "arn" in old and "arn" in new:
            differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            old_side |= {f"{name} {key}": old.get(key) for key in differing}
            new_side |= {f"{name} {key}": new.get(key) for key in differing}
        else:
            old_side |= {name: old} if "arn" in old else {}
            new_side |= {name: new} if "arn" in new else {}
    return old_side, new_side
