# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy document allows and whom it trusts.

Texts are as recorded: whoever prints them makes them safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import shape

_DOCUMENTS = ("policyDocument", "assumeRolePolicyDocument")
_STATEMENTS = 300  # more than fit into any policy that IAM takes
_VALUES = 3000
_SHOWN = 4
# Two names of each kind that have only the kind in common: what stands for both stands for all. They are long, so that
# ???* does.
_SAMPLES = [(f"{kind}/{'a' * 20}", f"{kind}/{'z' * 21}") for kind in ("role", "user", "group", "policy")]


class Statement(NamedTuple):
    """One statement of a policy. `actions` and `resources` are all but those named where `but_` says so.

    `patterns` are the actions in lower case.
    """

    allows: bool
    actions: tuple[str, ...]
    patterns: tuple[str, ...]
    but_actions: bool
    resources: tuple[str, ...]
    but_resources: bool
    principals: tuple[tuple[str, str], ...]
    but_principals: bool
    conditional: bool

    @property
    def is_trust(self) -> bool:
        return bool(self.principals) or self.but_principals

    @property
    def on_everything(self) -> bool:
        """Whether it holds for any resource, or for any but some."""
        return self.but_resources or any(map(_is_all, self.resources))

    @property
    def on_all_of_a_kind(self) -> bool:
        """Whether it holds for all resources of a service or of one of its kinds, such as all roles."""
        return self.on_everything or any(map(_is_all_of_a_kind, self.resources))

    def names_action(self, action: str) -> bool:
        """Whether the action, in lower case, is one of those named, wildcards resolved."""
        return any(_stands_for(pattern, action) for pattern in self.patterns)

    @property
    def grants_admin(self) -> bool:
        """Whether it allows every action on every resource."""
        permits = self.allows and not self.is_trust and not self.but_actions
        return permits and self.on_everything and any(map(_is_all, self.actions))

    @property
    def trusts_everyone(self) -> bool:
        return self.but_principals or any(kind in ("AWS", "") and value == "*" for kind, value in self.principals)

    @property
    def accounts(self) -> list[str]:
        """The accounts that it trusts, or principals of which it trusts."""
        named = (_account_and_who(value)[0] for kind, value in self.principals if kind == "AWS")
        return [account for account in named if account]


def statements(parameters: object) -> tuple[Statement, ...]:
    """The statements of the policy document among a call's parameters; none if there is none that can be read."""
    fields = shape.mapping(parameters)
    for name in _DOCUMENTS:
        found = _by_lower_case(shape.mapping(shape.opened(fields.get(name)))).get("statement")
        listed = found if isinstance(found, list) else [found]
        read = tuple(_statement(_by_lower_case(one)) for one in listed[:_STATEMENTS] if isinstance(one, dict))
        if read and len(listed) <= _STATEMENTS:
            return read
    return ()


def describe(found: tuple[Statement, ...], account: str) -> list[str]:
    """Each statement in a few words; `account` is the one in which the policy counts."""
    lines = list(dict.fromkeys(line for statement in found for line in _described(statement, account)))
    return lines if len(lines) <= _SHOWN + 1 else [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]


def _statement(fields: Mapping[str, Any]) -> Statement:
    actions = _texts(fields.get("notaction") if "notaction" in fields else fields.get("action"))
    return Statement(
        allows=shape.text(fields.get("effect")).lower() == "allow",
        actions=actions,
        patterns=tuple(action.lower() for action in actions),
        but_actions="notaction" in fields,
        resources=_texts(fields.get("notresource") if "notresource" in fields else fields.get("resource")),
        but_resources="notresource" in fields,
        principals=_principals(fields.get("notprincipal") if "notprincipal" in fields else fields.get("principal")),
        but_principals="notprincipal" in fields,
        conditional=bool(fields.get("condition")),
    )


def _by_lower_case(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with their keys in lower case, as IAM does not mind how they are written."""
    return {key.lower(): value for key, value in fields.items()}


def _texts(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(found for found in map(shape.text, listed[:_VALUES]) if found)


def _principals(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return tuple((str(kind), name) for kind, names in value.items() for name in _texts(names))[:_VALUES]
    return tuple(("", name) for name in _texts(value))


def _described(statement: Statement, account: str) -> list[str]:
    under = " under conditions" if statement.conditional else ""
    if statement.is_trust:
        verb = "trusts" if statement.allows else "does not trust"
        everyone = "everyone but" if statement.but_principals else ""
        whom = [_whom(kind, value, account) for kind, value in statement.principals]
        return [" ".join(filter(None, (verb, everyone, who))) + under for who in dict.fromkeys(whom)]
    what = _some(statement.actions)
    where = ("all but " if statement.but_resources else "") + (_some(statement.resources) or "nothing named")
    if not statement.allows:
        return [f"denies {'all but ' if statement.but_actions else ''}{what} on {where}{under}"]
    if statement.grants_admin:
        return [f"grants admin: * on {where}{under}"]
    return [f"allows {'everything but ' if statement.but_actions else ''}{what} on {where}{under}"]


def _whom(kind: str, value: str, account: str) -> str:
    if value == "*":
        return "everyone"
    if kind == "Service":
        return f"the AWS service {value.removesuffix('.cn').removesuffix('.amazonaws.com')}"
    if kind == "Federated":
        return f"the identity provider {value.rpartition('provider/')[2]}"
    owner, who = _account_and_who(value)
    if not owner:
        return value
    place = "this account" if owner == account else f"account {owner}"
    return place if who in ("", "root") else f"{who} of {place}"


def _account_and_who(principal: str) -> tuple[str, str]:
    """Account and principal of an ARN or account id; empty where it is something else."""
    if _is_account(principal):
        return principal, ""
    parts = principal.split(":", 5)
    named = len(parts) == 6 and parts[0] == "arn" and parts[2] in ("iam", "sts") and _is_account(parts[4])
    return (parts[4], parts[5]) if named else ("", "")


def _is_account(value: str) -> bool:
    return len(value) == 12 and value.isascii() and value.isdigit()


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _is_all(pattern: str) -> bool:
    return "*" in pattern and not pattern.strip("*?:")


def _is_all_of_a_kind(pattern: str) -> bool:
    """Whether it stands for all resources of some kind. It may end in the account before, as in arn:aws:iam::12*."""
    name = pattern.split(":", 5)[-1].lstrip("0123456789")
    return any(_stands_for(name, one) and _stands_for(name, other) for one, other in _SAMPLES)


def _stands_for(pattern: str, name: str) -> bool:
    """Whether a name is meant by a pattern with * for any characters and ? for any one, both in lower case."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    at, star, tried = 0, -1, 0
    index = 0
    while index < len(name):
        if at < len(pattern) and pattern[at] in ("?", name[index]):
            at, index = at + 1, index + 1
        elif at < len(pattern) and pattern[at] == "*":
            at, star, tried = at + 1, at, index
        elif star >= 0:
            at, tried, index = star + 1, tried + 1, tried + 1
        else:
            return False
    return not pattern[at:].strip("*")
