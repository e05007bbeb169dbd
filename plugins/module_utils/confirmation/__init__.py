# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm subscriptions for their subscribers, so that no link in a mail can undo it.

C(link) reads the links of the mails that SNS sent, C(run) confirms them or asks for new mails, and C(report) says what
came of it.
"""
