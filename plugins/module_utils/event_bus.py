# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A custom EventBridge event bus and who may do what with it: check what is asked for, read what is there, mend.

A bus is a document in AWS's own words. The desired one has C(Name), and of C(Policy) and C(Tags) (both dictionaries)
those that are to be as it says; what it leaves out is not touched. An empty policy means that the bus is to have none.
A live one has C(Arn).

C(purge) names C(Tags) if tags that are not in the document are to go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Account,
    Change,
    Document,
    InvalidValueError,
    call,
    merged,
    policies_differ,
    tag_changes,
)

MISSING = "ResourceNotFoundException"
_EXISTS = "ResourceAlreadyExistsException"
# Amazon EventBridge User Guide, "Amazon EventBridge quotas".
MAX_POLICY = 10240
# Amazon EventBridge API Reference, "CreateEventBus"; names with a slash are those of partners' buses.
_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,256}")


def bus_arn(account: Account, region: str, name: str) -> str:
    """The ARN that a bus of this name has or would have."""
    return f"arn:{account.partition}:events:{region}:{account.id}:event-bus/{name}"


def checked_name(name: str) -> str:
    """The name, if a bus of one's own can have it.

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name) or name == "default":
        raise InvalidValueError(
            f"name: {name!r} is not a name for an event bus of your own. Use 1 to 256 letters, digits, '.', '-' and "
            "'_'. The bus 'default' is AWS's, and there is one in each region."
        )
    return name


def checked_policy(policy: Mapping[str, Any]) -> Document:
    """The policy, if EventBridge takes one of this length.

    Raises:
        InvalidValueError: it does not.
    """
    length = len(_text(policy))
    if length > MAX_POLICY:
        raise InvalidValueError(
            f"policy: it has {length} characters as JSON, but {MAX_POLICY} is the most. Admit an organization "
            "(aws:PrincipalOrgID) in place of single accounts."
        )
    return dict(policy)


def describe(client: Any, desired: Document) -> Document | None:
    """The bus as it is, as far as C(desired) needs it for comparison; None if there is none.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a bus that is not there.
    """
    name = desired["Name"]
    try:
        answer = call(f"read event bus {name}", client.describe_event_bus, Name=name)
    except is_ansible_aws_error_code(MISSING):
        return None
    policy = json.loads(answer.get("Policy") or "{}")
    tags = {"Tags": read_tags(client, answer["Arn"])} if "Tags" in desired else {}
    return {"Name": name, "Arn": answer["Arn"], "Policy": policy, **tags}


def read_tags(client: Any, arn: str) -> dict[str, str]:
    """The tags of the bus.

    Raises:
        AnsibleAWSError: the read failed.
    """
    answer = call(f"read the tags of {arn}", client.list_tags_for_resource, ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the bus differs from what is desired; all of it if there is no bus."""
    after = merged(live, desired, purge)
    if live is None:
        return Change({}, {name: after[name] for name in desired})
    names = [name for name in ("Policy", "Tags") if name in after and _differs(name, live[name], after[name])]
    return Change({name: live[name] for name in names}, {name: after[name] for name in names})


def _differs(name: str, live: Document, after: Document) -> bool:
    if name == "Policy" and live and after:
        return policies_differ(live, after)
    return live != after


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the bus as desired, and return it as it then is. Writes only what differs.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    now = live or _make(client, desired)
    after = merged(now, desired, purge)
    changed = difference(now, desired, purge).after
    if "Policy" in changed:
        _set_policy(client, desired["Name"], changed["Policy"])
    if "Tags" in changed:
        _set_tags(client, now, changed["Tags"])
    return after


def _make(client: Any, desired: Document) -> Document:
    """The new bus, or the one that turns out to be there: a creation whose answer was lost is repeated by the SDK."""
    name = desired["Name"]
    tags = {"Tags": {key: str(value) for key, value in desired["Tags"].items()}} if "Tags" in desired else {}
    more = {"Tags": _tag_list(tags["Tags"])} if tags.get("Tags") else {}
    try:
        arn = call(f"create event bus {name}", client.create_event_bus, Name=name, **more)["EventBusArn"]
    except is_ansible_aws_error_code(_EXISTS):
        found = describe(client, desired)
        if found is None:
            raise
        return found
    return {"Name": name, "Arn": arn, "Policy": {}, **tags}


def _set_policy(client: Any, name: str, policy: Document) -> None:
    """The policy as a whole in place of what is there; an empty one takes that away."""
    if policy:
        call(f"set the policy of event bus {name}", client.put_permission, EventBusName=name, Policy=_text(policy))
        return
    purpose = f"remove the policy of event bus {name}"
    call(purpose, client.remove_permission, EventBusName=name, RemoveAllPermissions=True)


def _set_tags(client: Any, live: Document, after: Mapping[str, str]) -> None:
    arn = live["Arn"]
    to_set, to_remove = tag_changes(live["Tags"], after)
    if to_set:
        call(f"tag {arn}", client.tag_resource, ResourceARN=arn, Tags=_tag_list(to_set))
    if to_remove:
        call(f"untag {arn}", client.untag_resource, ResourceARN=arn, TagKeys=to_remove)


def delete(client: Any, live: Document) -> None:
    """Delete the bus; nothing happens if it is gone by now.

    Raises:
        AnsibleAWSError: there are rules on it, which have to go first, or the call failed.
    """
    name = live["Name"]
    rules = call(f"list the rules of event bus {name}", client.list_rules, EventBusName=name).get("Rules", [])
    if rules:
        named = ", ".join(sorted(rule["Name"] for rule in rules))
        raise AnsibleAWSError(message=f"Event bus {name} has rules: {named}. Delete them first")
    call(f"delete event bus {name}", client.delete_event_bus, Name=name)


def _text(policy: Mapping[str, Any]) -> str:
    return json.dumps(policy, separators=(",", ":"))


def _tag_list(tags: Mapping[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
