# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an event to all that is to be said of it. Nothing is sent here, and nothing read but the arguments."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import parameters
import target
from assess import Assessment, assess
from catalogue import Entry
from pipeline import Pipeline
from record import Record, parse
from suppression import Suppression, Verdict
from untrusted import as_value


class Knowledge(NamedTuple):
    """What alerts are made with: the pipeline, its account's name, the catalogue, suppressions and trusted accounts.

    `members` are the accounts whose events are sent here, by id with their names.
    """

    pipeline: Pipeline
    account_name: str
    catalogue: Mapping[str, Entry]
    suppressions: Sequence[Suppression] = ()
    trusted_accounts: frozenset[str] = frozenset()
    members: Mapping[str, str] = MappingProxyType({})

    def name_of(self, account: str) -> str:
        """What people call the account; empty if it is none of ours."""
        return self.account_name if account == self.pipeline.account else self.members.get(account, "")

    def pipeline_in(self, account: str) -> Pipeline:
        """What a call in the account can touch of the alerting: in another, which is a member, the part there."""
        is_elsewhere = account not in ("", self.pipeline.account)
        return self.pipeline._replace(account=account, key="") if is_elsewhere else self.pipeline


class Alert:
    """A record, how bad it is, and whether it is kept quiet; `account_name` is empty where none is known."""

    def __init__(self, record: Record, assessment: Assessment, verdict: Verdict, account_name: str) -> None:
        self.record = record
        self.assessment = assessment
        self.verdict = verdict
        self.account_name = account_name

    @functools.cached_property
    def parameters(self) -> list[str]:
        """The parameters of the call in lines that are safe to print."""
        return parameters.lines(self.record.requestParameters)

    @functools.cached_property
    def details(self) -> list[str]:
        """The details of an event that no call made, in lines that are safe to print."""
        return parameters.lines(self.record.serviceEventDetails)

    @functools.cached_property
    def targets(self) -> list[tuple[str, str]]:
        """The kinds and names of what the call was aimed at. Not safe to print yet."""
        return target.targets(self.record)

    @functools.cached_property
    def about(self) -> dict[str, str]:
        """What programs are told of the alert: in the log, and all but the eventID as attributes of the message."""
        record = self.record
        return {
            "eventID": as_value(record.eventID, 64),
            "severity": self.assessment.severity.name.lower(),
            "action": as_value(record.action, 128),
            "actor": as_value(record.actor.group, 128),
            "account": as_value(record.account, 64),
            "outcome": record.outcome.value,
        }


def alert(event: object, known: Knowledge, today: str) -> Alert:
    """The alert of an EventBridge event on the day `today` (YYYY-MM-DD, UTC).

    Raises NotARecordError if the event's detail is no JSON object.
    """
    record = parse(event)
    pipeline = known.pipeline_in(record.account)
    return Alert(
        record,
        assess(record, known.catalogue, pipeline, known.trusted_accounts),
        _verdict(record, pipeline, known.suppressions, today),
        known.name_of(record.account),
    )


def _verdict(record: Record, pipeline: Pipeline, suppressions: Sequence[Suppression], today: str) -> Verdict:
    if not suppressions:
        return Verdict()
    import suppress  # not needed by all, and it takes its time to load

    return suppress.judge(record, pipeline, suppressions, today)
