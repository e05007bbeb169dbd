# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the deploying role needs in an account, from C(files/permissions.yml), as IAM policy documents."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

Document = dict[str, Any]

ANY = "*"
# What a deployment writes, by component, is in the policies whose names begin so.
DEPLOY = "deploy"

_PATH = Path(__file__).resolve().parents[2] / "files" / "permissions.yml"


@dataclass(frozen=True)
class Place:
    """Where policies are for: what stands in their ARNs. C(*) for any region or account."""

    partition: str
    region: str
    account: str
    name: str


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, as the file describes it; C(resources) are ARNs with the fields of a place."""

    sid: str
    policy: str
    components: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    why: str = ""
    unseen: Mapping[str, str] = field(default_factory=dict)

    def at(self, place: Place) -> Document:
        """The statement in the terms of IAM."""
        resources = [resource.format_map(vars(place)) for resource in self.resources]
        statement: Document = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": resources if len(resources) > 1 else resources[0],
        }
        if self.condition:
            statement["Condition"] = {
                operator: {key: value.format_map(vars(place)) for key, value in keys.items()}
                for operator, keys in self.condition.items()
            }
        return statement


@dataclass(frozen=True)
class Permissions:
    """The statements, and what each policy is needed for."""

    needed_for: Mapping[str, str]
    statements: tuple[Statement, ...]

    def of(self, policy: str) -> list[Statement]:
        """The statements of one policy."""
        return [statement for statement in self.statements if statement.policy == policy]

    def writes(self, component: str) -> list[Statement]:
        """What a deployment needs to make, mend or remove a component, besides reading it."""
        return [
            statement
            for statement in self.statements
            if component in statement.components and statement.policy.startswith(DEPLOY)
        ]

    def document(self, policy: str, place: Place) -> Document:
        """One policy in the terms of IAM."""
        return {"Version": "2012-10-17", "Statement": [statement.at(place) for statement in self.of(policy)]}


@functools.cache
def permissions() -> Permissions:
    """The permissions as the collection brings them."""
    text = yaml_load(_PATH.read_text(encoding="utf-8"))
    arns = text["resources"]
    return Permissions(
        needed_for={name: policy["needed_for"] for name, policy in text["policies"].items()},
        statements=tuple(_statement(entry, arns) for entry in text["statements"]),
    )


def _statement(entry: Mapping[str, Any], arns: Mapping[str, str]) -> Statement:
    resources = tuple(ANY if name == ANY else arns[name] for name in entry["resources"])
    several = {name: tuple(entry[name]) for name in ("components", "actions")}
    return Statement(**{**entry, **several, "resources": resources})
