# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of an account."""

from __future__ import annotations


class SettingsError(ValueError):
    """A variable of the role has a value that cannot be used. The text names variable, value and way out."""
