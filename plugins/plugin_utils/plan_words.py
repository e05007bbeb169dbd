# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of a plan: what differs, what was done, and what somebody has to see to."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    event_queue,
    key,
    subscriptions,
    trails,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import (
    Plan,
    by_attribute,
    reported_diff,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import expired


def differences(changes: Mapping[str, Change]) -> dict[str, Any]:
    """What differs, for the role and for people. Nothing of it if nothing differs: it is kept for every account."""
    return {
        "differences": {name: by_attribute(change) for name, change in changes.items()},
        "diff": [entry for name, change in changes.items() for entry in reported_diff(name, change)],
    }


def notes(arguments: dict[str, Any], settings: Settings, plan: Plan) -> list[str]:
    """What somebody has to see to, besides what differs."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    told = {
        "not confirmed yet": subscriptions.named(plan.subscribers, subscriptions.PENDING),
        "fallback not confirmed yet": subscriptions.named(plan.fallback, subscriptions.PENDING),
        "lost": subscriptions.named(plan.subscribers, subscriptions.LOST),
        "lost and subscribed again": arguments["lost"],
        # Else to unsubscribe them is part of what differs.
        "not on the list": []
        if settings.purge_subscribers
        else subscriptions.named(plan.subscribers, subscriptions.UNEXPECTED),
        "suppressions expired": expired(settings.suppressions, today),
        **trails.notes(plan.trails),
        "kept the log files of a former trail in bucket": plan.kept,
        # Told from what is there, as it goes on until somebody moves the account over.
        "alerts itself beside the hub until it is moved by": ["trailwatch.aws.migrate"] if plan.former else [],
        "key kept for what it has encrypted": [] if settings.customer_key else _key_titles(plan),
    }
    return [
        *(f"{what}: {', '.join(which)}" for what, which in told.items() if which),
        *event_queue.told(settings, plan.live.get("event_queue")),
    ]


def _key_titles(plan: Plan) -> list[str]:
    return list(filter(None, [key.title(plan.live.get("key"))]))


def summary(
    arguments: dict[str, Any],
    changes: Mapping[str, Change],
    unwanted: Collection[str],
    notes: Sequence[str],
    check_mode: bool,
) -> str:
    """One line on the account for the report."""
    if arguments["state"] == "absent":
        doing = "would remove" if check_mode else "differs"
        return f"{doing}: {', '.join(changes)}" if changes else "nothing to remove"
    if changes:
        words = ("would change", "would remove") if check_mode else ("differs", "to be removed")
        line = what_of_which(changes, unwanted, *words)
    else:
        line = what_of_which(arguments["applied"], unwanted, "changed", "removed") or "in sync"
    return "; ".join([line, *notes])


def what_of_which(names: Iterable[str], unwanted: Collection[str], changed: str, removed: str) -> str:
    """What becomes of which components, such as C(changed: function, rule; removed: table)."""
    names = list(names)
    made, gone = ([name for name in names if (name in unwanted) is side] for side in (False, True))
    return "; ".join(f"{doing}: {', '.join(which)}" for doing, which in ((changed, made), (removed, gone)) if which)


def for_cloudformation(settings: Settings, changes: Mapping[str, Change]) -> str:
    """That a member of the stack set differs from it, and who mends that."""
    missing = [f"{name} is not there" for name, change in changes.items() if not change.before]
    differing = {name: change for name, change in changes.items() if change.before}
    return (
        f"iam_alerting_member_engine is stackset, but the account is not as the stack set {settings.name} makes it: "
        f"{'; '.join([*missing, *_unlike(differing)])}. The playbook writes nothing there. For what is missing, deploy "
        "for the account that has the stack set, which tells what became of its stacks; what somebody changed, change "
        "back, as CloudFormation does not see it. Or set the variable to playbook."
    )


def left_over(changes: Mapping[str, Change]) -> str:
    """What still differs after it was deployed."""
    return (
        f"What was deployed is not what is there: {'; '.join(_unlike(changes))}. Somebody or something else may be "
        "changing it; deploy again, or leave it to them with iam_alerting_components."
    )


def _unlike(changes: Mapping[str, Change]) -> list[str]:
    return [
        f"{name} {attribute} is {json.dumps(sides.get('before'))} and not {json.dumps(sides.get('after'))}"
        for name, change in changes.items()
        for attribute, sides in by_attribute(change).items()
    ]
