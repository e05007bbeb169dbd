# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lifecycle configuration of an S3 bucket, as a whole: check what is asked for, read, compare, put.

A configuration is a document with C(Rules), a list in AWS's own shape, and optionally
C(TransitionDefaultMinimumObjectSize), which is not touched if a desired document leaves it out.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, InvalidValueError, call

MAXIMUM_RULES = 1000  # Amazon S3 API Reference, "PutBucketLifecycleConfiguration"
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)
NO_BUCKET = ["NoSuchBucket"]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_UNORDERED = ("Transitions", "NoncurrentVersionTransitions")


def checked_name(name: str) -> str:
    """The name, if a bucket can have it (Amazon S3 User Guide, "General purpose bucket naming rules").

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f"name: {name!r} is not the name of a bucket. "
            "Use 3 to 63 lower-case letters, digits, '.' and '-', with a letter or digit at both ends."
        )
    return name


def checked_rules(client: Any, rules: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The rules with values of the types that S3 has for them, in the order given.

    Args:
        client: S3 client; only its model of the API is used, no call is made.

    Raises:
        InvalidValueError: S3's model does not know a part of a rule, or a rule could not do anything.
    """
    operation = client.meta.service_model.operation_model("PutBucketLifecycleConfiguration")
    shape = operation.input_shape.members["LifecycleConfiguration"].members["Rules"]
    checked: list[Document] = _typed(shape, list(rules), "rules")
    if not 1 <= len(checked) <= MAXIMUM_RULES:
        raise InvalidValueError(
            f"rules: has {len(checked)} rules. Give 1 to {MAXIMUM_RULES}, or use state=absent to have none."
        )
    for number, rule in enumerate(checked):
        _check_rule(f"rules[{number}]", rule)
    _check_identifiers([rule["ID"] for rule in checked])
    return checked


def _check_rule(where: str, rule: Document) -> None:
    if not rule.get("ID"):
        raise InvalidValueError(
            f"{where}.ID: is missing; S3 would invent another one each time. Give 1 to 255 characters that name it."
        )
    if not any(rule.get(action) for action in ACTIONS):
        raise InvalidValueError(f"{where}: rule {rule['ID']!r} has no action. Give it one of {', '.join(ACTIONS)}.")
    if "Filter" in rule and "Prefix" in rule:
        raise InvalidValueError(
            f"{where}.Prefix: rule {rule['ID']!r} has Filter besides. Move {rule['Prefix']!r} to Filter.Prefix."
        )
    conditions = rule.get("Filter", {})
    if len(conditions) > 1:
        raise InvalidValueError(
            f"{where}.Filter: rule {rule['ID']!r} has {', '.join(conditions)} side by side. Put them into Filter.And."
        )


def _check_identifiers(identifiers: list[str]) -> None:
    for number, identifier in enumerate(identifiers):
        if len(identifier) > 255:
            raise InvalidValueError(f"rules[{number}].ID: {identifier!r} is too long. Shorten it to 255 characters.")
        if identifier in identifiers[:number]:
            raise InvalidValueError(f"rules[{number}].ID: {identifier!r} is there twice. Give each rule its own.")


def _typed(shape: Any, value: Any, where: str) -> Any:
    """The value in the type that the shape of botocore's model has, if it can be read as that.

    Raises:
        InvalidValueError: it cannot, or is not one of the values that the model names.
    """
    if shape.type_name == "structure":
        return _typed_structure(shape, value, where)
    if shape.type_name == "list":
        if not isinstance(value, list):
            raise InvalidValueError(f"{where}: {value!r} is not a list. Give a list.")
        return [_typed(shape.member, each, f"{where}[{number}]") for number, each in enumerate(value)]
    read, form = _SCALARS[shape.type_name]
    try:
        typed = read(value)
    except (TypeError, ValueError):
        raise InvalidValueError(f"{where}: {value!r} is not {form}. Give {form}.") from None
    if getattr(shape, "enum", None) and typed not in shape.enum:
        raise InvalidValueError(f"{where}: {value!r} is not known to S3. Use {' or '.join(shape.enum)}.")
    return typed


def _typed_structure(shape: Any, value: Any, where: str) -> Document:
    if not isinstance(value, Mapping):
        raise InvalidValueError(f"{where}: {value!r} is not a dictionary. Give one with {', '.join(shape.members)}.")
    for name in value:
        if name not in shape.members:
            nearest = difflib.get_close_matches(str(name), shape.members, n=1, cutoff=0.5) or shape.members
            raise InvalidValueError(f"{where}.{name}: is not known to S3. Use {' or '.join(nearest)}.")
    for name in shape.required_members:
        if value.get(name) is None:
            raise InvalidValueError(f"{where}.{name}: is missing. Add it.")
    return {
        name: _typed(shape.members[name], each, f"{where}.{name}") for name, each in value.items() if each is not None
    }


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _truth(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "yes", "false", "no"):
        raise ValueError(value)
    return text in ("true", "yes")


