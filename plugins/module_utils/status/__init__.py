# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the alerting of the accounts is doing.

C(account) turns what the plan read of one account into its status, with C(deaf) for what keeps alerts from anybody,
C(subscribers) for what has become of each, and C(last_alert) for when there was one. C(report) puts those of all
accounts together, and C(table) and C(page) write it for the terminal and the browser, in the same C(words).
"""
