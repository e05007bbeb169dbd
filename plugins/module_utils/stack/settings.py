# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stack is made from: the role's variables for one account, checked."""

from __future__ import annotations

import dataclasses
import difflib
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import ActionError, parse_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, expand_actions
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import (
    PARTITIONS,
    UnknownPartitionError,
    iam_region,
    partition_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    ALONE,
    EVENT_BUS,
    HUB,
    MEMBER,
    STACK_SET,
    Topology,
)
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
TAG_OURS = "trailwatch"
# What becomes of an optional component; one that is retained is neither made nor removed, but by a teardown.
PRESENT, ABSENT, RETAINED = "present", "absent", "retained"
# What subscribers by https get. The first is the default.
HTTPS_FORMATS = ("finding", "amazon-q")
# What the account's own rules hand events to.
FUNCTION, QUEUE = "function", "queue"
TRAIL_MODES = AUTO, CREATE, EXISTING, ORGANIZATION = "auto", "create", "existing", "organization"


_TOPIC_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[A-Za-z0-9_-]{1,256})"
)


class SettingsError(ValueError):
    """A variable of the role has a value that cannot be used. The text names variable, value and way out."""


@dataclass(frozen=True)
class Organization:
    """The organization whose trail is ours. Its management account owns the trail, whoever makes it."""

    id: str
    management: str


@dataclass(frozen=True)
class Settings:
    """One account's settings. All are checked: building a stack from them raises no error.

    Attributes:
        beside: of a member, whether the alerting that it had for itself goes on beside the hub's.
        former: of a member, what of that its rules hand events to, as C(own_target). It is settled from what is live.
    """

    name: str
    account_id: str
    account_name: str
    region: str
    actions: tuple[str, ...]
    subscriptions: tuple[dict[str, Any], ...]
    log_retention_days: int
    architecture: str
    extra_tags: Mapping[str, str]
    code: Package
    suppressions: tuple[dict[str, Any], ...] = ()
    https_format: str = HTTPS_FORMATS[0]
    time_zone: str = ""
    trusted_accounts: tuple[str, ...] = ()
    group_seconds: int = 0
    purge_subscribers: bool = False
    reserved_concurrency: int | None = None
    alarms: bool = True
    fallback: str = ""
    trail: str = AUTO
    # Not a variable: it is found out when the trail is to be, or is, the organization's.
    organization: Organization | None = None
    customer_key: bool = False
    heartbeat_minutes: int = 0
    forwarding_regions: tuple[str, ...] = ()
    former_regions: tuple[str, ...] = ()
    topology: Topology = ALONE
    beside: bool = True
    former: str = ""

    @property
    def is_member(self) -> bool:
        """Whether the account only sends its events to a hub."""
        return self.topology.kind == MEMBER

    @property
    def is_of_stack_set(self) -> bool:
        """Whether CloudFormation makes and mends what is in the account."""
        return self.topology.engine == STACK_SET

    @property
    def hub(self) -> str:
        """The account of the hub that alerts for members, this one or another."""
        return self.topology.hub or self.account_id

    @property
    def standby_hub(self) -> str:
        """The account of the hub that stands by, this one or another, if there is one."""
        return self.account_id if self.topology.stands_by else self.topology.standby

    @property
    def own_target(self) -> str:
        """What the account's rules hand events to in the account itself: C(FUNCTION), C(QUEUE), or nothing.

        A member has nothing like it, unless it alerted by itself before and is to do so until the hub is proved.
        """
        if self.is_member:
            return self.former
        return QUEUE if self.group_seconds else FUNCTION

    def at_hub(self, account_id: str) -> Settings:
        """What is known of the settings of a hub in another account: as much as the names of its resources take."""
        name, entries = self.topology.hub_name or self.name, self.topology.entries
        return dataclasses.replace(self, name=name, account_id=account_id, topology=Topology(HUB, entries=entries))

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every taggable resource: the user's and ours."""
        return {**self.extra_tags, TAG_OURS: self.name}

    @property
    def state_of_grouping(self) -> str:
        """What is to become of the resources that only grouping needs: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.group_seconds else ABSENT

    @property
    def state_of_alarms(self) -> str:
        """What is to become of the alarms: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.alarms else ABSENT

    @property
    def state_of_fallback_topic(self) -> str:
        """What is to become of the fallback's topic: it is for alarms only, and ours if a mail address was given."""
        return PRESENT if self.alarms and "@" in self.fallback else ABSENT

    @property
    def state_of_trail(self) -> str:
        """What is to become of our trail and its bucket. Before it is settled which trail serves, they are wanted."""
        return ABSENT if self.trail == EXISTING else PRESENT

    @property
    def state_of_forwarding(self) -> str:
        """What is to become of what sends events to a hub in another account: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.topology.receivers else ABSENT

    @property
    def state_of_event_bus(self) -> str:
        """What is to become of the event bus that members send to: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.topology.lets_in_by(EVENT_BUS) else ABSENT

    @property
    def state_of_stack_set(self) -> str:
        """What is to become of the stack set that enrols members: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.topology.units else ABSENT

    @property
    def trail_owner(self) -> str:
        """The account in the ARN of our trail."""
        return self.organization.management if self.organization else self.account_id

    @property
    def state_of_heartbeat(self) -> str:
        """What is to become of the heartbeat: C(PRESENT) or C(ABSENT)."""
        return PRESENT if self.heartbeat_minutes else ABSENT

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource of this account, such as C(arn("sns", "alerts"))."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource without region, such as C(global_arn("iam", "role/x"))."""
        return f"arn:{self.partition}:{service}::{self.account_id}:{resource}"


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
