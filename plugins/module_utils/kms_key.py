# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A symmetric KMS key that is known by its alias: read what is there, compare, mend.

A key is a document in AWS's own words. The desired one has C(AliasName), and of C(ATTRIBUTES) and C(Tags) (a
dictionary) those that are to be as it says; what it leaves out is not touched. A live one has C(KeyId) and C(Arn)
besides; its C(AliasName) is empty if the key has lost its alias, or was never given it.

C(purge) names C(Tags) if tags that are not in the document are to go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    InvalidValueError,
    call,
    call_all,
    merged,
    policies_differ,
    tag_changes,
)

ENABLED, PENDING_DELETION = "Enabled", "PendingDeletion"

# In the order in which they are mended: a key that is not enabled takes none of the others (AWS KMS Developer Guide,
# "Key states of AWS KMS keys"), and one without alias would be hard to find again.
ATTRIBUTES = ("KeyState", "AliasName", "Policy", "Description", "KeyRotationEnabled")
# The longest that KMS waits before it deletes a key (AWS KMS API Reference, "ScheduleKeyDeletion").
DELETION_DAYS = 30

_ALIAS = re.compile(r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}")
_MISSING = "NotFoundException"


def checked_alias(alias: str) -> str:
    """The alias, if a customer's key can have it (AWS KMS API Reference, "CreateAlias").

    Raises:
        InvalidValueError: it cannot.
    """
    if not _ALIAS.fullmatch(alias):
        raise InvalidValueError(
            f"alias: {alias!r} is not an alias for a key. Use alias/ and 1 to 250 letters, digits, '/', '_' and '-'; "
            "alias/aws/ is AWS's own."
        )
    return alias


def tagged_keys(tagging: Any, tags: Mapping[str, Any]) -> list[str]:
    """The ARNs of the keys that carry all of these tags; none for no tags.

    Raises:
        AnsibleAWSError: the read failed.
    """
    if not tags:
        return []
    filters = [{"Key": key, "Values": [str(value)]} for key, value in tags.items()]
    asked = {"ResourceTypeFilters": ["kms"], "TagFilters": filters}
    answer = call_all("list keys by their tags", tagging, "get_resources", **asked)
    return keys_among(resource["ResourceARN"] for resource in answer.get("ResourceTagMappingList", []))


