# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table in which the function keeps what it has seen, if alerts are grouped."""

from __future__ import annotations

from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import table as dynamodb_table
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import Account, changed
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

PARTITION_KEY, SORT_KEY = "pk", "sk"
EXPIRY = "expires"


def desired(settings: Settings) -> dict[str, Any]:
    """The table: paid per request, encrypted, and without what has expired."""
    return {
        "State": settings.state_of_grouping,
        "TableName": names.table_name(settings),
        "TableArn": names.table_arn(settings),
        "KeySchema": dynamodb_table.key_schema(PARTITION_KEY, SORT_KEY),
        "BillingMode": dynamodb_table.ON_DEMAND,
        "SSESpecification": dynamodb_table.encryption(names.key_alias_arn(settings) if settings.customer_key else ""),
        "DeletionProtectionEnabled": False,
        "TimeToLiveSpecification": dynamodb_table.time_to_live(EXPIRY),
        "Tags": settings.tags,
    }


def left(account: Account, desired: Document) -> bool:
    """Whether the tagging service knows of such a table of ours."""
    return desired["TableArn"] in account.tagged


def live(account: Account, desired: Document) -> Document | None:
    """The table as it is; None if there is none.

    Raises:
        AnsibleAWSError: a read failed.
    """
    dynamodb, arn = account.clients["dynamodb"], desired["TableArn"]
    found = dynamodb_table.describe(dynamodb, _wanted(desired))
    if found is not None:
        found["Tags"] = account.tags(arn, desired["Tags"], lambda: dynamodb_table.read_tags(dynamodb, arn))
    return found


def _wanted(desired: Document) -> Document:
    """The table in the terms in which it is compared; its tags are read and compared here."""
    return {name: value for name, value in desired.items() if name not in ("State", "TableArn", "Tags")}


def difference(live: Document | None, desired: Document) -> Change:
    """What of the table differs.

    Raises:
        InvalidValueError: there is a table of this name with other keys.
    """
    own = dynamodb_table.difference(live, _wanted(desired))
    return own | changed(live, desired, ("Tags",))
