# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements in functions' policies that let EventBridge rules invoke them.

For each rule and each function that it invokes there is one. Two ids are ours for it, so that a statement that somebody
changed is replaced by adding the right one before removing the wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call

FUNCTION_ARN = re.compile(
    r"(?P<unqualified>arn:aws[a-z0-9-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:[A-Za-z0-9_-]{1,140})"
    r"(?::(?P<qualifier>[A-Za-z0-9_-]+))?"
)

Statements = Mapping[str, Document]
# Of one rule: the statements by the function's ARN and their id.
Permissions = Mapping[str, Statements]


def policy(lambda_client: Any, function: str) -> dict[str, Document]:
    """The statements of a function's policy by their id; none if there is no policy, or no function yet."""
    try:
        answer = call(f"read the policy of {function}", lambda_client.get_policy, **_arguments(function))
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        return {}
    return {statement["Sid"]: statement for statement in json.loads(answer["Policy"]).get("Statement", [])}


def _arguments(function: str) -> dict[str, str]:
    match = FUNCTION_ARN.fullmatch(function)
    if not match:
        raise ValueError(f"{function} is no function")
    arguments = {"FunctionName": match["unqualified"]}
    return {**arguments, "Qualifier": match["qualifier"]} if match["qualifier"] else arguments


def settled(now: Statements, sid: str, function: str, rule_arn: str) -> Statements:
    """The one statement that is to be there: the right one of those that are, or else a new one under a free id."""
    for known in sorted(now):
        if _grants(now[known], function, rule_arn):
            return {known: now[known]}
    free = next((each for each in (sid, f"{sid}-b") if each not in now), sid)
    return {free: _statement(free, function, rule_arn)}


def _statement(sid: str, function: str, rule_arn: str) -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function,
        "Condition": {"ArnLike": {"AWS:SourceArn": rule_arn}},
    }


def _grants(statement: Mapping[str, Any], function: str, rule_arn: str) -> bool:
    """Whether the statement allows this rule to invoke the function, and nothing else."""
    wanted = _statement(statement.get("Sid", ""), function, rule_arn)
    conditions = statement.get("Condition", {})
    keys = {operator: {key.lower(): value for key, value in pairs.items()} for operator, pairs in conditions.items()}
    same = all(statement.get(key) == wanted[key] for key in ("Effect", "Principal", "Action"))
    return same and keys == {"ArnLike": {"aws:sourcearn": rule_arn}}


def id_prefix(first_arn: str) -> str:
    """What the ids of the statements of a rule and all its shards begin with; a shard's number follows.

    Ids have 100 characters at most (Lambda API Reference, "AddPermission"); the digest keeps apart names that differ in
    a dot, and buses.
    """
    name = re.sub(r"[^A-Za-z0-9_-]", "_", first_arn.rsplit("/", 1)[1])
    return f"trailwatch-{name}-{digest(first_arn)}-"


def digest(text: str) -> str:
    """Eight characters that stand for the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def shard_of(sid: str, first_arn: str) -> int | None:
    """The number of the shard whose statement has this id; None if it is of another rule, or no statement of ours."""
    match = re.fullmatch(rf"{re.escape(id_prefix(first_arn))}(\d+)(?:-b)?", sid)
    return int(match[1]) if match else None


def grant(lambda_client: Any, rule: str, before: Permissions, after: Permissions) -> None:
    """Add the statements that are missing. A wrong one under the same id goes first, as there is no other way."""
    for function, statements in after.items():
        now = before.get(function, {})
        for sid in sorted(sid for sid in statements if now.get(sid) != statements[sid]):
            if sid in now:
                _remove_permission(lambda_client, function, sid)
            _add_permission(lambda_client, rule, function, statements[sid])


def _add_permission(lambda_client: Any, rule: str, function: str, statement: Document) -> None:
    try:
        call(
            f"allow rule {rule} to invoke {function}",
            lambda_client.add_permission,
            **_arguments(function),
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )
    except is_ansible_aws_error_code("ResourceNotFoundException") as error:
        message = f"targets: the function {function} does not exist. Create it before the rule"
        raise AnsibleAWSError(message=message, exception=error.exception) from error


def revoke(lambda_client: Any, before: Permissions, after: Permissions) -> None:
    """Remove the statements that are no longer wanted."""
    for function, statements in before.items():
        for sid in sorted(statements.keys() - after.get(function, {}).keys()):
            _remove_permission(lambda_client, function, sid)


def _remove_permission(lambda_client: Any, function: str, sid: str) -> None:
    try:
        call(
            f"remove statement {sid} from the policy of {function}",
            lambda_client.remove_permission,
            **_arguments(function),
            StatementId=sid,
        )
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        pass  # Gone already, or the function is.
