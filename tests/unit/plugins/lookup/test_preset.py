# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup plugin preset, as a playbook uses it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.trailwatch.aws.plugins.lookup.preset import LookupModule
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue


def test_preset_is_listed() -> None:
    assert LookupModule().run(["standard"]) == list(catalogue().presets["standard"].actions)


def test_removals_count() -> None:
    assert "iam:CreateRole" not in LookupModule().run(["strict", "!iam:CreateRole"])


def test_unknown_preset_is_named() -> None:
    with pytest.raises(AnsibleLookupError, match="'standart' is no preset. Nearest: 'standard'"):
        LookupModule().run(["standart"])
