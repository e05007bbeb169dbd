# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for one account, checked before anything is read or written there."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import ActionError, parse_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, expand_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import (
    PARTITIONS,
    UnknownPartitionError,
    iam_region,
    partition_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import TAG_OURS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.topic_options import MAIL_ADDRESS

# Limits: trail names 3-128 characters, letters, digits and single ". _ -" between them (CloudTrail User Guide, "Naming
# requirements"); rule names 64; role names 64 with "-function" appended; bucket names 63, lower case, with
# "-<account id>-<region>" appended. All resources share one name, so what suits all of them is what is allowed.
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
NAME_MIN = 3
BUCKET_NAME_MAX = 63
# The least that Lambda takes as the maximum concurrency of a queue's event source mapping.
GROUPING_CONCURRENCY = 2
GROUP_SECONDS_MAX = 900  # the longest that SQS keeps a message back, and so the reminder of a summary
# Less than the first would be noise in the log. Three of the last, when an alarm goes off, are less than the week
# that CloudWatch looks back (CloudWatch API Reference, "PutMetricAlarm").
HEARTBEAT_MINUTES = range(5, 1441)
_TOPIC_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[A-Za-z0-9_-]{1,256})"
)


def check_account_id(value: object) -> str:
    """The account id as twelve digits.

    Raises:
        SettingsError: it is something else, as an unquoted id with leading zeros becomes in YAML.
    """
    return twelve_digits("account_id", value)


def check_trusted_accounts(values: Sequence[object]) -> tuple[str, ...]:
    """The accounts that roles may trust, each once and in order, so that equal lists make equal packages.

    Raises:
        SettingsError: one of them is no account id.
    """
    ids = (twelve_digits(f"iam_alerting_trusted_accounts[{number}]", value) for number, value in enumerate(values))
    return tuple(sorted(set(ids)))


def twelve_digits(variable: str, value: object) -> str:
    """The account id that is the value of C(variable).

    Raises:
        SettingsError: it is something else.
    """
    if not re.fullmatch(r"[0-9]{12}", str(value)):
        raise SettingsError(f"{variable} is {value!r}, but an AWS account id has twelve digits. In YAML, quote it.")
    return str(value)


def check_time_zone(name: str) -> str:
    """The IANA name of a time zone, or nothing.

    Raises:
        SettingsError: there is no such time zone, or the controller has no data of time zones.
    """
    try:
        if name:
            zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"iam_alerting_time_zone is {name!r}, which is no time zone. {_near_time_zones(name)} Give a name of the "
            "IANA database such as Europe/Berlin, or leave it empty for UTC alone."
        ) from error
    return name


def _near_time_zones(name: str) -> str:
    known = {each.lower(): each for each in zoneinfo.available_timezones()}
    if not known:
        return "The controller knows none: install the Python package tzdata."
    near = difflib.get_close_matches(name.lower(), known, cutoff=0.5)
    return f"Nearest: {', '.join(known[each] for each in near)}." if near else "Nothing is near to it."


def check_name(name: str, account_id: str, region: str) -> str:
    """The name from which those of all resources are made.

    Raises:
        SettingsError: one of the resources could not have it.
    """
    longest = BUCKET_NAME_MAX - len(f"-{account_id}-{region}")
    if not NAME.match(name) or not NAME_MIN <= len(name) <= longest:
        raise SettingsError(
            f"iam_alerting_name is {name!r}, but it must have {NAME_MIN} to {longest} lower-case letters, digits and "
            f"single hyphens and begin with a letter, because the bucket {name}-{account_id}-{region} is named by it."
        )
    return name


def check_region(region: str | None, configured: str | None) -> str:
    """The region of the pipeline: the one to which the partition's IAM events are delivered.

    Args:
        region: C(iam_alerting_region), or nothing.
        configured: the region of the AWS configuration, which tells the partition when I(region) is not given.

    Raises:
        SettingsError: no IAM event would ever reach a rule in I(region), or nothing is known of its partition.
    """
    try:
        home = iam_region(region or configured or "us-east-1")
    except UnknownPartitionError as error:
        source = f"iam_alerting_region is {region!r}" if region else f"The AWS configuration's region is {configured!r}"
        raise SettingsError(
            f"{source}, but {error}, so it is not known where its IAM events are delivered. Set iam_alerting_region to "
            f"one of {', '.join(each.iam_region for each in PARTITIONS.values())}."
        ) from error
    if region and region != home:
        raise SettingsError(
            f"iam_alerting_region is {region!r}, but the IAM events of partition {partition_of(region)} reach "
            f"EventBridge in {home} only: a rule in {region} would never match. Set it to {home}, or leave it out."
        )
    return home


