# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The regions whose events are forwarded to that of the pipeline, and those where that was so before.

They are settled before the stack is built, by the account's own list of regions. What was before stands in the
description of the rule of the action list, which every run reads: so it costs no read to know that there is nothing.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import (
    PARTITIONS,
    UnknownPartitionError,
    partition_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import ALONE, EVENT_BUS, PLAYBOOK, Topology

ALL = "all"
_VARIABLE = "iam_alerting_forwarding_regions"
_TOLD = re.compile(r" Also of ([a-z0-9 -]+)\.")
# AWS Account Management Reference Guide, "Region".
_ENABLED = ("ENABLED", "ENABLED_BY_DEFAULT")


class RegionError(AnsibleAWSError):
    """Events cannot be forwarded from a region of the list. The text says why, and what to do."""


def check_forwarding_regions(value: object, home: str, topology: Topology = ALONE) -> tuple[str, ...]:
    """The regions of the list, each once and in order, or C(ALL) alone.

    Raises:
        SettingsError: it is no list of regions, or events could never come from one of them.
    """
    regions = [value] if value == ALL else value or []
    if not isinstance(regions, list) or (ALL in regions and len(regions) > 1):
        raise SettingsError(f"{_VARIABLE} is {value!r}. Give a list of regions, such as [eu-west-1], or all by itself.")
    partition = partition_of(home)
    if regions and not PARTITIONS[partition].routes_across_regions:
        raise SettingsError(
            f"{_VARIABLE} is {value!r}, but AWS does not say that EventBridge sends events from one region of "
            f"partition {partition} to another (docs/regions.md). Leave it empty."
        )
    by_bus = topology.receivers and topology.entries[0] == EVENT_BUS
    if regions and by_bus and topology.engine == PLAYBOOK:
        raise SettingsError(
            f"{_VARIABLE} is {value!r}, but EventBridge sends no event on to a third event bus, and one of another "
            "region would come from a bus there, over that of this account, to that of the hub. Leave it empty, or let "
            "members come by the hub's queue (iam_alerting_hub_entries: [queue])."
        )
    for region in regions:
        if region != ALL:
            _check_region(str(region), home, partition)
    return tuple(sorted(set(map(str, regions))))


def _check_region(region: str, home: str, partition: str) -> None:
    try:
        other = partition_of(region)
    except UnknownPartitionError as error:
        raise SettingsError(
            f"{_VARIABLE} has {region!r}, which is no name of a region. Write it as AWS does, such as eu-west-1."
        ) from error
    if other != partition:
        raise SettingsError(
            f"{_VARIABLE} has {region!r}, a region of partition {other}, but the pipeline is in {home}, in partition "
            f"{partition}, and no event goes from one partition to another. Take it off the list."
        )
    if region == home:
        raise SettingsError(
            f"{_VARIABLE} has {region!r}, the region of the pipeline, whose events need not be forwarded. Take it off "
            "the list."
        )


def told(regions: Sequence[str]) -> str:
    """What the description of the rule says of the regions."""
    return f" Also of {' '.join(regions)}." if regions else ""


def told_in(rules: Iterable[Document], name: str) -> list[str]:
    """The regions that the description of the rule of this name tells, if it is among the rules."""
    descriptions = (rule.get("Description") or "" for rule in rules if rule["Name"] == name)
    return [region for text in descriptions for found in _TOLD.findall(text) for region in found.split()]


def settled(clients: Any, settings: Settings, before: Sequence[str]) -> Settings:
    """The settings with the regions by name, and with those that were on the list before. Without any, nothing is read.

    Of what was before, a region that is no longer enabled is left out: nobody can act in it, nor does EventBridge.

    Args:
        before: the regions that C(told_in) found.

    Raises:
        RegionError: a region of the list is not enabled in the account, or not known to it.
        AnsibleAWSError: the account's regions cannot be read.
    """
    if not settings.forwarding_regions and not before:
        return settings
    answer = call_all("list the regions of the account", clients["account"], "list_regions")
    states = {region["RegionName"]: region["RegionOptStatus"] for region in answer["Regions"]}
    enabled = [region for region in sorted(states) if states[region] in _ENABLED and region != settings.region]
    wanted = settings.forwarding_regions
    for region in wanted:
        if region not in enabled and region != ALL:
            raise RegionError(message=_not_enabled(region, states.get(region, ""), settings.account_id))
    wanted = tuple(enabled) if ALL in wanted else wanted
    former = tuple(region for region in enabled if region in before and region not in wanted)
    return dataclasses.replace(settings, forwarding_regions=wanted, former_regions=former)


def _not_enabled(region: str, state: str, account_id: str) -> str:
    way_out = f"Take it off the list, or enable it (aws account enable-region --region-name {region})"
    if not state:
        why, way_out = "which AWS does not know as a region of", "Correct its name, or take it off the list"
    elif state == "ENABLING":
        why, way_out = "which is still being enabled in", "Deploy again later"
    else:
        why = "which is not enabled in"
    return f"{_VARIABLE} has {region}, {why} account {account_id}. {way_out}. Nothing was changed"
