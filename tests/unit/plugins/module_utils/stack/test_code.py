"""What of the settings is baked into the function's package."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package

SUPPRESSION = {"name": "ci", "match": {"role": ["ci"]}, "reason": "x", "owner": "y", "expires": "2027-01-31"}


def files(*settings: Any) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(function_package(*settings).zip)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


def test_catalogue_suppressions_and_trusted_accounts_are_in_it() -> None:
    found = files([SUPPRESSION], ("111111111111", "222222222222"))
    assert "iam:CreateUser" in found["catalogue.json"]["actions"]
    assert found["suppressions.json"] == [SUPPRESSION]
    assert found["trusted_accounts.json"] == ["111111111111", "222222222222"]


def test_without_any_the_lists_are_empty() -> None:
    found = files()
    assert (found["suppressions.json"], found["trusted_accounts.json"]) == ([], [])
    assert "members.json" not in found


def test_the_names_of_members_are_in_it() -> None:
    assert files((), (), (("222222222222", "payments \u00fc"),))["members.json"] == {"222222222222": "payments \u00fc"}


def test_other_settings_make_another_package() -> None:
    packages = [function_package(), function_package([SUPPRESSION]), function_package((), ("111111111111",))]
    packages.append(function_package((), (), (("111111111111", "payments"),)))
    assert len({package.code_sha256 for package in packages}) == 4
