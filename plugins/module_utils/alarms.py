# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A set of CloudWatch alarms whose names begin alike: check what is asked for, read what is there, compare, mend.

An alarm is a document with the names of PutMetricAlarm, C(Tags) a dictionary. PutMetricAlarm sets an alarm as a whole:
what a document leaves out is CloudWatch's default. A live one has C(AlarmArn) and its state besides.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Change,
    Document,
    InvalidValueError,
    call,
    call_all,
    tag_changes,
    tags_after,
)

# What CloudWatch has for an attribute that nobody set.
DEFAULTS: Document = {
    "AlarmDescription": "",
    "ActionsEnabled": True,
    "AlarmActions": [],
    "OKActions": [],
    "InsufficientDataActions": [],
    "Namespace": None,
    "MetricName": None,
    "Dimensions": [],
    "Statistic": None,
    "ExtendedStatistic": None,
    "Period": None,
    "Unit": None,
    "Metrics": [],
    "ThresholdMetricId": None,
    "EvaluationPeriods": None,
    "DatapointsToAlarm": None,
    "Threshold": None,
    "ComparisonOperator": None,
    "TreatMissingData": "missing",
    "EvaluateLowSampleCountPercentile": None,
}
ATTRIBUTES = tuple(DEFAULTS)
STATE = ("StateValue", "StateReason", "StateUpdatedTimestamp")

_REQUIRED = ("AlarmName", "EvaluationPeriods", "ComparisonOperator")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
# Amazon CloudWatch API Reference, "PutMetricAlarm" and "DeleteAlarms".
_DESCRIPTION_MAX = 1024
_NAME_MAX = 255
_ACTIONS_MAX = 5
_DELETED_AT_ONCE = 100


def checked(alarms: Sequence[Mapping[str, Any]], prefix: str) -> list[Document]:
    """The alarms of the option C(alarms), if CloudWatch can take them.

    Raises:
        InvalidValueError: a name is not one of PutMetricAlarm's, one is missing or there twice, or a text is too long.
    """
    for number, alarm in enumerate(alarms):
        _check(f"alarms[{number}]", alarm, prefix)
    names = [alarm["AlarmName"] for alarm in alarms]
    for name in names:
        if names.count(name) > 1:
            raise InvalidValueError(f"alarms: {name!r} is there twice. Give each alarm its own name.")
    return [dict(alarm) for alarm in alarms]


def _check(where: str, alarm: Mapping[str, Any], prefix: str) -> None:
    known = ("AlarmName", *ATTRIBUTES)
    for name in alarm:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Nearest: {near[0]}. " if near else ""
            raise InvalidValueError(f"{where} has {name!r}, which is not known. {hint}There are {', '.join(known)}.")
    missing = [name for name in _REQUIRED if alarm.get(name) is None]
    if missing or bool(alarm.get("Metrics")) is bool(alarm.get("MetricName")):
        needed = ", ".join(missing) or "either MetricName or Metrics"
        raise InvalidValueError(f"{where}: give {needed}.")
    name = alarm["AlarmName"]
    if not name.startswith(prefix) or len(name) > _NAME_MAX:
        raise InvalidValueError(
            f"{where}.AlarmName is {name!r}. It must begin with {prefix!r} (name_prefix), and have {_NAME_MAX} "
            "characters at most."
        )
    if len(alarm.get("AlarmDescription", "")) > _DESCRIPTION_MAX:
        raise InvalidValueError(f"{where}.AlarmDescription is too long. Shorten it to {_DESCRIPTION_MAX} characters.")
    for actions in _ACTIONS:
        if len(alarm.get(actions, ())) > _ACTIONS_MAX:
            raise InvalidValueError(f"{where}.{actions} has more than {_ACTIONS_MAX} entries.")


