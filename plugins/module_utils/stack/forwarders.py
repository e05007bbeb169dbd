# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forwarders: rules in other regions that send what is recorded there to that of the pipeline, and their role.

CloudTrail's events come to the event bus of the region in which they are recorded, whatever the trail's scope
(CloudTrail User Guide, "Multi-Region trails"). The target is the default bus of the pipeline's region, by a role and
without a policy of that bus, as it is the same account's (AWS re:Post, C(eventbridge-centralized-bus-to-bus)).
EventBridge sends an event on to no third bus (EventBridge User Guide, "Sending events between event buses"); from the
second, rules send it to their targets as any other, also to a hub's queue.

There is no dead-letter queue for each region: it would be one more thing to read, to encrypt and to watch in each, and
EventBridge tries for a day to deliver. What no retry mends, a role or a rule that was changed, the plan finds.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule, event_rule_reading, tampering
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action, collapse, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import execution_role, names, rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# Regions are read at the same time, a few reads each.
THREADS = 8
TARGET_ID = "home"
# Their events come to the pipeline's region only (CloudTrail User Guide, "Global service events"; AWS re:Post "use
# EventBridge rule across Regions").
GLOBAL_SERVICES = ("account", "cloudfront", "iam", "organizations")
# Of what touches the alerting itself, a call in another region can only be about a trail. The pipeline's rules tell
# which trail it is.
TAMPERING_SERVICE = "cloudtrail"


def desired(settings: Settings) -> dict[str, Any]:
    """The rule that each region has, the role, and where both are wanted, or were."""
    return {
        "Regions": list(settings.forwarding_regions),
        "FormerRegions": list(settings.former_regions),
        "Role": _role(settings),
        "Rule": {
            "Name": names.forwarder_name(settings),
            "Description": f"Sends what is recorded in this region to {settings.region}.",
            "Actions": [str(action) for action in actions_of(settings.actions)],
            "Targets": [
                {
                    "id": TARGET_ID,
                    "arn": names.event_bus_arn(settings),
                    "role_arn": names.forwarder_role_arn(settings),
                }
            ],
            "Tags": settings.tags,
        },
        "Tags": settings.tags,
    }


def actions_of(listed: tuple[str, ...]) -> tuple[Action, ...]:
    """What is forwarded: actions of the list that other regions may record, and all that may touch a trail."""
    regional = [action for action in parse_format(listed) if action.service not in GLOBAL_SERVICES]
    calls = tampering.table()[TAMPERING_SERVICE]["calls"]
    return collapse([*regional, *(Action(TAMPERING_SERVICE, call) for call in calls)])


def _role(settings: Settings) -> dict[str, Any]:
    """For our rules in any region, and for one bus."""
    own = {
        "StringEquals": {"aws:SourceAccount": settings.account_id},
        "ArnLike": {"aws:SourceArn": names.forwarder_arns(settings)},
    }
    put = {
        "Sid": "SendEventsHome",
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": names.event_bus_arn(settings),
    }
    return {
        "RoleName": names.forwarder_name(settings),
        "Arn": names.forwarder_role_arn(settings),
        **execution_role.role(
            f"Sends events of Trailwatch's rules {names.forwarder_name(settings)} to {settings.region}.",
            {**execution_role.trust("events.amazonaws.com"), "Condition": own},
            [put],
        ),
        "PolicyName": names.forwarder_name(settings),
        "OtherInlinePolicies": [],
        "AttachedPolicies": [],
        "PermissionsBoundary": "",
        "Tags": settings.tags,
    }


def live(account: Account, desired: Document) -> Document | None:
    """The role, and the rules by region, in all regions where they may be; None, without a read, if there are none.

    Raises:
        ForeignResourceError: the role is somebody else's.
        AnsibleAWSError: a read failed. The text names the region.
    """
    regions = [*desired["Regions"], *desired["FormerRegions"]]
    if not regions:
        return None
    # One after the other: botocore does not make clients in several threads at once.
    clients = {region: account.clients.elsewhere("events", region) for region in regions}

    def read(region: str) -> event_rule.Live:
        with _named(region):
            return event_rule_reading.describe(clients[region], account.clients["lambda"], desired["Rule"]["Name"])

    then = "it will then be EventBridge's alone, for the forwarders"
    role = execution_role.read(account, desired["Role"], {desired["Role"]["PolicyName"]}, then)
    with ThreadPoolExecutor(THREADS) as pool:
        return {"Role": role, "Rules": dict(zip(regions, pool.map(read, regions), strict=True))}


@contextmanager
def _named(region: str) -> Iterator[None]:
    """What fails in another region says in which."""
    try:
        yield
    except DeniedError as error:
        raise DeniedError(f"{error.purpose} in {region}", error.permission, error.exception) from error
    except AnsibleAWSError as error:
        raise AnsibleAWSError(message=f"{error.message} in {region}", exception=error.exception) from error


def is_there(live: Document | None) -> bool:
    """Whether there is a role, or a rule in any region."""
    return live is not None and bool(live["Role"] or _regions(live))


def _regions(live: Document) -> list[str]:
    return sorted(region for region, found in live["Rules"].items() if rule.is_there(found))


def difference(live: Document | None, desired: Document) -> Change:
    """The regions that differ, and what of the role and of each rule does.

    Where no region is wanted, all that is there. It is no removal of a component, as the regions have to be cleared
    before the rule of the action list forgets them.
    """
    if live is None:
        return Change({}, {})
    there, wanted = _regions(live), desired["Regions"]
    if not wanted:
        role = {"RoleName": desired["Role"]["RoleName"]} if live["Role"] else {}
        return Change({**role, **({"Regions": there} if there else {})}, {})
    parts = [changed(live["Role"], desired["Role"], execution_role.ATTRIBUTES)]
    if there != wanted:
        whole = {} if there else {"Rule": desired["Rule"]}
        parts.append(Change({"Regions": there} if there else {}, {"Regions": wanted, **whole}))
    parts += [
        _in_region(region, rule.compared(live["Rules"][region], desired["Rule"]))
        for region in wanted
        if region in there
    ]
    return functools.reduce(operator.or_, parts)


def _in_region(region: str, change: Change) -> Change:
    """The change under the name of its region; a whole rule, such as one of several that is gone, is called so."""
    sides = (
        {f"{region} {key if ' ' in key else f'{key} rule'}": value for key, value in side.items()}
        for side in (change.before, change.after)
    )
    return Change(*sides)
