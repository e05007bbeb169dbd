# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could not be delivered is sent through the function again.

C(letter) says what a message of the dead-letter queue is and what the function's answer to it means, C(run) receives,
invokes and deletes, C(report) puts it into words.
"""
