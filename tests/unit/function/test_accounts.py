# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the function reads of accounts is what its package holds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import accounts
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package


@pytest.mark.parametrize(
    ("trusted", "members"), [(("333333333333",), (("222222222222", "payments"),)), (("333333333333",), ()), ((), ())]
)
def test_accounts_come_from_the_package(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: tuple[str, ...],
    members: tuple[tuple[str, str], ...],
) -> None:
    with zipfile.ZipFile(io.BytesIO(function_package((), trusted, members).zip)) as package:
        package.extractall(tmp_path)
    monkeypatch.setattr(accounts, "__file__", str(tmp_path / "accounts.py"))
    assert accounts.trusted_accounts.__wrapped__() == frozenset(trusted)
    assert accounts.members.__wrapped__() == dict(members)
