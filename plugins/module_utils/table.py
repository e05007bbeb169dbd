# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DynamoDB table that is paid per request: check what is asked for, read what is there, compare, mend.

A table is a document in AWS's own words. The desired one has C(TableName) and C(KeySchema), and of C(ATTRIBUTES) and
C(Tags) (a dictionary) those that are to be as it says; what it leaves out is not touched. A live one has C(TableArn).
Keys are text.

C(purge) names C(Tags) if tags that are not in the document are to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    InvalidValueError,
    call,
    call_all,
    merged,
    tag_changes,
)

# What UpdateTable sets, each by a call of its own, and UpdateTimeToLive.
ATTRIBUTES = ("BillingMode", "SSESpecification", "DeletionProtectionEnabled", "TimeToLiveSpecification")

ON_DEMAND = "PAY_PER_REQUEST"
OWN_KEY: Document = {"Enabled": False}  # by a key of DynamoDB's own, as every table is that nobody gave another
NO_TIME_TO_LIVE: Document = {"Enabled": False}

# To make a table or to update it takes seconds, to delete it some more.
WAITER = {"Delay": 3, "MaxAttempts": 100}

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_KEY_ARN = re.compile(r"arn:[^:]+:kms:[^:]+:\d{12}:key/\S+")
_MISSING = "ResourceNotFoundException"


def checked_name(name: str) -> str:
    """The name, if a table can have it (Amazon DynamoDB API Reference, "CreateTable").

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: {name!r} is not a name for a table. Use 3 to 255 letters, digits, '_', '-' and '.'."
        )
    return name


def key_schema(partition_key: str, sort_key: str | None) -> list[Document]:
    """The primary key, in the form that DynamoDB has for it."""
    keys = {"HASH": partition_key, "RANGE": sort_key}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys.items() if name]


def time_to_live(attribute: str) -> Document:
    """That items go at the time that this attribute tells, in seconds since 1970; that they stay, if it is empty."""
    return {"Enabled": True, "AttributeName": attribute} if attribute else NO_TIME_TO_LIVE


def encryption(key: str) -> Document:
    """That the table is encrypted by the customer's key of this ARN; by DynamoDB's own key, if it is empty."""
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key} if key else OWN_KEY


def checked_key(key: str) -> str:
    """The key, if it is an ARN, which DynamoDB answers whatever it was given, or empty.

    Raises:
        InvalidValueError: it is something else, and would differ for ever.
    """
    if key and not _KEY_ARN.fullmatch(key):
        raise InvalidValueError(
            f"kms_master_key_id: {key!r} is not the ARN of a key. Give one such as "
            "arn:aws:kms:us-east-1:111111111111:key/<id>, or leave it empty for DynamoDB's own key."
        )
    return key


def table_arn(partition: str, account_id: str, region: str, name: str) -> str:
    """The ARN that a table of this name has or would have."""
    return f"arn:{partition}:dynamodb:{region}:{account_id}:table/{name}"


def describe(client: Any, desired: Document) -> Document | None:
    """The table as it is, as far as C(desired) needs it for comparison; None if there is none, or it is going.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a table that is not there.
    """
    name = desired["TableName"]
    try:
        table = call(f"read table {name}", client.describe_table, TableName=name)["Table"]
        if table["TableStatus"] == "DELETING":
            return None
        expiry = call(f"read the time to live of table {name}", client.describe_time_to_live, TableName=name)
        tags = {"Tags": read_tags(client, table["TableArn"])} if "Tags" in desired else {}
    except is_ansible_aws_error_code(_MISSING):
        return None
    return {
        **{key: table[key] for key in ("TableName", "TableArn", "KeySchema")},
        "AttributeDefinitions": table["AttributeDefinitions"],
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "SSESpecification": _encryption(table.get("SSEDescription", {})),
        "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        "TimeToLiveSpecification": _time_to_live(expiry["TimeToLiveDescription"]),
        **tags,
    }


def read_tags(client: Any, arn: str) -> dict[str, str]:
    """The tags of the table.

    Raises:
        AnsibleAWSError: the read failed.
    """
    answer = call_all(f"read the tags of table {arn}", client, "list_tags_of_resource", ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}


def _encryption(description: Mapping[str, Any]) -> Document:
    if description.get("Status") not in ("ENABLING", "ENABLED", "UPDATING"):
        return OWN_KEY
    return {
        "Enabled": True,
        "SSEType": description.get("SSEType"),
        "KMSMasterKeyId": description.get("KMSMasterKeyArn"),
    }


def _time_to_live(description: Mapping[str, Any]) -> Document:
    enabled = description["TimeToLiveStatus"] in ("ENABLING", "ENABLED")
    return time_to_live(description["AttributeName"] if enabled else "")


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the table differs from what is desired; all of it if there is no table.

    Raises:
        InvalidValueError: it has other keys, which no call can change.
    """
    after = merged(live, desired, purge)
    if live is None:
        return Change({}, {name: after[name] for name in desired})
    _check_keys(live, desired)
    names = [name for name in (*ATTRIBUTES, "Tags") if name in after and live[name] != after[name]]
    return Change({name: live[name] for name in names}, {name: after[name] for name in names})