def describe(client: Any, prefix: str) -> dict[str, Document]:
    """The metric alarms whose names begin so, by name.

    Raises:
        AnsibleAWSError: the read failed.
    """
    purpose = f"read the alarms {prefix}*"
    answer = call_all(purpose, client, "describe_alarms", AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    return {alarm["AlarmName"]: alarm for alarm in answer.get("MetricAlarms", [])}


def read_tags(client: Any, arn: str) -> dict[str, str]:
    """The tags of an alarm; none if it is gone by now.

    Raises:
        AnsibleAWSError: the read failed.
    """
    purpose = f"read the tags of alarm {arn}"
    try:
        answer = call(purpose, client.list_tags_for_resource, ResourceARN=arn)
    except is_ansible_aws_error_code(["ResourceNotFound", "ResourceNotFoundException"]):
        return {}
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def shown(alarm: Mapping[str, Any]) -> Document:
    """The attributes of an alarm in one form: all of them, and lists whose order means nothing in one order."""
    full = {name: default if alarm.get(name) is None else alarm[name] for name, default in DEFAULTS.items()}
    full["DatapointsToAlarm"] = full["DatapointsToAlarm"] or full["EvaluationPeriods"]
    full["Metrics"] = sorted((_query(each) for each in full["Metrics"]), key=lambda each: str(each["Id"]))
    full["Dimensions"] = _dimensions(full["Dimensions"])
    return {**full, **{name: sorted(full[name]) for name in _ACTIONS}}


def _query(query: Mapping[str, Any]) -> Document:
    stat = query.get("MetricStat")
    if not stat:
        return {"ReturnData": True, **query}
    metric = {**stat["Metric"], "Dimensions": _dimensions(stat["Metric"].get("Dimensions", []))}
    return {"ReturnData": True, **query, "MetricStat": {**stat, "Metric": metric}}


def _dimensions(dimensions: Iterable[Mapping[str, Any]]) -> list[Document]:
    return sorted((dict(each) for each in dimensions), key=lambda each: str(each["Name"]))


def difference(
    live: Mapping[str, Document], desired: Sequence[Document], tags: Mapping[str, str], purge: Collection[str] = ()
) -> Change:
    """What of the alarms differs, by alarm and attribute.

    Args:
        live: the alarms that are there, as far as they are wanted or are to go, with their C(Tags).
        desired: the alarms that are to be there; others go.
        tags: the tags that each of them is to have.
        purge: names C(Tags) if other tags are to go.
    """
    before: Document = {}
    after: Document = {}
    wanted = {alarm["AlarmName"]: alarm for alarm in desired}
    for name, alarm in wanted.items():
        if name not in live:
            # Where others are there, this is one that is missing, and not all that is new.
            before |= {name: {}} if live else {}
            after[name] = {**shown(alarm), "Tags": tags_after({}, tags, ())}
            continue
        tagged = live[name]["Tags"]
        now, then = _with_tags(live[name], tagged), _with_tags(alarm, tags_after(tagged, tags, purge))
        differing = [attribute for attribute in then if now[attribute] != then[attribute]]
        before |= {f"{name} {attribute}": now[attribute] for attribute in differing}
        after |= {f"{name} {attribute}": then[attribute] for attribute in differing}
    before |= {name: _with_tags(live[name], live[name]["Tags"]) for name in live if name not in wanted}
    return Change(before, after)


def _with_tags(alarm: Mapping[str, Any], tags: Mapping[str, str]) -> Document:
    return {**shown(alarm), "Tags": dict(tags)}


def apply(
    client: Any,
    live: Mapping[str, Document],
    desired: Sequence[Document],
    tags: Mapping[str, str],
    purge: Collection[str] = (),
) -> None:
    """Make the alarms as desired. Writes only what differs.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    for alarm in desired:
        now = live.get(alarm["AlarmName"])
        if now is None or shown(now) != shown(alarm):
            _put(client, alarm, {} if now else tags)
        if now is not None:
            _set_tags(client, now, tags_after(now["Tags"], tags, purge))
    wanted = {alarm["AlarmName"] for alarm in desired}
    _delete(client, [name for name in live if name not in wanted])


def _put(client: Any, alarm: Document, tags: Mapping[str, str]) -> None:
    """Set an alarm; CloudWatch takes tags only for one that is new."""
    new = {"Tags": [{"Key": key, "Value": str(value)} for key, value in tags.items()]} if tags else {}
    call(f"set alarm {alarm['AlarmName']}", client.put_metric_alarm, **alarm, **new)


def _set_tags(client: Any, now: Document, after: Mapping[str, str]) -> None:
    name, arn = now["AlarmName"], now["AlarmArn"]
    to_set, to_remove = tag_changes(now["Tags"], after)
    if to_set:
        pairs = [{"Key": key, "Value": value} for key, value in to_set.items()]
        call(f"tag alarm {name}", client.tag_resource, ResourceARN=arn, Tags=pairs)
    if to_remove:
        call(f"untag alarm {name}", client.untag_resource, ResourceARN=arn, TagKeys=to_remove)


def _delete(client: Any, names: Sequence[str]) -> None:
    for first in range(0, len(names), _DELETED_AT_ONCE):
        some = names[first : first + _DELETED_AT_ONCE]
        call(f"delete alarms {', '.join(some)}", client.delete_alarms, AlarmNames=some)


def with_tags(alarms: Mapping[str, Document], read: Callable[[str], Mapping[str, str]]) -> dict[str, Document]:
    """The alarms with their tags, which C(read) gives for an ARN."""
    return {name: {**alarm, "Tags": dict(read(alarm["AlarmArn"]))} for name, alarm in alarms.items()}
