# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user or role that is made and deleted: without permissions, nobody can become it, under a path of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import RETRIED_CODES, call, call_with
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Journey

PATH = "/trailwatch-verify/"

# A trust policy cannot be without a principal. This one lets nobody in.
_NOBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}

# What was just made may not be found for a moment.
_DELETION_ATTEMPTS = 5


@dataclass(frozen=True)
class Kind:
    """User or role, in the words of IAM's operations; C(more) is what the creation needs besides."""

    what: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def actions(self) -> tuple[str, str]:
        return f"iam:Create{self.what.title()}", f"iam:Delete{self.what.title()}"

    def named(self, name: str) -> dict[str, str]:
        return {f"{self.what.title()}Name": name}


USER = Kind("user")
ROLE = Kind("role", {"AssumeRolePolicyDocument": json.dumps(_NOBODY)})
KINDS = {kind.what: kind for kind in (USER, ROLE)}


def make_and_delete(iam: Any, kind: Kind, name: str, tags: Mapping[str, str]) -> list[Journey]:
    """Make a user or role of this name and delete it at once; gives the beginning of both events' ways.

    Raises:
        AnsibleAWSError: a call failed. If it was the deletion, a later verification removes what is left.
    """
    create, delete = kind.actions
    return [
        _begin(create, name, lambda: _create(iam, kind, name, tags)),
        _begin(delete, name, lambda: delete_patiently(iam, kind, name)),
    ]


def _begin(action: str, name: str, operation: Any) -> Journey:
    called = time.time()
    answer = operation()
    return Journey(action, name, called, answer["ResponseMetadata"]["RequestId"])


def _create(iam: Any, kind: Kind, name: str, tags: Mapping[str, str]) -> Any:
    other = next(each.what for each in KINDS.values() if each != kind)
    return call(
        f"create the {kind.what} {name} (iam_alerting_verify_with: {other} would take a {other})",
        getattr(iam, f"create_{kind.what}"),
        Path=PATH,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **kind.named(name),
        **kind.more,
    )


def delete_patiently(iam: Any, kind: Kind, name: str) -> Any:
    """Delete the user or role, as soon as IAM finds it.

    Raises:
        AnsibleAWSError: the call failed, also because somebody gave it keys or policies.
    """
    retry = AWSRetry.jittered_backoff(
        retries=_DELETION_ATTEMPTS, delay=1, catch_extra_error_codes=[*RETRIED_CODES, "NoSuchEntity"]
    )
    operation = getattr(iam, f"delete_{kind.what}")
    return call_with(retry, f"delete the {kind.what} {PATH}{name}", operation, **kind.named(name))
