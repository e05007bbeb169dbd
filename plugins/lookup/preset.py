# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions that presets hold, as a list."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: preset
short_description: The actions that presets stand for
version_added: 0.1.0
description:
  - Returns the actions that a list of presets, actions and removals stands for, in the form of C(iam_alerting_actions).
  - The presets are V(minimal), V(standard) and V(strict).
  - Runs on the controller and calls nothing.
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
  - botocore
options:
  _terms:
    description:
      - Presets and actions. Actions are written as CloudTrail records them, C(service:Action), with V(*) as
        wildcard.
      - An entry that begins with V(!) takes out again what it names.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what the role reports by default
  ansible.builtin.debug:
    msg: "{{ query('trailwatch.aws.preset', 'standard') }}"

- name: Make a rule of a preset without what deployments do all day
  trailwatch.aws.iam_event_rule:
    name: strict
    actions: "{{ query('trailwatch.aws.preset', 'strict', '!iam:CreateRole', '!iam:Detach*') }}"
"""

RETURN = r"""
_raw:
  description: The actions, each once.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import ActionError
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, expand_actions


class LookupModule(LookupBase):
    """Lookup plugin trailwatch.aws.preset."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        try:
            return expand_actions(terms, catalogue())
        except ActionError as error:
            raise AnsibleLookupError(str(error)) from error
