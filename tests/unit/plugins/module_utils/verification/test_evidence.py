# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever trail serves is the one that is looked at."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import ALONE, MEMBER, Topology
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.diagnosis import _trail
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.evidence import Evidence
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.trail_answers import (
    CloudTrail,
    made,
    settings,
    trail,
)


class WithTags(CloudTrail):
    def list_tags(self, ResourceIdList: list[str]) -> Any:  # noqa: N803
        return {"ResourceTagList": [{"TagsList": [{"Key": "trailwatch", "Value": "iam-alerting"}]}]}


class Administrator(WithTags):
    """It is told the event selectors of the organization's trails."""

    def get_event_selectors(self, TrailName: str) -> Any:  # noqa: N803
        return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


OURS, OTHERS, OF_ORGANIZATION = trail("iam-alerting"), trail(), made()


@pytest.mark.parametrize(
    ("clients", "mode", "told"),
    [
        (WithTags(OURS), "auto", None),
        (WithTags(OURS, stopped=("iam-alerting",)), "auto", "the trail iam-alerting is not logging"),
        (WithTags(), "auto", "there is no trail iam-alerting"),
        (WithTags(OTHERS), "auto", None),
        (WithTags(OTHERS), "existing", None),
        (WithTags(OTHERS, stopped=("others",)), "existing", "no trail that is there serves: others: it is not logging"),
        (WithTags(OTHERS, stopped=("others",)), "auto", "no trail that is there serves: others: it is not logging"),
        (Administrator(OF_ORGANIZATION), "organization", None),
        (
            Administrator(OF_ORGANIZATION, stopped=("iam-alerting",)),
            "organization",
            "the trail iam-alerting is not logging",
        ),
        (Administrator(), "organization", "there is no trail iam-alerting"),
    ],
)
def test_the_trail_that_serves_is_looked_at(clients: CloudTrail, mode: str, told: str | None) -> None:
    account = Entered(clients, settings(trail=mode))
    evidence = Evidence(Pair(account, account), None, 0.0)  # type: ignore[arg-type]
    finding = _trail(None, evidence)  # type: ignore[arg-type]
    assert (finding and finding.cause) == told


@pytest.mark.parametrize(("topology", "seconds"), [(ALONE, 300), (Topology(MEMBER, hub="999999999999"), 0)])
def test_a_member_does_not_know_how_long_its_hub_groups(topology: Topology, seconds: int) -> None:
    account = Entered(None, dataclasses.replace(settings(), group_seconds=300, topology=topology))
    assert Evidence(Pair(account, account), None, 0.0).group_seconds == seconds  # type: ignore[arg-type]