def check_actions(actions: Sequence[str]) -> tuple[str, ...]:
    """The actions to alert on, each known to AWS, with presets and removals worked out.

    Raises:
        SettingsError: the list is empty, or an entry in it is unknown or malformed, or removes nothing.
    """
    if not actions:
        raise SettingsError(
            "iam_alerting_actions is empty, so nothing would ever be reported. Name actions such as iam:CreateUser, "
            "or leave the variable out for the default list."
        )
    try:
        expanded = expand_actions(actions, catalogue())
        parse_actions(expanded)
    except ActionError as error:
        raise SettingsError(f"iam_alerting_actions: {error}") from error
    return tuple(expanded)


def check_group_seconds(seconds: int) -> int:
    """For how long alerts of a kind are gathered, in seconds; 0 for not at all.

    Raises:
        SettingsError: it is longer than a summary can be put off.
    """
    if not 0 <= seconds <= GROUP_SECONDS_MAX:
        raise SettingsError(
            f"iam_alerting_group_seconds is {seconds}, but it must be from 0 to {GROUP_SECONDS_MAX}. Set it to 0 for a "
            "message per event."
        )
    return seconds


def check_fallback(fallback: str, name: str, account_id: str, region: str) -> str:
    """Whom the alarms tell besides the subscribers: a mail address, the ARN of a topic, or nobody.

    Raises:
        SettingsError: it is neither, or no alarm could publish there, or it is the topic of the alerts.
    """
    if not fallback or MAIL_ADDRESS.fullmatch(fallback):
        return fallback
    arn = _TOPIC_ARN.fullmatch(fallback)
    if arn is None:
        raise SettingsError(
            f"iam_alerting_fallback is {fallback!r}. Give one mail address, or the ARN of a standard SNS topic such as "
            f"arn:{partition_of(region)}:sns:{region}:111111111111:on-call."
        )
    if (arn["partition"], arn["region"]) != (partition_of(region), region):
        # Amazon CloudWatch User Guide, "Notifying users on alarm changes".
        raise SettingsError(
            f"iam_alerting_fallback is {fallback}, but alarms publish to topics of their own region only. Take a topic "
            f"in {region}, or a mail address."
        )
    if arn["account"] == account_id and arn["name"] in (name, f"{name}-fallback"):
        raise SettingsError(
            f"iam_alerting_fallback is {fallback}, which is a topic of the alerting itself, or would be taken for one. "
            "Take another topic, or a mail address."
        )
    return fallback


def check_reserved_concurrency(executions: int | None, group_seconds: int) -> int | None:
    """How many executions at a time are reserved for the function; None for no limit of its own.

    Raises:
        SettingsError: the function would never run, or not as often as the queue's events are handed to it.
    """
    if executions is None:
        return None
    if executions < 1:
        raise SettingsError(
            f"iam_alerting_reserved_concurrency is {executions}, so the function would never run. Set it to 1 at "
            "least, or leave it out for no limit of its own."
        )
    if group_seconds and executions < GROUPING_CONCURRENCY:
        # AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings".
        raise SettingsError(
            f"iam_alerting_reserved_concurrency is {executions}, but with iam_alerting_group_seconds the function is "
            f"run {GROUPING_CONCURRENCY} times at once, and what is throttled would count as failed. Set it to "
            f"{GROUPING_CONCURRENCY} at least."
        )
    return executions


def check_heartbeat_minutes(minutes: int) -> int:
    """Every so many minutes there is a heartbeat; 0 for none.

    Raises:
        SettingsError: it is too often or too seldom.
    """
    if minutes and minutes not in HEARTBEAT_MINUTES:
        raise SettingsError(
            f"iam_alerting_heartbeat_minutes is {minutes}, but it must be from {HEARTBEAT_MINUTES[0]} to "
            f"{HEARTBEAT_MINUTES[-1]}, a day. Set it to 0 for no heartbeat."
        )
    return minutes


def check_tags(tags: Mapping[str, Any]) -> dict[str, str]:
    """The user's tags as text.

    Raises:
        SettingsError: a tag is reserved, by AWS or for this collection.
    """
    for key in tags:
        if str(key).lower().startswith("aws:") or key == TAG_OURS:
            raise SettingsError(f"iam_alerting_tags has the key {key!r}, which is reserved. Take another one.")
    return {str(key): str(value) for key, value in tags.items()}
