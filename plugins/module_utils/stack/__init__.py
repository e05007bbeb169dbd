# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stack of resources that one account shall have, one module per component.

Each component module has three functions. ``desired(settings)`` is pure and returns one plain document in AWS's own
attribute names, in which every name and ARN is computed: nothing is taken from the answer of an earlier call.
``live(account, desired)`` reads what is there, and ``difference(live, desired)`` is pure again and says what of it
differs, before and after. A read that fails raises an error: it never counts as "nothing there".
"""
