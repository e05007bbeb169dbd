# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a run in every account.

C(options) checks how the accounts are to be gone through. C(account) tells the outcome of one account from what its
tasks left, C(report) puts those of all together, and C(table), C(page) and C(junit) write it for the terminal, the
browser and a CI server, in the same C(words).
"""
