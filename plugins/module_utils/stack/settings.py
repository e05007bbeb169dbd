# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stack is made from: the role's variables for one account, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import partition_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    ALONE,
    EVENT_BUS,
    HUB,
    MEMBER,
    STACK_SET,
    Topology,
)

TAG_OURS = "trailwatch"
# What becomes of an optional component; one that is retained is neither made nor removed, but by a teardown.
PRESENT, ABSENT, RETAINED = "present", "absent", "retained"
# What subscribers by https get. The first is the default.
HTTPS_FORMATS = ("finding", "amazon-q")
# What the account's own rules hand events to.
FUNCTION, QUEUE = "function", "queue"
TRAIL_MODES = AUTO, CREATE, EXISTING, ORGANIZATION = "auto", "create", "existing", "organization"


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
