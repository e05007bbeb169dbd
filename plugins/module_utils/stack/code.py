# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code of the function: its sources, and what it knows by files beside them, in one package."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils import catalogue, tampering
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package, build_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import suppressions

SOURCE = Path(__file__).resolve().parents[3] / "files" / "lambda"
TRUSTED_ACCOUNTS_FILE = "trusted_accounts.json"
MEMBERS_FILE = "members.json"


def function_package(
    records: Sequence[Mapping[str, Any]] = (),
    trusted_accounts: tuple[str, ...] = (),
    members: tuple[tuple[str, str], ...] = (),
) -> Package:
    """The package with these suppressions and trusted accounts; one serves all accounts that have the same ones.

    Args:
        records: the suppressions.
        trusted_accounts: ids of the accounts that roles may trust.
        members: id and name of each account that sends its events to this one.
    """
    return _built(suppressions.in_package(records), trusted_accounts, members)


@functools.cache
def _built(records: bytes, trusted_accounts: tuple[str, ...], members: tuple[tuple[str, str], ...]) -> Package:
    files = {
        catalogue.FILE_IN_PACKAGE: catalogue.in_package(catalogue.catalogue()),
        suppressions.FILE_IN_PACKAGE: records,
        tampering.FILE_IN_PACKAGE: tampering.in_package(),
        TRUSTED_ACCOUNTS_FILE: json.dumps(trusted_accounts).encode("ascii"),
        **({MEMBERS_FILE: json.dumps(dict(members)).encode("ascii")} if members else {}),
    }
    return build_package(SOURCE, files)
