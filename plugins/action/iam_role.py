# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run amazon.aws.iam_role in the controller, if it is to run there anyway."""

from __future__ import annotations

from ansible_collections.amazon.aws.plugins.modules import iam_role

from ansible_collections.trailwatch.aws.plugins.plugin_utils.in_controller import InController


class ActionModule(InController):
    """Action plugin of the module, to which meta/runtime.yml redirects."""

    MODULE = iam_role
