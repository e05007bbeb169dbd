# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm the subscriptions of one account, or have the confirmations sent again. It runs in the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

# Loading it also prepares what both need before Ansible forks.
from ansible_collections.trailwatch.aws.plugins.action import stack_plan
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
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import topic
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings, SettingsError

LINKS = "iam_alerting_confirmation_links"
FILE = "iam_alerting_confirmation_file"

ARGUMENTS = {
    **stack_plan.SETTINGS_OPTION,
    "links": {"type": "list", "elements": "raw", "default": [], "no_log": True},
    "file": {"type": "path"},
    "resend": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_confirm."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = stack_plan.arguments_of(self, ARGUMENTS)
        try:
            settings = stack_plan.checked_settings(arguments)
            links = read_links(texts(arguments["links"], arguments["file"]))
        except (SettingsError, AccountError, LinkError) as error:
            raise AnsibleActionFail(str(error)) from error
        desired = topic.desired(settings)
        ours = [link for link in links if link.topic_arn == desired["TopicArn"]]
        others = sorted({link.topic_arn for link in links if link.topic_arn != desired["TopicArn"]})
        result = {"account_id": settings.account_id, "topic_arn": desired["TopicArn"], "other_topics": others}
        try:
            return result | done(arguments, settings, desired, ours, self._task.check_mode)
        except (AccountError, AnsibleAWSError) as error:
            return result | {"failed": True, "msg": str(error)}


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
    arguments: dict[str, Any], settings: Settings, desired: dict[str, Any], links: list[Link], check_mode: bool
) -> dict[str, Any]:
    """What came of the links, or would come in check mode. An account that nothing is asked for is not entered."""
    if not links and not arguments["resend"]:
        return {"changed": False, "summary": report.summary([], [], check_mode)}
    with stack_plan.entered(arguments, settings) as account_clients:
        return _done(arguments, account_clients["sns"], topic_of(account_clients["sns"], desired), links, check_mode)


def _done(arguments: dict[str, Any], sns: Any, found: Topic, links: list[Link], check_mode: bool) -> dict[str, Any]:
    if check_mode:
        results = [
            foreseen(sns, found, link) or Result(link.endpoint or "somebody", Outcome.CONFIRMED) for link in links
        ]
    else:
        results = [confirm(sns, found, link) for link in links]
    confirmed = report.of(results, Outcome.CONFIRMED)
    again = [each for each in found.pending if arguments["resend"] and each[1] not in confirmed]
    if not check_mode:
        ask_again(sns, found, again)
    asked = [endpoint for protocol, endpoint in again]
    result = {
        "changed": bool(confirmed or asked),
        "summary": report.summary(results, asked, check_mode),
        "asked_again": asked,
        **{outcome.value: report.of(results, outcome) for outcome in Outcome},
    }
    failure = report.failure(results)
    return result | ({"failed": True, "msg": f"{result['summary']}. {failure}"} if failure else {})
