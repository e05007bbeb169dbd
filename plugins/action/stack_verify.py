# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that an alert arrives in one account: make a call of IAM, and follow it. It runs in the controller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import Action, parse_format
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import audience, leftovers, report
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.probe import KINDS, Kind
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.proof import Proof, prove
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import failure, pair_entered
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import (
    SETTINGS_OPTION,
    arguments_of,
    checked_settings,
)

# Longer than that, the credentials of an assumed role or the patience of a later verification might end.
MOST_MINUTES = 45

ARGUMENTS = {
    **SETTINGS_OPTION,
    "verify_with": {"type": "str", "choices": list(KINDS), "default": "user"},
    "verify_minutes": {"type": "float", "default": 15.0},
    "leftover_minutes": {"type": "float", "default": 60.0},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_verify."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, ARGUMENTS)
        step = announced if self._task.check_mode else verified
        try:
            minutes = check_minutes(arguments["verify_minutes"])
            settings = checked_settings(arguments)
            kind = KINDS[arguments["verify_with"]]
            listed = check_listed(kind, settings)
            with pair_entered(arguments, settings) as pair:
                found = old_leftovers(pair, arguments)
                return {"account_id": settings.account_id, **step(pair, found, kind, listed, minutes)}
        except (SettingsError, AccountError, AnsibleAWSError) as error:
            raise failure(error) from None


def check_minutes(minutes: float) -> float:
    """How long is waited at most.

    Raises:
        SettingsError: no time at all, or too long.
    """
    if not 0 < minutes <= MOST_MINUTES:
        raise SettingsError(
            f"iam_alerting_verify_minutes is {minutes:g}, but it must be more than 0 and at most {MOST_MINUTES}. "
            "Leave it out for 15."
        )
    return minutes


def check_listed(kind: Kind, settings: Settings) -> list[str]:
    """The calls that can be followed: those that are on the list of actions.

    Raises:
        SettingsError: none is.
    """
    known = parse_format(settings.actions)
    listed = [action for action in kind.actions if any(each.covers(Action(*action.split(":"))) for each in known)]
    if not listed:
        create, delete = kind.actions
        raise SettingsError(
            f"iam_alerting_actions has neither {create} nor {delete}, so no alert would come of them. Add one, or set "
            f"iam_alerting_verify_with to {' or '.join(each for each in KINDS if each != kind.what)}."
        )
    return listed


def announced(_pair: Pair, found: leftovers.Leftovers, kind: Kind, listed: list[str], minutes: float) -> dict[str, Any]:
    """What would be done. Nothing is written."""
    summary = report.would_do(kind, listed, minutes, found.titles)
    return {"changed": bool(found.titles), "summary": summary, "removed": found.titles, "events": []}


def verified(pair: Pair, found: leftovers.Leftovers, kind: Kind, listed: list[str], minutes: float) -> dict[str, Any]:
    """What came of it. Things are afterwards as they were before, but for what broken runs had left."""
    leftovers.remove(pair, found)
    warn: Callable[[str], None] = Display().warning
    proof = prove(pair, kind, listed, minutes * 60, warn)
    result = {"changed": bool(found.titles), "removed": found.titles, "events": events(proof)}
    if not proof.holds:
        return {**result, "failed": True, "msg": report.failed(proof)}
    heard_by = audience.of_topic(pair.alerting)
    if not heard_by.confirmed:
        return {**result, "failed": True, "msg": report.unheard(heard_by)}
    not_listed = [action for action in kind.actions if action not in listed]
    return {**result, "summary": report.passed(proof, not_listed, heard_by.pending, found.titles)}


def old_leftovers(pair: Pair, arguments: dict[str, Any]) -> leftovers.Leftovers:
    """What broken runs left long enough ago that it cannot be of one that is still running."""
    before = datetime.now(UTC) - timedelta(minutes=arguments["leftover_minutes"])
    return leftovers.find(pair, before)


def events(proof: Proof) -> list[dict[str, Any]]:
    """The calls that were followed, for programs."""
    return [report.as_data(journey, proof.findings.get(journey.action)) for journey in proof.journeys]
