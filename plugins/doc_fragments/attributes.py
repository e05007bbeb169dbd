# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that change one resource support alike."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  action:
    description: Has an action plugin, by which a task for the controller needs no process of its own for the module.
    support: full
  check_mode:
    description: Reads, writes nothing, and tells what it would change.
    support: full
"""
