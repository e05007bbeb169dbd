# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign in to the account of a host. It runs in the controller, where the caller's credentials are."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.trailwatch.aws.plugins.module_utils.account import (
    SESSION_NAME,
    AccountError,
    access_of,
    sign_in,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import (
    UnknownPartitionError,
    partition_of,
)

ARGUMENTS = {
    "account_id": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "role": {"type": "str", "default": ""},
    "external_id": {"type": "str", "default": ""},
    "profile": {"type": "str", "default": ""},
    "session_name": {"type": "str", "default": SESSION_NAME},
    "session_tags": {"type": "dict", "default": {}},
    "source_identity": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.account_session."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        try:
            credentials = sign_in(
                access_of(arguments),
                arguments["account_id"],
                partition_of(arguments["region"]),
                arguments["region"],
            )
        except (AccountError, UnknownPartitionError) as error:
            raise AnsibleActionFail(str(error)) from error
        # A failure is shown; what is secret, a success, is not.
        return {
            "changed": False,
            "access_key": credentials.access_key,
            "secret_key": credentials.secret_key,
            "session_token": credentials.session_token,
            "arn": credentials.arn,
            "_ansible_no_log": True,
        }