def keys_among(arns: Iterable[str]) -> list[str]:
    """Those of the ARNs that are a key's, in one order."""
    return sorted(arn for arn in arns if re.fullmatch(r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+", arn))


def find(client: Any, alias: str, candidates: Callable[[], Iterable[str]]) -> Document | None:
    """The key with the alias; else the first of the candidates, one that is enabled before others; None if none is.

    A run that was broken off between the two writes has made a key without alias. It is taken up, so that no further
    key is made each time.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a key that is not there.
    """
    found = _metadata(client, alias)
    if found is not None:
        return {**found, "AliasName": alias}
    nameless = [known for arn in candidates() if (known := _metadata(client, arn))]
    nameless.sort(key=lambda known: bool(known["KeyState"] != ENABLED))
    return {**nameless[0], "AliasName": ""} if nameless else None


def _metadata(client: Any, key: str) -> Document | None:
    try:
        known = call(f"read key {key}", client.describe_key, KeyId=key)["KeyMetadata"]
    except is_ansible_aws_error_code(_MISSING):
        return None
    return {**{name: known[name] for name in ("KeyId", "Arn", "KeyState")}, "Description": known.get("Description", "")}


def describe(client: Any, found: Document, desired: Document) -> Document:
    """The key that was found, as far as C(desired) needs it for comparison.

    Raises:
        AnsibleAWSError: a read failed.
    """
    key = found["KeyId"]
    live = dict(found)
    if "Policy" in desired:
        answer = call(f"read the policy of key {key}", client.get_key_policy, KeyId=key, PolicyName="default")
        live["Policy"] = json.loads(answer["Policy"])
    if "KeyRotationEnabled" in desired:
        answer = call(f"read the rotation of key {key}", client.get_key_rotation_status, KeyId=key)
        live["KeyRotationEnabled"] = answer["KeyRotationEnabled"]
    if "Tags" in desired:
        live["Tags"] = read_tags(client, key)
    return live


def read_tags(client: Any, key: str) -> dict[str, str]:
    """The tags of the key.

    Raises:
        AnsibleAWSError: the read failed.
    """
    answer = call_all(f"read the tags of key {key}", client, "list_resource_tags", KeyId=key)
    return {tag["TagKey"]: tag["TagValue"] for tag in answer.get("Tags", [])}


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the key differs from what is desired; all of it if there is no key."""
    after = merged(live, desired, purge)
    if live is None:
        return Change({}, {name: after[name] for name in desired})
    names = [name for name in (*ATTRIBUTES, "Tags") if name in desired and _differs(name, live, after)]
    return Change({name: live[name] for name in names}, {name: after[name] for name in names})


def _differs(name: str, live: Document, after: Document) -> bool:
    if name == "Policy":
        return policies_differ(live[name], after[name])
    return bool(live[name] != after[name])


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the key as desired, and return it as it then is. Writes only what differs.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    now = live or _create(client, desired)
    after = merged(now, desired, purge)
    for name in difference(now, desired, purge).after:
        _SETTERS[name](client, now, after[name])
    return {**now, **after}


def delete(client: Any, live: Document, days: int) -> None:
    """Let KMS delete the key in so many days. Its alias stays until then, so that it can be found and kept."""
    key = live["KeyId"]
    purpose = f"schedule the deletion of key {key}"
    call(purpose, client.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)


def _create(client: Any, desired: Document) -> Document:
    tags = [{"TagKey": key, "TagValue": str(value)} for key, value in desired.get("Tags", {}).items()]
    policy = {"Policy": json.dumps(desired["Policy"])} if "Policy" in desired else {}
    description = desired.get("Description", "")
    purpose = f"create a key for {desired['AliasName']}"
    known = call(purpose, client.create_key, Description=description, Tags=tags, **policy)["KeyMetadata"]
    return {
        **desired,
        **{name: known[name] for name in ("KeyId", "Arn")},
        "KeyState": ENABLED,
        "AliasName": "",
        "KeyRotationEnabled": False,
    }


def _set_state(client: Any, now: Document, _state: str) -> None:
    """Enabled is the one state that can be asked for."""
    key = now["KeyId"]
    if now["KeyState"] == PENDING_DELETION:
        call(f"cancel the deletion of key {key}", client.cancel_key_deletion, KeyId=key)
    call(f"enable key {key}", client.enable_key, KeyId=key)


def _set_alias(client: Any, now: Document, alias: str) -> None:
    call(f"give key {now['KeyId']} the {alias}", client.create_alias, AliasName=alias, TargetKeyId=now["KeyId"])


def _set_policy(client: Any, now: Document, policy: Document) -> None:
    purpose = f"set the policy of key {now['KeyId']}"
    call(purpose, client.put_key_policy, KeyId=now["KeyId"], PolicyName="default", Policy=json.dumps(policy))


def _set_description(client: Any, now: Document, description: str) -> None:
    purpose = f"describe key {now['KeyId']}"
    call(purpose, client.update_key_description, KeyId=now["KeyId"], Description=description)


def _set_rotation(client: Any, now: Document, enabled: bool) -> None:
    operation = client.enable_key_rotation if enabled else client.disable_key_rotation
    call(f"set the rotation of key {now['KeyId']}", operation, KeyId=now["KeyId"])


def _set_tags(client: Any, now: Document, after: Mapping[str, str]) -> None:
    key = now["KeyId"]
    to_set, to_remove = tag_changes(now["Tags"], after)
    if to_set:
        tags = [{"TagKey": name, "TagValue": value} for name, value in to_set.items()]
        call(f"tag key {key}", client.tag_resource, KeyId=key, Tags=tags)
    if to_remove:
        call(f"untag key {key}", client.untag_resource, KeyId=key, TagKeys=to_remove)


_SETTERS: dict[str, Callable[[Any, Document, Any], None]] = {
    "KeyState": _set_state,
    "AliasName": _set_alias,
    "Policy": _set_policy,
    "Description": _set_description,
    "KeyRotationEnabled": _set_rotation,
    "Tags": _set_tags,
}