def _string(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError(value)
    return str(value)


def _day(value: Any) -> str:
    """The day of a date in any form, as S3 has it: midnight UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SCALARS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "integer": (_whole, "a whole number"),
    "long": (_whole, "a whole number"),
    "boolean": (_truth, "true or false"),
    "string": (_string, "a text"),
    "timestamp": (_day, "a date such as 2030-01-31"),
}


def describe(client: Any, name: str) -> Document:
    """The lifecycle configuration of the bucket as it is; without rules if it has none.

    Raises:
        AnsibleAWSError: the read failed, also because there is no bucket (its code is one of C(NO_BUCKET)).
    """
    purpose = f"read the lifecycle configuration of bucket {name}"
    try:
        answer = call(purpose, client.get_bucket_lifecycle_configuration, Bucket=name)
    except is_ansible_aws_error_code("NoSuchLifecycleConfiguration"):
        return {"Rules": []}
    return {key: answer[key] for key in ("Rules", "TransitionDefaultMinimumObjectSize") if key in answer}


def difference(live: Document, desired: Document) -> Change:
    """What of the configuration differs, with the rules in one order and in one form."""
    before: Document = {}
    after: Document = {}
    if normal(live["Rules"]) != normal(desired["Rules"]):
        before["Rules"], after["Rules"] = shown(live["Rules"]), shown(desired["Rules"])
    size = desired.get("TransitionDefaultMinimumObjectSize")
    if size and size != live.get("TransitionDefaultMinimumObjectSize"):
        before["TransitionDefaultMinimumObjectSize"] = live.get("TransitionDefaultMinimumObjectSize")
        after["TransitionDefaultMinimumObjectSize"] = size
    return Change(before, after)


def normal(rules: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Rules in one order and each in one form, so that rules that mean the same are equal."""
    return sorted((_normal_rule(rule) for rule in rules), key=lambda rule: str(rule.get("ID")))


def shown(rules: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Rules in one order and one form, and in AWS's own shape again."""
    return [{**rule, "Filter": _filter(rule["Filter"])} for rule in normal(rules)]


def _filter(conditions: Document) -> Document:
    tags = [{"Key": key, "Value": value} for key, value in sorted(conditions.get("Tags", {}).items())]
    if not tags:
        return conditions if len(conditions) < 2 else {"And": conditions}
    if len(conditions) == len(tags) == 1:
        return {"Tag": tags[0]}
    return {"And": {**conditions, "Tags": tags}}


def _normal_rule(rule: Mapping[str, Any]) -> Document:
    parts = {
        name: _normal_value(name, value)
        for name, value in rule.items()
        if name not in ("Filter", "Prefix") and value not in (None, [], {})
    }
    return {**parts, "Filter": _normal_filter(rule)}


def _normal_value(name: str, value: Any) -> Any:
    if name in _UNORDERED:
        return sorted((_normal_value("", each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    if not isinstance(value, Mapping):
        return value
    return {
        key: _day(each) if key == "Date" else each
        for key, each in value.items()
        if each is not None and each is not False  # S3 may say that a flag is not set, or leave it out
    }


def _normal_filter(rule: Mapping[str, Any]) -> Document:
    """The conditions of a rule, whether they are in C(Filter), in its C(And), or in the C(Prefix) of old."""
    filters = rule.get("Filter") or {}
    conditions = {**filters, **(filters.get("And") or {})}
    tags = [*(conditions.get("Tags") or []), *([conditions["Tag"]] if conditions.get("Tag") else [])]
    normal_filter = {
        "Prefix": conditions.get("Prefix") or rule.get("Prefix"),
        "Tags": {tag["Key"]: tag["Value"] for tag in tags} or None,
        "ObjectSizeGreaterThan": conditions.get("ObjectSizeGreaterThan"),
        "ObjectSizeLessThan": conditions.get("ObjectSizeLessThan"),
    }
    return {name: value for name, value in normal_filter.items() if value not in (None, "")}


def apply(client: Any, name: str, live: Document, desired: Document) -> None:
    """Make C(desired) the configuration of the bucket; without rules, take the configuration away.

    Raises:
        AnsibleAWSError: the call failed; the configuration is then as it was.
    """
    if desired["Rules"]:
        _put(client, name, live, desired)
    else:
        delete(client, name)


def _put(client: Any, name: str, live: Document, desired: Document) -> None:
    # S3 resets the minimum object size to its default if a put says none.
    sizes = {**live, **desired}
    kept = {key: sizes[key] for key in ("TransitionDefaultMinimumObjectSize",) if sizes.get(key)}
    whole_bucket = {"Filter": {"Prefix": ""}}
    rules = [rule if {"Filter", "Prefix"} & rule.keys() else {**rule, **whole_bucket} for rule in desired["Rules"]]
    call(
        f"put the lifecycle configuration of bucket {name}",
        client.put_bucket_lifecycle_configuration,
        Bucket=name,
        LifecycleConfiguration={"Rules": rules},
        **kept,
    )


def delete(client: Any, name: str) -> None:
    """Take the lifecycle configuration from the bucket; nothing happens if it has none."""
    call(f"delete the lifecycle configuration of bucket {name}", client.delete_bucket_lifecycle, Bucket=name)
