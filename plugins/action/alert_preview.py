# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preview the mails that CloudTrail records from files would give. It runs in the controller, without AWS."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.trailwatch.aws.plugins.module_utils.preview.alerts import previewed
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.function import Function
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.replay import Replay
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.report import alert_text, summary_text
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.rules import Rules
from ansible_collections.trailwatch.aws.plugins.module_utils.preview.sources import (
    Event,
    SourceError,
    log_files,
    read_events,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import (
    check_actions,
    check_group_seconds,
    check_time_zone,
    check_trusted_accounts,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import check_suppressions

# A file with more records is counted like a folder.
MOST_MAILS = 10

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "actions": {"type": "list", "elements": "str", "required": True},
    "suppressions": {"type": "list", "elements": "raw", "default": []},
    "trusted_accounts": {"type": "list", "elements": "raw", "default": []},
    "time_zone": {"type": "str", "default": ""},
    "group_seconds": {"type": "int", "default": 0},
    "forwarding_regions": {"type": "list", "elements": "str", "default": []},
    "name": {"type": "str", "default": "iam-alerting"},
    "account_names": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.alert_preview."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        try:
            rules = Rules(check_actions(arguments["actions"]), arguments["forwarding_regions"])
            text, result = found(
                Path(arguments["path"]), rules, function(arguments), check_group_seconds(arguments["group_seconds"])
            )
        except SettingsError as error:
            raise AnsibleActionFail(str(error)) from error
        except SourceError as error:
            raise AnsibleActionFail(f"iam_alerting_preview is {arguments['path']!r}. {error}") from None
        Display().display(f"\n{text}")
        return {"changed": False, **result}


def found(path: Path, rules: Rules, made: Function, group_seconds: int) -> tuple[str, dict[str, Any]]:
    """What the records of a file or folder come to, as text and as data.

    Raises:
        SourceError: there is nothing at the path, or nothing that can be used.
    """
    if path.is_dir():
        return counted(path, log_files(path), rules, made, group_seconds)
    events = read_events(path)
    if not 0 < len(events) <= MOST_MAILS:
        return counted(path.parent, [path], rules, made, group_seconds)
    return shown(path, events, rules, made)


def shown(path: Path, events: list[Event], rules: Rules, made: Function) -> tuple[str, dict[str, Any]]:
    """The mails of a file's events."""
    alerts = [previewed(event, rules, made) for event in events]
    texts = [alert_text(alert, f"{path.name}, {number} of {len(alerts)}") for number, alert in enumerate(alerts, 1)]
    return "\n".join(texts), {"alerts": alerts, "broken": []}


def counted(
    folder: Path, files: Iterable[Path], rules: Rules, made: Function, group_seconds: int
) -> tuple[str, dict[str, Any]]:
    """What the events of many files add up to; those that cannot be used are named by their place in the folder."""
    replay = Replay(rules, made)
    broken: list[dict[str, str]] = []
    number = 0
    for file in files:
        number += 1
        try:
            for event in read_events(file):
                replay.add(event)
        except SourceError as error:
            broken.append({"file": str(file.relative_to(folder)), "problem": str(error)})
    if not number:
        raise SourceError(
            "No file below this folder ends in .json or .json.gz, as CloudTrail's log files do. Give the folder that "
            "they were copied to."
        )
    summary = {**replay.summary(group_seconds), "files": number - len(broken), "group_seconds": group_seconds}
    return summary_text({**summary, "broken": broken}), {"summary": summary, "broken": broken}


def function(arguments: Mapping[str, Any]) -> Function:
    """The function as it would be deployed today.

    Raises:
        SettingsError: a suppression, a trusted account or the time zone cannot be used.
    """
    return Function(
        arguments["name"],
        {str(account): str(name) for account, name in arguments["account_names"].items()},
        check_suppressions(arguments["suppressions"]),
        time.strftime("%Y-%m-%d", time.gmtime()),
        check_trusted_accounts(arguments["trusted_accounts"]),
        check_time_zone(arguments["time_zone"]),
    )
