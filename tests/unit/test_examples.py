# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the example pipelines has to fit together, and no run of them on the sandbox can show."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

GITHUB = Path(__file__).parents[2] / "examples/github"
HOUR = 3600  # of credentials and roles for which nobody says more


@pytest.mark.parametrize("job", ["canary", "all"])
def test_credentials_last_as_long_as_the_deployment_may_take_and_the_role_lets_them(job: str) -> None:
    found = yaml.safe_load((GITHUB / "deploy.yml").read_text())["jobs"][job]
    (asked,) = [step["with"] for step in found["steps"] if "role-to-assume" in step.get("with", {})]
    seconds = asked.get("role-duration-seconds", HOUR)
    role = yaml.safe_load((GITHUB / "oidc-roles.yml").read_text())["Resources"]["DeployRole"]["Properties"]
    assert found["timeout-minutes"] * 60 <= seconds <= role.get("MaxSessionDuration", HOUR)
