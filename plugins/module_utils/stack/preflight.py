# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would stop a deployment half way, found out by reads before the first write in an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DENIED
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names, trails
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import REMOVAL, Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.writes import GONE, NEW, WRITES

# On whose ARN the permissions of a service are asked for, but for components that have another of the kind.
_RESOURCES: dict[str, Callable[[Settings], str]] = {
    "kms": names.key_alias_arn,
    "s3": names.bucket_arn,
    "cloudtrail": names.trail_arn,
    "sns": names.topic_arn,
    "iam": names.role_arn,
    "dynamodb": names.table_arn,
    "lambda": names.function_arn,
    "cloudwatch": lambda settings: names.alarm_arn(settings, "dead-letters"),
    "events": names.rule_arn,
}
_OF_COMPONENTS: dict[tuple[str, str], Callable[[Settings], str]] = {
    ("sqs", "queue"): names.queue_arn,
    ("sqs", "event_queue"): names.event_queue_arn,
    ("sns", "fallback_topic"): names.fallback_topic_arn,
    ("iam", "forwarding_role"): names.forwarding_role_arn,
    ("iam", "forwarders"): names.forwarder_role_arn,
    ("events", "event_bus"): names.bus_arn,
    ("events", "members_rule"): names.members_rule_arn,
    ("events", "heartbeat_rule"): names.heartbeat_rule_arn,
    ("events", "tampering_rule"): names.tampering_rule_arn,
}
# The Service Authorization Reference has no resource for these.
_ON_ANYTHING = ("kms:CreateKey", "lambda:CreateEventSourceMapping")


class MissingPermissionsError(AnsibleAWSError):
    """The caller lacks permissions that the deployment needs. The text names all of them."""


def check(clients: Any, settings: Settings, plan: Plan, changes: Mapping[str, Change]) -> None:
    """Refuse changes that could not be made to the end.

    Raises:
        TrailError: there are as many trails as CloudTrail allows, and one is to be made.
        MissingPermissionsError: the caller may not do what it takes.
        AnsibleAWSError: a read failed.
    """
    if "trail" in changes and "trail" not in plan.present:
        trails.check_quota(plan.trails, settings)
    settled = plan.trails.settle(settings)
    _check_permissions(clients, settled, needed(settled, plan, changes))


def needed(settings: Settings, plan: Plan, changes: Mapping[str, Change]) -> dict[str, list[str]]:
    """The permissions that the changes certainly need, by the ARN of the resource."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, change in changes.items():
        for permission in (each for deed in _deeds(name, plan, change) for each in WRITES[name][deed]):
            found[_resource(permission, name, settings)].add(permission)
    return {arn: sorted(permissions) for arn, permissions in found.items()}


def _deeds(name: str, plan: Plan, change: Change) -> Iterable[str]:
    """What is to be done to the component, as the table has it."""
    if change == REMOVAL:
        return (GONE,)
    if name not in plan.present and not change.before:
        return (NEW,)
    return [_deed(key, change, WRITES[name]) for key in {*change.before, *change.after}]


def _deed(key: str, change: Change, known: Container[str]) -> str:
    """An attribute by its name; of several rules or alarms it comes behind that of the one, which alone is one more."""
    attribute = key.rpartition(" ")[2]
    if attribute in known:
        return attribute
    return NEW if change.after.get(key) else GONE


def _resource(permission: str, name: str, settings: Settings) -> str:
    if permission in _ON_ANYTHING:
        return "*"
    service = permission.partition(":")[0]
    return (_OF_COMPONENTS.get((service, name)) or _RESOURCES[service])(settings)


def _check_permissions(clients: Any, settings: Settings, wanted: Mapping[str, list[str]]) -> None:
    """Let IAM simulate the calls. A caller that may not ask for that, or that IAM cannot simulate, goes on without."""
    iam = clients["iam"]
    try:
        source = _source(iam, clients.caller)
        if not source:
            return
        denied = [each for arn, actions in wanted.items() for each in _denied(iam, source, arn, actions, settings)]
    except is_ansible_aws_error_code([*DENIED, "NoSuchEntity", "InvalidInput"]):
        return
    if denied:
        raise MissingPermissionsError(
            message=f"{clients.caller} lacks permissions that are needed in account {settings.account_id}: "
            f"{', '.join(denied)}. Give them to {source}, or deploy as somebody who has them. Nothing was changed"
        )


def _source(iam: Any, caller: str) -> str:
    """The ARN of the user or role that acts; empty if it is neither. A session's does not tell its role's path."""
    kind, _slash, rest = caller.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        name = rest.partition("/")[0]
        return str(call(f"read role {name}", iam.get_role, RoleName=name)["Role"]["Arn"])
    return caller if kind == "user" else ""


def _denied(iam: Any, source: str, arn: str, actions: list[str], settings: Settings) -> list[str]:
    """Those of the actions on the resource that are certainly denied, with the resource."""
    answer = call_all(
        f"simulate {', '.join(actions)} on {arn}",
        iam,
        "simulate_principal_policy",
        PolicySourceArn=source,
        ActionNames=actions,
        ResourceArns=[arn],
        ContextEntries=_context(settings),
    )
    return [
        f"{result['EvalActionName']} on {arn}"
        for result in answer["EvaluationResults"]
        # What depends on something that is not known here may be allowed all the same.
        if result["EvalDecision"] != "allowed" and not result.get("MissingContextValues")
    ]


def _context(settings: Settings) -> list[Document]:
    """What the conditions of policies may ask for, as it is in the calls themselves."""
    known = {
        "aws:RequestedRegion": [settings.region],
        "aws:TagKeys": list(settings.tags),
        "iam:PassedToService": ["lambda.amazonaws.com"],
        "lambda:FunctionArn": [names.function_arn(settings)],
        **{f"aws:RequestTag/{key}": [value] for key, value in settings.tags.items()},
    }
    return [
        {
            "ContextKeyName": key,
            "ContextKeyType": "stringList" if key == "aws:TagKeys" else "string",
            "ContextKeyValues": values,
        }
        for key, values in known.items()
    ]