def _check_keys(live: Document, desired: Document) -> None:
    found = {key["AttributeName"]: key["KeyType"] for key in live["KeySchema"]}
    types = {each["AttributeName"]: each["AttributeType"] for each in live["AttributeDefinitions"]}
    wanted = {key["AttributeName"]: key["KeyType"] for key in desired["KeySchema"]}
    if found != wanted or any(types[key] != "S" for key in wanted):
        keys = ", ".join(f"{key} ({kind}, type {types[key]})" for key, kind in found.items())
        raise InvalidValueError(
            f"The table {desired['TableName']} has the keys {keys} in place of {', '.join(wanted)} (type S), and the "
            "keys of a table cannot be changed. Delete the table, or use another name."
        )


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the table as desired, and return it as it then is. Writes only what differs.

    Waits before each write until the table is ready for it, some minutes at most.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    after = merged(live, desired, purge)
    now = live or _create(client, after)
    for name, value in difference(now, desired, purge).after.items():
        _wait(client, "table_exists", after["TableName"])
        _SETTERS.get(name, _update)(client, now, name, value)
    return {**now, **after}


def delete(client: Any, live: Document) -> None:
    """Delete the table with all its items; nothing happens if it is gone by now."""
    name = live["TableName"]
    try:
        call(f"delete table {name}", client.delete_table, TableName=name)
    except is_ansible_aws_error_code("ResourceInUseException"):  # it is being made or updated, or goes already:
        if describe(client, {"TableName": name}) is None:  # the SDK repeats a deletion whose answer was lost
            return
        _wait(client, "table_exists", name)
        call(f"delete table {name}", client.delete_table, TableName=name)
    # Both are classes made for their codes; pylint takes them for one.
    except is_ansible_aws_error_code(_MISSING):  # pylint: disable=duplicate-except
        pass


def _wait(client: Any, waiter: str, name: str) -> None:
    purpose = f"wait for table {name} ({waiter.replace('_', ' ')})"
    call(purpose, client.get_waiter(waiter).wait, TableName=name, WaiterConfig=WAITER)


def _create(client: Any, after: Document) -> Document:
    """The new table, which is as it is to be but for the time to live."""
    _wait(client, "table_not_exists", after["TableName"])  # one of this name may still be going
    definitions = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in after["KeySchema"]]
    names = [name for name in ATTRIBUTES if name in after and name != "TimeToLiveSpecification"]
    answer = call(
        f"create table {after['TableName']}",
        client.create_table,
        TableName=after["TableName"],
        KeySchema=after["KeySchema"],
        AttributeDefinitions=definitions,
        Tags=[{"Key": key, "Value": value} for key, value in after.get("Tags", {}).items()],
        **{name: after[name] for name in names},
    )
    known = {"TableArn": answer["TableDescription"]["TableArn"], "AttributeDefinitions": definitions}
    return {**after, **known, "TimeToLiveSpecification": NO_TIME_TO_LIVE}


def _update(client: Any, now: Document, name: str, value: Any) -> None:
    table = now["TableName"]
    call(f"set {name} of table {table}", client.update_table, TableName=table, **{name: value})


def _set_time_to_live(client: Any, now: Document, _name: str, value: Document) -> None:
    """Another attribute has to be switched off first, and then DynamoDB takes no other for up to an hour."""
    table, known = now["TableName"], now["TimeToLiveSpecification"]
    steps = [value] if value["Enabled"] else []
    if known["Enabled"]:
        steps.insert(0, {**known, "Enabled": False})
    for step in steps:
        purpose = f"set the time to live of table {table}"
        call(purpose, client.update_time_to_live, TableName=table, TimeToLiveSpecification=step)


def _set_tags(client: Any, now: Document, _name: str, after: Mapping[str, str]) -> None:
    table, arn = now["TableName"], now["TableArn"]
    to_set, to_remove = tag_changes(now["Tags"], after)
    if to_set:
        tags = [{"Key": key, "Value": value} for key, value in to_set.items()]
        call(f"tag table {table}", client.tag_resource, ResourceArn=arn, Tags=tags)
    if to_remove:
        call(f"untag table {table}", client.untag_resource, ResourceArn=arn, TagKeys=to_remove)


_SETTERS: dict[str, Callable[[Any, Document, str, Any], None]] = {
    "TimeToLiveSpecification": _set_time_to_live,
    "Tags": _set_tags,
}
