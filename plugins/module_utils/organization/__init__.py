# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of an AWS organization, as hosts.

C(tree) is the organization as a value, C(reading) asks AWS for it, C(selection) says which of its accounts are meant,
and C(hosts) makes a host of each.
"""
