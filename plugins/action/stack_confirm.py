# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm the subscriptions of one account, or have the confirmations sent again. It runs in the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import AccountError
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation import report
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.link import (
    Link,
    LinkError,
    read_links,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.run import (
    Outcome,
    Result,
    Topic,
    ask_again,
    confirm,
    foreseen,
    topic_of,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import fallback_topic, topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.plugin_utils.entering import entered, entered_at, failure
from ansible_collections.trailwatch.aws.plugins.plugin_utils.settings_option import (
    SETTINGS_OPTION,
    arguments_of,
    checked_settings,
)

LINKS = "iam_alerting_confirmation_links"
FILE = "iam_alerting_confirmation_file"

ARGUMENTS = {
    **SETTINGS_OPTION,
    "links": {"type": "list", "elements": "raw", "default": [], "no_log": True},
    "file": {"type": "path"},
    "resend": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_confirm."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, ARGUMENTS)
        try:
            settings = checked_settings(arguments)
            links = read_links(texts(arguments["links"], arguments["file"]))
        except (SettingsError, AccountError, LinkError) as error:
            raise failure(error) from None
        topics = topics_of(settings)
        ours = [link for link in links if link.topic_arn in topics]
        others = sorted({link.topic_arn for link in links} - set(topics))
        result = {"account_id": settings.account_id, "topic_arns": list(topics), "other_topics": others}
        try:
            return result | done(arguments, settings, topics, ours, self._task.check_mode)
        except (AccountError, AnsibleAWSError) as error:
            return result | {"failed": True, "msg": str(error), "entered": entered_at(error)}


def topics_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """The topics of the account that somebody may be asked to subscribe to, by ARN. A member has none."""
    if settings.is_member:
        return {}
    wanted = [topic.desired(settings), fallback_topic.desired(settings)]
    return {each["TopicArn"]: each for each in wanted if each.get("State", PRESENT) == PRESENT}


def texts(given: Sequence[object], path: str | None) -> dict[str, object]:
    """The texts that have the links, by what they are called.

    Raises:
        LinkError: the file cannot be read.
    """
    found = {f"{LINKS}[{number}]": text for number, text in enumerate(given)}
    if not path:
        return found
    try:
        return {**found, f"{FILE} ({path})": Path(path).read_text(encoding="utf-8", errors="replace")}
    except OSError as error:
        raise LinkError(
            f"{FILE} is {path!r}, which cannot be read: {error.strerror}. Give a file with a link per line."
        ) from error


def done(
    arguments: dict[str, Any],
    settings: Settings,
    topics: dict[str, dict[str, Any]],
    links: list[Link],
    check_mode: bool,
) -> dict[str, Any]:
    """What came of the links, or would come in check mode. An account that nothing is asked for is not entered."""
    asked = {arn: [link for link in links if link.topic_arn == arn] for arn in topics}
    chosen = [arn for arn in topics if arguments["resend"] or asked[arn]]
    if not chosen:
        return {"changed": False, "summary": report.summary([], [], check_mode)}
    results: list[Result] = []
    again: list[str] = []
    with entered(arguments, settings) as account_clients:
        sns = account_clients["sns"]
        for arn in chosen:
            found = topic_of(sns, topics[arn])
            came = _used(sns, found, asked[arn], check_mode)
            results += came
            again += _asked_again(sns, found, came, check_mode) if arguments["resend"] else []
    return _told(results, again, check_mode)


def _used(sns: Any, found: Topic, links: list[Link], check_mode: bool) -> list[Result]:
    if not check_mode:
        return [confirm(sns, found, link) for link in links]
    return [foreseen(sns, found, link) or Result(link.endpoint or "somebody", Outcome.CONFIRMED) for link in links]


def _asked_again(sns: Any, found: Topic, results: list[Result], check_mode: bool) -> list[str]:
    confirmed = report.of(results, Outcome.CONFIRMED)
    pending = [each for each in found.pending if each[1] not in confirmed]
    if not check_mode:
        ask_again(sns, found, pending)
    return [endpoint for protocol, endpoint in pending]


def _told(results: list[Result], again: list[str], check_mode: bool) -> dict[str, Any]:
    result = {
        "changed": bool(report.of(results, Outcome.CONFIRMED) or again),
        "summary": report.summary(results, again, check_mode),
        "asked_again": again,
        **{outcome.value: report.of(results, outcome) for outcome in Outcome},
    }
    failure = report.failure(results)
    return result | ({"failed": True, "msg": f"{result['summary']}. {failure}"} if failure else {})
